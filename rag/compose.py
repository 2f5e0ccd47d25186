"""From what the model wrote to what is said: verified sentences, markers, citations, or a refusal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer_text import TYPED_MARKER, AnswerText, quote_source
from rag.attribute import attribute_sentences
from rag.datatypes import AnswerSentence, Citation, Fault, Refusal
from rag.denials import find_denial
from rag.disagreement import find_disagreement
from rag.elaborate import further_sentences
from rag.hearsay import heeding_speakers
from rag.points import lay_out_points
from rag.prompt import Evidence
from rag.questions import asks_list
from rag.remarks import asks_for_newest
from rag.sayings import Sayings, choose_sayings, without_idle_sources
from rag.sentences import LIST_MARKER
from rag.settings import Policy
from rag.verify import Verifier, verify_attribution
from rag.whole_lists import quote_with_points, with_whole_lists

REFUSAL = "The articles do not say."
POINT = re.compile(rf"^{LIST_MARKER.pattern}", re.MULTILINE)
# How models say that they were not told, whatever words they were asked to say it in.
REFUSED = re.compile(
    r"\b(?:articles?|excerpts?|texts?|passages?)\b[^.]{0,40}\b(?:do|does|did) not\b"
    r"|\bnot (?:explicitly )?(?:say|said|mention|specif|provid|contain|state)|\bno (?:mention|information)\b",
    re.IGNORECASE,
)
# A model's own words around what it was told: "Yes, the excerpt mentions that …".
SPOKEN_OF = re.compile(
    r"^(?:yes|no),\s+|^(?:the|this|these) (?:excerpts?|passages?|texts?|articles?) (?:also )?"
    r"(?:mentions?|states?|says?|suggests?|indicates?|explains?|notes?) that\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Composed:
    """The text of an answer with its sentences and citations; ``refusal`` is None where it answers.

    ``disagreements`` are pairs of markers: of what is said, and of what says otherwise.
    """

    text: str
    refusal: Refusal | None
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    disagreements: tuple[tuple[int, int], ...] = ()


def compose_answer(
    written: str,
    evidence: Sequence[Evidence],
    policy: Policy = Policy.STRICT,
    fault: Fault | None = None,
    *,
    question: str = "",
    found: Sequence[Evidence] = (),
    verify: Verifier = verify_attribution,
) -> Composed:
    """Verify what the model wrote against the evidence, and say what of it the policy allows.

    What is not said stays among the sentences, without a place in the text, before what is said in its stead. What says
    otherwise than a sentence is quoted after it: the first such of ``found``, all that was found, the best first. Where
    nothing is said, a source is quoted that denies what the question takes for granted.
    ``fault`` tells why less was written than might have been; ``verify`` may have further checks than the usual.
    """
    if not evidence:
        return Composed(REFUSAL, Refusal.NOTHING_FOUND)
    plain = SPOKEN_OF.sub("", SPOKEN_OF.sub("", TYPED_MARKER.sub("", written).strip()))
    plain = plain[:1].upper() + plain[1:]
    if fault and not plain:
        return Composed(REFUSAL, Refusal.WENT_WRONG)
    is_told = bool(plain) and not REFUSED.search(plain)
    verify = heeding_speakers(question, verify)
    answer = AnswerText(policy, asks_for_newest(question), verify)
    attributed = attribute_sentences(plain, evidence) if is_told else []
    attributions = [without_idle_sources(attribution, verify) for attribution in attributed]
    if policy is Policy.STRICT:
        chosen = choose_sayings(attributions, evidence, found, question, verify)
        chosen = with_whole_lists(chosen, found, question, verify)
    else:
        chosen = [Sayings(attribution, verify(attribution), [attribution]) for attribution in attributions]
    for sayings in chosen:
        if sayings.written not in sayings.said:
            answer.leave_out(sayings.written, sayings.verdict)
        for saying in sayings.said:
            remark = sayings.remark if saying is sayings.said[-1] else ""
            answer.say(saying, find_disagreement(saying, found, question), remark=remark)
    denial = None if answer.text else find_denial(question, found)
    if denial:
        answer.say(quote_source(denial), None)
    if not answer.text:
        reason = Refusal.NOT_SUPPORTED if is_told else Refusal.NOT_ANSWERED
        return Composed(REFUSAL, reason, tuple(answer.sentences))
    # Any other policy shows what the model wrote as it is.
    if policy is Policy.STRICT and not answer.disagreements:
        told = sum(sentence.start is not None for sentence in answer.sentences)
        for further in map(quote_source, further_sentences(question, told, answer.citations, found)):
            # Nobody asked for what is disputed here.
            if not find_disagreement(further, found, question):
                answer.say(further, None)
    is_list = asks_list(question) or len(POINT.findall(plain)) > 1 or any(sayings.is_list for sayings in chosen)
    return _finish(answer, is_list=is_list)


def compose_quotes(
    sources: Sequence[Evidence], opening: str = "", *, question: str = "", found: Sequence[Evidence] = ()
) -> Composed:
    """Quote source sentences word for word, each with its citation, and what of ``found`` says otherwise after it.

    ``opening`` is what the first one begins with, unless something says otherwise than one of them.
    """
    answer = AnswerText(Policy.STRICT, asks_for_newest(question))
    quotes = [quote for source in sources for quote in quote_with_points(source, found)]
    disagreements = [find_disagreement(quote, found, question) for quote in quotes]
    for number, (quote, disagreement) in enumerate(zip(quotes, disagreements, strict=True)):
        answer.say(quote, disagreement, introduction="" if number or any(disagreements) else opening)
    return _finish(answer, is_list=len(quotes) > len(sources))


def join_replies(replies: Sequence[str]) -> str:
    """Join what the model wrote to several questions; that it was not told one of them is no answer to the others."""
    told = [reply for reply in replies if reply.strip() and not REFUSED.search(reply)]
    return " ".join(told or replies)


def _finish(answer: AnswerText, *, is_list: bool) -> Composed:
    text, sentences = answer.text, tuple(answer.sentences)
    # What says otherwise stands behind its sentence, and would be a point of its own.
    if is_list and not answer.disagreements:
        text, sentences = lay_out_points(text, sentences)
    return Composed(text, None, sentences, tuple(answer.citations.values()), tuple(answer.disagreements))
