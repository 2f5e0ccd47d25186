"""Two runs over the same cases: what changed, how sure that is, and whether it is a regression."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rag.errors import DataError
from rag.evaluate.run import Record, Run
from rag.evaluate.scorers import scorer_of
from rag.evaluate.scoring import Scorer, SetMetric
from rag.evaluate.statistics import RESAMPLES, Comparison, Estimate, compare_paired, summarise_set


@dataclass(frozen=True, slots=True)
class Change:
    """A metric in two runs, over the cases that both have; ``better_when_higher`` says which way is better."""

    metric: str
    before: float | None
    after: float | None
    comparison: Comparison
    better_when_higher: bool

    @property
    def gain(self) -> Estimate:
        """How much better the later run is; less than 0 is worse."""
        raw = self.comparison.difference
        if self.better_when_higher or raw.mean is None:
            return raw
        low, high = (None if bound is None else -bound for bound in (raw.high, raw.low))
        return Estimate(-raw.mean, low, high, raw.n)

    def is_regression(self, tolerance: float) -> bool:
        """Tell whether it got worse by more than the tolerance, and the whole interval says that it got worse."""
        gain = self.gain
        return gain.mean is not None and gain.high is not None and gain.mean < -tolerance and gain.high < 0

    def is_improvement(self) -> bool:
        """Tell whether the whole interval says that it got better."""
        return self.gain.low is not None and self.gain.low > 0


def compare_runs(before: Run, after: Run, metrics: Collection[str] | None = None) -> list[Change]:
    """Compare the metrics of two runs, all of them if none is named.

    Raises DataError where the runs are of different kinds, share no case, or a metric is unknown.
    """
    scorer, pairs = _pair(before, after)
    scored = [(scorer.of_case(old), scorer.of_case(new)) for old, new in pairs]
    of_cases = dict.fromkeys(name for _, values in scored for name in values)
    unknown = set(metrics or ()) - of_cases.keys() - scorer.of_set.keys()
    if unknown:
        known = ", ".join([*of_cases, *scorer.of_set])
        raise DataError(f"There is no metric '{min(unknown)}'; the metrics are {known}.")
    wanted = [name for name in [*of_cases, *scorer.of_set] if metrics is None or name in metrics]
    return [
        _compare_sets(scorer, name, pairs)
        if name in scorer.of_set
        else _compare_cases(scorer, name, [(old.get(name), new.get(name)) for old, new in scored])
        for name in wanted
    ]


def find_regressions(before: Run, after: Run, tolerances: Mapping[str, float]) -> list[Change]:
    """Return the changes for the worse that exceed their tolerance and that their interval bears out.

    Without tolerances, the headline metrics of that kind of run are judged with a tolerance of 0. Raises DataError
    where a metric is unknown.
    """
    judged = tolerances or dict.fromkeys(scorer_of(after).headline, 0.0)
    changes = compare_runs(before, after, judged)
    return [change for change in changes if change.is_regression(judged[change.metric])]


def default_metric(before: Run, after: Run) -> str | None:
    """Return the first headline metric that speaks for a case of these runs."""
    scorer, pairs = _pair(before, after)
    spoken = {name for _, new in pairs for name, value in scorer.of_case(new).items() if value is not None}
    return next((name for name in (*scorer.headline, *sorted(spoken)) if name in spoken), None)


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


def _compare_cases(scorer: Scorer, name: str, values: Sequence[tuple[float | None, float | None]]) -> Change:
    both = [(old, new) for old, new in values if old is not None and new is not None]
    before, after = (float(np.mean(column)) for column in zip(*both, strict=True)) if both else (None, None)
    comparison = compare_paired([old for old, _ in both], [new for _, new in both])
    return Change(name, before, after, comparison, name not in scorer.lower_is_better)


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
