"""Refusals: right where the articles do not answer the question, wrong where they do.

Precision, recall and the false-refusal rate are means over the cases they apply to, so each is given per case; F1 is
no such mean and takes the set.
"""

from collections.abc import Iterable

from rag.evaluate.metrics.confusion import count_decisions


def refusal_precision(refused: bool, answerable: bool) -> float | None:
    """Return 1 for a right refusal, 0 for a wrong one, None for an answer."""
    return float(not answerable) if refused else None


def refusal_recall(refused: bool, answerable: bool) -> float | None:
    """Return 1 where an unanswerable question is refused, 0 where not, None for an answerable one."""
    return None if answerable else float(refused)


def false_refusal(refused: bool, answerable: bool) -> float | None:
    """Return 1 where an answerable question is refused, 0 where not, None for an unanswerable one.

    Lower is better.
    """
    return float(refused) if answerable else None


def refusal_f1(cases: Iterable[tuple[bool, bool]]) -> float | None:
    """Return the harmonic mean of precision and recall over (refused, answerable) pairs.

    None where nothing was to be refused and nothing was.
    """
    return count_decisions((refused, not answerable) for refused, answerable in cases).f1
