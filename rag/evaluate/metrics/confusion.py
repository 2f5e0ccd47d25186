"""Counts of right and wrong yes-or-no decisions, and what is derived from them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often a decision was rightly or wrongly yes or no; a figure without a divisor is None."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def precision(self) -> float | None:
        """The share of what was called yes that is yes."""
        return share(self.true_positives, self.false_positives)

    @property
    def recall(self) -> float | None:
        """The share of what is yes that was called yes."""
        return share(self.true_positives, self.false_negatives)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None where nothing is yes and nothing was called yes."""
        return share(2 * self.true_positives, self.false_positives + self.false_negatives)

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean of the recall of yes and the recall of no; None where one of them does not occur."""
        specificity = share(self.true_negatives, self.false_positives)
        return None if self.recall is None or specificity is None else (self.recall + specificity) / 2


def count_decisions(pairs: Iterable[tuple[bool, bool]]) -> Confusion:
    """Count (decided, true) pairs."""
    outcomes = [(bool(decided), bool(true)) for decided, true in pairs]
    return Confusion(
        true_positives=outcomes.count((True, True)),
        false_positives=outcomes.count((True, False)),
        false_negatives=outcomes.count((False, True)),
        true_negatives=outcomes.count((False, False)),
    )


def share(part: int, rest: int) -> float | None:
    """Return the share of a part in the whole that it makes with the rest; None of nothing."""
    return part / (part + rest) if part + rest else None
