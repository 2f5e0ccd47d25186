"""How well the cited words bear a sentence of an answer: the checks' outcomes, in one status."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from rag.attribute import Attribution
from rag.checks import CHECKS, Check
from rag.checks.words import coverage
from rag.datatypes import Status
from rag.terms import WORD, content_words, words

# Less than half of a sentence is no part worth saying.
LEAST_PARTIAL = 0.5
# What the check of a further verifier is called.
ENTAILMENT = "entailment"
NONE: Mapping[str, Check] = MappingProxyType({})
# What compares words, for want of who understands them: left to a further verifier that passes a sentence. It has read
# the sources, and these flag every other right sentence that was written freely (benchmarks/answering.md).
OF_WORDING = {"words", "together", "names"}
# What even a source's own words can fail, where they are torn out of it.
TORN_OUT = {"negation", "speech", "certainty"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well its sources bear a sentence: the checks that apply, and the words that no source has."""

    status: Status
    checks: dict[str, bool]
    missing: tuple[str, ...]


Verifier: TypeAlias = Callable[[Attribution], Verdict]


def verify_attribution(attribution: Attribution, further: Mapping[str, Check] = NONE) -> Verdict:
    """Decide how well its sources bear a sentence.

    *Quoted*: its words stand in one source in the same order. *Supported*: it passes every check. *Partial*: it does
    not, but the sources have at least half of its words. Else *unsupported*. ``further`` are checks beside the usual;
    one that understands what is entailed, and passes the sentence, has the say over its wording.
    """
    outcomes = {name: check(attribution) for name, check in {**CHECKS, **further}.items()}
    checks = {name: outcome for name, outcome in outcomes.items() if outcome is not None}
    return Verdict(_status(attribution, checks), checks, _missing(attribution))


def _status(attribution: Attribution, checks: dict[str, bool]) -> Status:
    if not attribution.sources:
        return Status.UNSUPPORTED
    failed = {name for name, passed in checks.items() if not passed}
    if checks.get(ENTAILMENT):
        failed -= OF_WORDING
    if not failed & TORN_OUT and any(
        is_quoted(attribution.sentence.text, source.sentence.text) for source, _ in attribution.sources
    ):
        return Status.QUOTED
    if not failed:
        return Status.SUPPORTED
    if coverage(attribution) >= LEAST_PARTIAL:
        return Status.PARTIAL
    return Status.UNSUPPORTED


def _missing(attribution: Attribution) -> tuple[str, ...]:
    return tuple(
        word
        for word in dict.fromkeys(WORD.findall(attribution.sentence.text))
        if any(stem not in attribution.known for stem in content_words(word))
    )


def is_quoted(sentence: str, source: str) -> bool:
    """Tell whether the sentence's words stand in the source, all and in the same order without a gap."""
    wanted, there = words(sentence), words(source)
    return bool(content_words(sentence)) and any(
        there[place : place + len(wanted)] == wanted for place in range(len(there) - len(wanted) + 1)
    )
