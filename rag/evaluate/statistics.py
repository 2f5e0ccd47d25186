"""What many cases say together: means with bootstrap intervals, percentiles, and whether one run beats another.

A value of None is a metric that abstained: it counts neither for nor against. Intervals are 95 % percentile intervals;
the seed makes them, and the p-values, the same on every run. Source: Efron and Tibshirani, "An Introduction to the
Bootstrap", 1993.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
CONFIDENCE = 0.95
# Resamples drawn at a time: 2,000 of 10,000 cases at once would take 160 MB.
_BATCH = 200

Row = TypeVar("Row")
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, the interval that it lies in, and the number of cases it speaks for.

    The figure is None where no case has a value, the interval where fewer than two have one.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much higher the second run is than the first, case by case, and the chance of that if both are alike.

    The p-value is two-sided, and None where fewer than two cases have a value in both runs.
    """

    difference: Estimate
    p_value: float | None


def summarise(values: Iterable[float | None], seed: int = 0) -> Estimate:
    """Estimate the mean over the cases that have a value."""
    kept = np.array([value for value in values if value is not None], dtype=np.float64)
    mean = float(kept.mean()) if len(kept) else None
    if len(kept) < 2:
        return Estimate(mean, None, None, len(kept))
    from scipy import stats  # takes a second to import, which commands that count nothing should not wait for

    interval = stats.bootstrap(
        (kept,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=seed,
    ).confidence_interval
    return Estimate(mean, float(interval.low), float(interval.high), len(kept))


def summarise_set(rows: Sequence[Row], figure: Callable[[Sequence[Row]], float | None], seed: int = 0) -> Estimate:
    """Estimate a figure that only a set of cases has, such as F1 or the area under a curve.

    Resamples for which the figure is None are left out of the interval.
    """
    value = figure(rows)
    if value is None or len(rows) < 2:
        return Estimate(value, None, None, len(rows))
    from scipy import stats

    def figure_of(places: npt.NDArray[np.int64]) -> float:
        resampled = figure([rows[place] for place in places])
        return np.nan if resampled is None else resampled

    with warnings.catch_warnings():
        # scipy's own interval gives up where one resample has no figure; it is read from the others below.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        drawn = stats.bootstrap(
            (np.arange(len(rows)),),
            figure_of,
            n_resamples=RESAMPLES,
            vectorized=False,
            method="percentile",
            rng=seed,
        ).bootstrap_distribution
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return Estimate(value, float(low), float(high), len(rows))


def compare_paired(before: Sequence[float | None], after: Sequence[float | None], seed: int = 0) -> Comparison:
    """Compare two runs over the same cases in the same order, by the cases that have a value in both.

    The interval is a bootstrap of the pairs; the p-value comes from a permutation test that swaps the runs of a case.
    Raises ValueError where the runs differ in length.
    """
    pairs = zip(before, after, strict=True)
    differences = [new - old for old, new in pairs if old is not None and new is not None]
    return Comparison(summarise(differences, seed), _swap_p_value(np.array(differences), seed))


def percentile(values: Iterable[float | None], percent: float) -> float | None:
    """Return the value that ``percent`` per cent of the values do not exceed, interpolated; None without values."""
    kept = [value for value in values if value is not None]
    return float(np.percentile(kept, percent)) if kept else None


def _swap_p_value(differences: Values, seed: int) -> float | None:
    if len(differences) < 2:
        return None
    from scipy import stats

    # For a single sample scipy flips signs, which is what swapping the two runs does to a difference.
    test = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=RESAMPLES,
        batch=_BATCH,
        rng=seed,
    )
    return float(test.pvalue)
