"""From what the model wrote to what is said: verified sentences, markers, citations, or a refusal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.attribute import attribute_sentences
from rag.datatypes import AnswerSentence, Citation, Refusal, Status
from rag.prompt import Evidence
from rag.verify import verify_attribution

REFUSAL = "The articles do not say."
# How models say that they were not told, whatever words they were asked to say it in.
REFUSED = re.compile(
    r"\b(?:articles?|excerpts?|texts?|passages?)\b[^.]{0,40}\b(?:do|does|did) not\b"
    r"|\bnot (?:explicitly )?(?:say|said|mention|specif|provid|contain|state)|\bno (?:mention|information)\b",
    re.IGNORECASE,
)
# Markers are built from what is cited; one that the model typed, "[1]" or "[2, 3]", would name nothing.
TYPED_MARKER = re.compile(r"\s*\[[\d\s,;[\]–-]*\d[\d\s,;[\]–-]*\]")
SENTENCE_END = re.compile(r"\s*(?:[.!?…]+[\"'”’)]*)?$")


@dataclass(frozen=True, slots=True)
class Composed:
    """The text of an answer with its sentences and citations; ``refusal`` is None where it answers."""

    text: str
    refusal: Refusal | None
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()


def compose_answer(written: str, evidence: Sequence[Evidence]) -> Composed:
    """Verify what the model wrote against the evidence, and say what of it is borne.

    A sentence that nothing supports is not said; it stays among the sentences, without a place in the text.
    """
    if not evidence:
        return Composed(REFUSAL, Refusal.NOTHING_FOUND)
    plain = TYPED_MARKER.sub("", written).strip()
    if not plain or REFUSED.search(plain):
        return Composed(REFUSAL, Refusal.NOT_ANSWERED)
    citations: dict[tuple[str, int], Citation] = {}
    sentences = []
    text = ""
    for attribution in attribute_sentences(plain, evidence):
        status, checks = verify_attribution(attribution)
        if status is Status.UNSUPPORTED:
            sentences.append(AnswerSentence(attribution.sentence.text, None, None, status, (), checks))
            continue
        markers = tuple(sorted({_cite(source, share, citations) for source, share in attribution.sources}))
        marked = mark_sentence(attribution.sentence.text, markers)
        start = len(text) + bool(text)
        text = f"{text} {marked}".strip()
        sentences.append(AnswerSentence(marked, start, len(text), status, markers, checks))
    if not text:
        return Composed(REFUSAL, Refusal.NOT_SUPPORTED, tuple(sentences))
    return Composed(text, None, tuple(sentences), tuple(citations.values()))


def mark_sentence(sentence: str, markers: Sequence[int]) -> str:
    """Put markers before the full stop, as in ``It did [1][2].`` of a sentence."""
    body = SENTENCE_END.sub("", sentence, count=1)
    return f"{body} {''.join(f'[{marker}]' for marker in markers)}{sentence[len(body) :].lstrip()}"


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
