"""From the records of a run to its figures: per case where a metric speaks for one, else over the set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rag.evaluate.run import Estimates, Record
from rag.evaluate.statistics import percentile, summarise, summarise_set


@dataclass(frozen=True, slots=True)
class SetMetric:
    """A figure that only a set of cases has; ``row`` is what it needs of a record."""

    row: Callable[[Record], Any]
    figure: Callable[[Sequence[Any]], float | None]

    def __call__(self, records: Sequence[Record]) -> float | None:
        """Return the figure of these records."""
        return self.figure([self.row(record) for record in records])


@dataclass(frozen=True, slots=True)
class Scorer:
    """How the records of one kind of run are scored.

    ``of_case`` gives a record's metrics, None for one that abstains; ``headline`` are those that a comparison is judged
    by if none is named; all others are better when higher than those in ``lower_is_better``.
    """

    of_case: Callable[[Record], dict[str, float | None]]
    of_set: Mapping[str, SetMetric]
    headline: tuple[str, ...]
    lower_is_better: frozenset[str] = field(default=frozenset())


def _seconds(record: Record) -> float | None:
    seconds: float | None = record["seconds"]
    return seconds


SECONDS = {
    "seconds_p50": SetMetric(_seconds, partial(percentile, percent=50)),
    "seconds_p95": SetMetric(_seconds, partial(percentile, percent=95)),
}


def score_records(records: Sequence[Record], scorer: Scorer) -> Estimates:
    """Estimate every metric over the records."""
    of_cases = [scorer.of_case(record) for record in records]
    names = dict.fromkeys(name for values in of_cases for name in values)
    estimates = {name: summarise([values.get(name) for values in of_cases]) for name in names}
    for name, metric in scorer.of_set.items():
        estimates[name] = summarise_set([metric.row(record) for record in records], metric.figure)
    return estimates


def score_by_kind(records: Sequence[Record], scorer: Scorer) -> dict[str, Estimates]:
    """Estimate every metric over the records of each kind; a record may be of several, or of none."""
    kinds = sorted({kind for record in records for kind in record["kinds"]})
    return {kind: score_records([record for record in records if kind in record["kinds"]], scorer) for kind in kinds}
