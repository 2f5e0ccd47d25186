"""Two runs over the same cases: what changed, how sure that is, and whether it is a regression."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.errors import DataError
from rag.evaluate.run import Record, Run
from rag.evaluate.scorers import scorer_of
from rag.evaluate.scoring import Scorer, SetMetric
from rag.evaluate.statistics import RESAMPLES, Comparison, compare_paired, summarise_set


@dataclass(frozen=True, slots=True)
class Change:
    """A metric in two runs, over the cases that both have; ``better_when_higher`` says which way is better."""

    metric: str
    before: float | None
    after: float | None
    comparison: Comparison
    better_when_higher: bool

    def is_regression(self, tolerance: float) -> bool:
        """Tell whether it got worse by more than the tolerance, and the whole interval lies on the worse side."""
        difference = self.comparison.difference
        if difference.mean is None or difference.low is None or difference.high is None:
            return False
        if self.better_when_higher:
            return difference.mean < -tolerance and difference.high < 0
        return difference.mean > tolerance and difference.low > 0


def compare_runs(before: Run, after: Run) -> list[Change]:
    """Compare each metric that both runs have.

    Raises DataError where the runs are of different kinds or share no case.
    """
    scorer, pairs = _pair(before, after)
    return [*_compare_cases(scorer, pairs), *(_compare_sets(scorer, name, pairs) for name in scorer.of_set)]


def find_regressions(before: Run, after: Run, tolerances: Mapping[str, float]) -> list[Change]:
    """Return the changes for the worse that exceed their tolerance and that their interval bears out.

    Without tolerances, the headline metrics of that kind of run are judged with a tolerance of 0. Raises DataError
    where a metric is unknown.
    """
    changes = {change.metric: change for change in compare_runs(before, after)}
    judged = tolerances or dict.fromkeys(scorer_of(after).headline, 0.0)
    unknown = [name for name in tolerances if name not in changes]
    if unknown:
        raise DataError(f"There is no metric '{unknown[0]}'; the metrics are {', '.join(changes)}.")
    return [
        changes[name]
        for name, tolerance in judged.items()
        if name in changes and changes[name].is_regression(tolerance)
    ]


def changed_cases(before: Run, after: Run, metric: str) -> list[tuple[Record, float]]:
    """Return the later records whose value of a metric changed, with the difference, the worst first.

    Raises DataError where the metric does not speak for single cases.
    """
    scorer, pairs = _pair(before, after)
    scored = [(new, scorer.of_case(old), scorer.of_case(new)) for old, new in pairs]
    if not any(metric in values for _, _, values in scored):
        known = ", ".join(scored[0][2])
        raise DataError(f"No case has the metric '{metric}'; the metrics of cases are {known}.")
    changed = []
    for record, old, new in scored:
        earlier, later = old.get(metric), new.get(metric)
        if earlier is not None and later is not None and later != earlier:
            changed.append((record, later - earlier))
    sign = -1 if metric in scorer.lower_is_better else 1
    return sorted(changed, key=lambda pair: sign * pair[1])


def _pair(before: Run, after: Run) -> tuple[Scorer, list[tuple[Record, Record]]]:
    if before.kind != after.kind:
        raise DataError(f"{before.folder} is a run of kind {before.kind}, {after.folder} one of kind {after.kind}.")
    earlier = {record["id"]: record for record in before.records()}
    pairs = [(earlier[record["id"]], record) for record in after.records() if record["id"] in earlier]
    if not pairs:
        raise DataError(f"{before.folder} and {after.folder} have no case in common.")
    return scorer_of(after), pairs


def _compare_cases(scorer: Scorer, pairs: Sequence[tuple[Record, Record]]) -> list[Change]:
    before = [scorer.of_case(old) for old, _ in pairs]
    after = [scorer.of_case(new) for _, new in pairs]
    changes = []
    for name in dict.fromkeys(name for values in after for name in values):
        both = [(old.get(name), new.get(name)) for old, new in zip(before, after, strict=True)]
        kept = [(old, new) for old, new in both if old is not None and new is not None]
        old_mean, new_mean = (float(np.mean(column)) for column in zip(*kept, strict=True)) if kept else (None, None)
        comparison = compare_paired([old for old, _ in both], [new for _, new in both])
        changes.append(Change(name, old_mean, new_mean, comparison, name not in scorer.lower_is_better))
    return changes


def _compare_sets(scorer: Scorer, name: str, pairs: Sequence[tuple[Record, Record]]) -> Change:
    metric = scorer.of_set[name]
    rows = [(metric.row(old), metric.row(new)) for old, new in pairs]

    def gain(resampled: Sequence[tuple[object, object]]) -> float | None:
        old, new = (metric.figure(column) for column in zip(*resampled, strict=True))
        return None if old is None or new is None else new - old

    before, after = (metric.figure(column) for column in zip(*rows, strict=True))
    comparison = Comparison(summarise_set(rows, gain), _swap_p_value(metric, rows))
    return Change(name, before, after, comparison, name not in scorer.lower_is_better)


def _swap_p_value(metric: SetMetric, rows: Sequence[tuple[object, object]]) -> float | None:
    """Return the chance of such a difference if swapping the two runs of a case changed nothing."""
    columns = [*(old for old, _ in rows), *(new for _, new in rows)]

    def gain(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> float:
        old, new = (metric.figure([columns[place] for place in places]) for places in (first, second))
        return np.nan if old is None or new is None else new - old

    places = np.arange(len(columns)).reshape(2, -1)
    if len(rows) < 2 or np.isnan(gain(*places)):
        return None
    from scipy import stats  # takes a second to import

    test = stats.permutation_test(
        tuple(places), gain, permutation_type="samples", vectorized=False, n_resamples=RESAMPLES, rng=0
    )
    return float(test.pvalue)
