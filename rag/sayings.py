"""What is said in place of what the model wrote: its sentences as they are, a part of one, or a source's own words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answer_text import BORNE
from rag.answer_type import gives_amount, leaves_open
from rag.attribute import Attribution, attribute_sentence
from rag.bearing import adds_to, best_quote, closer_source, speaks_of
from rag.checks.names import check_names
from rag.datatypes import Sentence, Status
from rag.prompt import Evidence
from rag.questions import asks_why
from rag.quotes import quote_with_subject, quotes_instead
from rag.remarks import asks_for_newest
from rag.terms import content_words
from rag.verify import Verdict, Verifier

# Where a main clause ends for certain and another begins.
FURTHER_CLAUSE = re.compile(r";\s|,?\s(?:because|although|whereas|saying|adding)\s|,\s(?:and|but|which|who|while|so)\s")
LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Sayings:
    """A sentence that the model wrote, how well its sources bear it, and what is said for it; nothing, if empty.

    ``is_list`` tells whether it is a list of an article, ``remark`` is the fixed words behind the last of what is said.
    """

    written: Attribution
    verdict: Verdict
    said: Sequence[Attribution]
    is_list: bool = False
    remark: str = ""


def choose_sayings(
    attributions: Sequence[Attribution],
    evidence: Sequence[Evidence],
    found: Sequence[Evidence],
    question: str,
    verify: Verifier,
) -> list[Sayings]:
    """Choose what is said for each sentence that the model wrote, so that all of it is borne and answers the question.

    A sentence that is not borne gives way to what of it is; one that adds nothing to the question, or no amount where
    that is asked for, to the source's own words. The whole gives way to a closer source, if one was ``found``. Nothing
    is said where the articles do not speak of the question, or where an amount or a time is asked for and none is told.
    """
    chosen = [_choose(attribution, evidence, question, verify) for attribution in attributions]
    told = [saying for sayings in chosen for saying in sayings.said]
    sources = [source for saying in told for source, _ in saying.sources]
    said = " ".join(saying.sentence.text for saying in told)
    if not speaks_of(question, [source.document for source in sources], found) or leaves_open(question, said):
        return [give_up(sayings) for sayings in chosen]
    # A reason need not repeat what it is the reason for.
    if not sources or asks_for_newest(question) or asks_why(question):
        return chosen
    closer = closer_source(question, said, sources, found)
    if closer is None:
        return chosen
    *before, last = chosen
    return [*map(give_up, before), give_up(last, quote_with_subject(closer, found))]


def without_idle_sources(attribution: Attribution, verify: Verifier) -> Attribution:
    """Return a sentence on those of its sources that it needs.

    It does not need a further one that bears a single word more of it, if it is borne without: what has one of its
    words mostly speaks of something else.
    """
    said = frozenset(content_words(attribution.sentence.text))
    for source, _ in reversed(attribution.sources[1:]):
        others = [other for other, _ in attribution.sources if other != source]
        fewer = attribute_sentence(attribution.sentence.text, others)
        if len(said & attribution.known - fewer.known) <= 1 and verify(fewer).status in BORNE:
            attribution = fewer
    return attribution


def give_up(sayings: Sayings, said: Sequence[Attribution] = ()) -> Sayings:
    """Say something else, or nothing, for a sentence that does not answer, which is a check that it fails."""
    verdict = sayings.verdict
    status = Status.PARTIAL if verdict.status in BORNE else verdict.status
    return Sayings(sayings.written, replace(verdict, status=status, checks={**verdict.checks, "answers": False}), said)


def _choose(attribution: Attribution, evidence: Sequence[Evidence], question: str, verify: Verifier) -> Sayings:
    verdict = verify(attribution)
    chosen = Sayings(attribution, verdict, [attribution])
    if verdict.status not in BORNE:
        instead = verdict.status is Status.PARTIAL and not _assumes(question, attribution)
        return replace(chosen, said=keep_borne(attribution, evidence, question, verify) if instead else ())
    sentence = attribution.sentence.text
    if adds_to(question, sentence) and gives_amount(question, sentence):
        return chosen
    quote = best_quote(question, evidence)
    if quote is None and adds_to(question, sentence):
        return chosen
    return give_up(chosen, quote_with_subject(quote, evidence) if quote else ())


def _assumes(question: str, attribution: Attribution) -> bool:
    """Tell whether the question names what no source does: then nothing that they say answers it."""
    return check_names(replace(attribution, sentence=Sentence(question, 0, len(question)))) is False


def keep_borne(
    attribution: Attribution, evidence: Sequence[Evidence], question: str, verify: Verifier
) -> list[Attribution]:
    """Return what is said in place of a sentence that is borne in part.

    It is the sentence's first part, up to where a further clause begins, if that alone is borne and adds to the
    question; else what its sources say, word for word.
    """
    sentence = attribution.sentence.text
    for border in reversed(list(FURTHER_CLAUSE.finditer(sentence))):
        part = attribute_sentence(f"{sentence[: border.start()]}.", evidence)
        said = part.sentence.text
        if len(content_words(said)) >= LEAST_WORDS and adds_to(question, said) and verify(part).status in BORNE:
            return [part]
    return quotes_instead(attribution, evidence, question)
