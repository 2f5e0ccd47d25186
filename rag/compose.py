"""From what the model wrote to what is said: verified sentences, markers, citations, or a refusal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.attribute import Attribution, attribute_sentence, attribute_sentences, telling_words, words_borne
from rag.checks.clauses import PRONOUN
from rag.datatypes import AnswerSentence, Citation, Fault, Policy, Refusal, Status
from rag.prompt import Evidence
from rag.terms import content_words
from rag.verify import Verdict, verify_attribution

REFUSAL = "The articles do not say."
# How models say that they were not told, whatever words they were asked to say it in.
REFUSED = re.compile(
    r"\b(?:articles?|excerpts?|texts?|passages?)\b[^.]{0,40}\b(?:do|does|did) not\b"
    r"|\bnot (?:explicitly )?(?:say|said|mention|specif|provid|contain|state)|\bno (?:mention|information)\b",
    re.IGNORECASE,
)
# Markers are built from what is cited; one that the model typed, "[1]" or "[2, 3]", would name nothing.
TYPED_MARKER = re.compile(r"\s*\[[\d\s,;[\]–-]*\d[\d\s,;[\]–-]*\]")
BORNE = {Status.QUOTED, Status.SUPPORTED}
REMARKS = {Status.PARTIAL: "[only in part in the articles]", Status.UNSUPPORTED: "[not in the articles]"}
# Where a main clause ends for certain and another begins.
FURTHER_CLAUSE = re.compile(r";\s|,?\s(?:because|although|whereas|saying|adding)\s|,\s(?:and|but|which|who|while|so)\s")
LEAST_WORDS = 3
SENTENCE_END = re.compile(r"\s*(?:[.!?…]+[\"'”’)]*)?$")


@dataclass(frozen=True, slots=True)
class Composed:
    """The text of an answer with its sentences and citations; ``refusal`` is None where it answers."""

    text: str
    refusal: Refusal | None
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()


def compose_answer(
    written: str, evidence: Sequence[Evidence], policy: Policy = Policy.STRICT, fault: Fault | None = None
) -> Composed:
    """Verify what the model wrote against the evidence, and say what of it the policy allows.

    What is not said stays among the sentences, without a place in the text, before what is said in its stead.
    ``fault`` tells why less was written than might have been.
    """
    if not evidence:
        return Composed(REFUSAL, Refusal.NOTHING_FOUND)
    plain = TYPED_MARKER.sub("", written).strip()
    if fault and not plain:
        return Composed(REFUSAL, Refusal.WENT_WRONG)
    if not plain or REFUSED.search(plain):
        return Composed(REFUSAL, Refusal.NOT_ANSWERED)
    citations: dict[tuple[str, int], Citation] = {}
    sentences: list[AnswerSentence] = []
    text = ""
    for attribution in attribute_sentences(plain, evidence):
        verdict = verify_attribution(attribution)
        if policy is Policy.STRICT and verdict.status not in BORNE:
            sentences.append(_unsaid(attribution, verdict))
            said = keep_borne(attribution, evidence) if verdict.status is Status.PARTIAL else []
        else:
            said = [attribution]
        for saying in said:
            if saying.sentence.text in {_unmarked(sentence.text) for sentence in sentences}:
                continue
            verdict = verify_attribution(saying)
            # What does not bear a sentence is no source of it.
            sources = () if verdict.status is Status.UNSUPPORTED else saying.sources
            markers = tuple(sorted({_cite(source, share, citations) for source, share in sources}))
            remark = REMARKS.get(verdict.status, "") if policy is Policy.MARK else ""
            marked = mark_sentence(saying.sentence.text, markers, remark)
            start = len(text) + bool(text)
            text = f"{text} {marked}".strip()
            sentences.append(
                AnswerSentence(marked, start, len(text), verdict.status, markers, verdict.checks, verdict.missing)
            )
    if not text:
        return Composed(REFUSAL, Refusal.NOT_SUPPORTED, tuple(sentences))
    return Composed(text, None, tuple(sentences), tuple(citations.values()))


def compose_quotes(sources: Sequence[Evidence], opening: str = "") -> Composed:
    """Quote source sentences word for word, each with its citation; ``opening`` is what the first one begins with."""
    citations: dict[tuple[str, int], Citation] = {}
    sentences: list[AnswerSentence] = []
    text = ""
    for source in sources:
        quote = attribute_sentence(TYPED_MARKER.sub("", " ".join(source.sentence.text.split())), [source])
        verdict = verify_attribution(quote)
        marker = _cite(source, quote.coverage, citations)
        said = mark_sentence(opening + quote.sentence.text, [marker])
        start = len(text) + bool(text)
        text = f"{text} {said}".strip()
        sentences.append(
            AnswerSentence(said, start, len(text), verdict.status, (marker,), verdict.checks, verdict.missing)
        )
        opening = ""
    return Composed(text, None, tuple(sentences), tuple(citations.values()))


def keep_borne(attribution: Attribution, evidence: Sequence[Evidence]) -> list[Attribution]:
    """Return what is said in place of a sentence that is borne in part.

    It is the sentence's first part, up to where a further clause begins, if that alone is borne. Else it is the source
    that bears best on the question, word for word: below the sentence before it where it begins with a pronoun, else
    with one more of the same article if that has a name or number which the first lacks.
    """
    sentence = attribution.sentence.text
    for border in reversed(list(FURTHER_CLAUSE.finditer(sentence))):
        part = attribute_sentence(f"{sentence[: border.start()]}.", evidence)
        if len(content_words(part.sentence.text)) >= LEAST_WORDS and verify_attribution(part).status in BORNE:
            return [part]
    sources = [source for source, _ in attribution.sources]
    best = max(sources, key=lambda source: source.relevance)
    if PRONOUN.match(best.sentence.text):
        further = [item for item in evidence if stands_before(item, best)]
        quoted = [*further, best]
    else:
        lacking = telling_words(sentence) - words_borne(best)
        further = [item for item in sources if item.document.id == best.document.id and lacking & words_borne(item)]
        quoted = [best, *further[:1]]
    return [attribute_sentence(" ".join(source.sentence.text.split()), [source]) for source in quoted]


def mark_sentence(sentence: str, markers: Sequence[int], remark: str = "") -> str:
    """Put markers, and a remark after them, before the full stop, as in ``It did [1][2].`` of a sentence."""
    marks = " ".join(filter(None, ("".join(f"[{marker}]" for marker in markers), remark)))
    if not marks:
        return sentence
    body = SENTENCE_END.sub("", sentence, count=1)
    return f"{body} {marks}{sentence[len(body) :].lstrip()}"


def stands_before(item: Evidence, other: Evidence) -> bool:
    """Tell whether one source sentence is the one before another in the same article."""
    if item.document.id != other.document.id or item.sentence.end > other.sentence.start:
        return False
    return not item.document.text[item.sentence.end : other.sentence.start].strip()


def _unsaid(attribution: Attribution, verdict: Verdict) -> AnswerSentence:
    return AnswerSentence(
        attribution.sentence.text, None, None, verdict.status, checks=verdict.checks, missing=verdict.missing
    )


def _unmarked(sentence: str) -> str:
    return TYPED_MARKER.sub("", sentence)


def _cite(source: Evidence, share: float, citations: dict[tuple[str, int], Citation]) -> int:
    """Return the marker of a source sentence, the next free one if it has none; its best share is its score."""
    key = (source.document.id, source.sentence.start)
    known = citations.get(key)
    if known:
        citations[key] = replace(known, score=max(known.score, share))
        return known.marker
    document = source.document
    place = document.place_at(source.sentence.start)
    citations[key] = Citation(
        marker=len(citations) + 1,
        document_id=document.id,
        title=document.title,
        source=document.source,
        date=document.date,
        author=document.author,
        publisher=document.publisher,
        part=document.part,
        url=document.url,
        place=place.label if place else None,
        chunk_id=source.chunk_id,
        start=source.sentence.start,
        end=source.sentence.end,
        quote=document.text[source.sentence.start : source.sentence.end],
        score=share,
    )
    return len(citations)
