"""The checks that decide how well the cited words bear a sentence of an answer."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from rag.attribute import Attribution
from rag.datatypes import Status
from rag.terms import FUNCTION_WORDS, content_words, words

# The best of those that benchmarks/thresholds.py compares on claims about news and encyclopaedia articles.
LEAST_SUPPORTED = 0.65
# Less than half of a sentence is no part worth saying.
LEAST_PARTIAL = 0.5
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAME = re.compile(r"(?<![.!?:]\s)(?<!^)(?<![\"“'‘(])\b[A-Z]\w*")


def verify_attribution(attribution: Attribution) -> tuple[Status, dict[str, bool]]:
    """Decide how well its sources bear a sentence, and return the status with the outcome of each check.

    *Quoted*: its words stand in one source in the same order. *Supported*: nearly all of them stand in the sources,
    and every number and name does. *Partial*: at least half of them do. Else *unsupported*.
    """
    sentence = attribution.sentence.text
    sources = [source.sentence.text for source, _ in attribution.sources]
    checks = {
        "numbers": check_numbers(sentence, " ".join(sources)),
        "names": check_names(sentence, attribution.known),
        "words": attribution.coverage >= LEAST_SUPPORTED,
    }
    if any(is_quoted(sentence, source) for source in sources):
        return Status.QUOTED, checks
    if all(checks.values()):
        return Status.SUPPORTED, checks
    if sources and attribution.coverage >= LEAST_PARTIAL:
        return Status.PARTIAL, checks
    return Status.UNSUPPORTED, checks


def is_quoted(sentence: str, source: str) -> bool:
    """Tell whether the sentence's words stand in the source, all and in the same order without a gap."""
    wanted, there = words(sentence), words(source)
    return bool(content_words(sentence)) and _contains(there, wanted)


def check_numbers(sentence: str, source: str) -> bool:
    """Tell whether every number of the sentence stands in the source: ``1,200`` and ``1200`` are the same."""
    return _numbers(sentence) <= _numbers(source)


def check_names(sentence: str, known: AbstractSet[str]) -> bool:
    """Tell whether every capitalised word inside the sentence is among the known words, in any of its forms."""
    named = [match.group() for match in NAME.finditer(sentence)]
    return all(word in known for name in named if name.lower() not in FUNCTION_WORDS for word in words(name))


def _numbers(text: str) -> set[str]:
    return {match.group().replace(",", "") for match in NUMBER.finditer(text)}


def _contains(there: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(list(there[n : n + len(wanted)]) == list(wanted) for n in range(len(there) - len(wanted) + 1))
