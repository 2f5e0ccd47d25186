"""Whether an answer tells as a fact what its sources only let somebody say."""

from dataclasses import replace

from rag.attribute import Attribution
from rag.checks.speech import LEAST_SPOKEN, reports_speech, spoken_words
from rag.datatypes import Status
from rag.terms import content_words
from rag.verify import Verdict, Verifier


def heeding_speakers(question: str, verify: Verifier) -> Verifier:
    """Return a verifier by which what a sentence adds to its question must not be hearsay."""

    def heed(attribution: Attribution) -> Verdict:
        verdict = verify(attribution)
        if verdict.status is not Status.SUPPORTED or not is_hearsay(question, attribution):
            return verdict
        return replace(verdict, status=Status.PARTIAL, checks={**verdict.checks, "speech": False})

    return heed


def is_hearsay(question: str, attribution: Attribution) -> bool:
    """Tell whether what a sentence adds to its question stands only in what a source puts in somebody's mouth.

    Asked what was to blame, ``The cable was to blame`` is hearsay where the source has ``Halvenes said that a cable was
    to blame``. A question for what somebody said asks for no more.
    """
    sentence = attribution.sentence.text
    if reports_speech(sentence) or reports_speech(question):
        return False
    added = frozenset(content_words(sentence)) - frozenset(content_words(question))
    sources = [source.sentence.text for source, _ in attribution.sources]
    spoken = [frozenset(content_words(spoken_words(source))) for source in sources]
    plain = frozenset[str]().union(
        *(frozenset(content_words(source)) - words for source, words in zip(sources, spoken, strict=True))
    )
    heard = max((len((added & words) - plain) for words in spoken), default=0)
    return bool(added) and heard / len(added) >= LEAST_SPOKEN
