"""What a threshold on a score would do, and how values are spread; pure figures, drawn in ``plots``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.evaluate.metrics.confusion import share
from rag.evaluate.statistics import Values

MOST_BINS = 24


@dataclass(frozen=True, slots=True)
class RefusalPoint:
    """What it would do to refuse each question whose score is below ``threshold``.

    The first two are shares of the answerable and of the unanswerable questions. ``precision`` is the share of the
    questions still answered that are answerable, ``recall`` the share of the answerable ones that are still answered.
    None stands for a share of nothing.
    """

    threshold: float
    answerable_refused: float | None
    unanswerable_refused: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class RocPoint:
    """The shares of unsupported and of supported claims that score at least ``threshold``."""

    threshold: float
    false_positive_rate: float
    true_positive_rate: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values lie between one edge and the next; the last bin holds its upper edge too."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def refusal_curve(scores: Sequence[float], answerable: Sequence[bool]) -> list[RefusalPoint]:
    """Return a point for each score that occurs, the lowest first."""
    yes, no = _sorted_by_label(scores, answerable)
    points = []
    for threshold in np.unique(scores):
        yes_refused, no_refused = (int(np.searchsorted(values, threshold)) for values in (yes, no))
        yes_kept, no_kept = len(yes) - yes_refused, len(no) - no_refused
        points.append(
            RefusalPoint(
                float(threshold),
                share(yes_refused, yes_kept),
                share(no_refused, no_kept),
                share(yes_kept, no_kept),
                share(yes_kept, yes_refused),
            )
        )
    return points


def roc_curve(scores: Sequence[float], supported: Sequence[bool]) -> list[RocPoint]:
    """Return a point for each score that occurs, the highest first, after one for a threshold above all.

    Empty where only one kind of label occurs. Source: Fawcett, "An introduction to ROC analysis", 2006.
    """
    yes, no = _sorted_by_label(scores, supported)
    if not len(yes) or not len(no):
        return []
    points = [RocPoint(math.inf, 0.0, 0.0)]
    for threshold in np.unique(scores)[::-1]:
        above_no, above_yes = (1 - np.searchsorted(values, threshold) / len(values) for values in (no, yes))
        points.append(RocPoint(float(threshold), float(above_no), float(above_yes)))
    return points


def count_in_bins(values: Sequence[float]) -> Histogram:
    """Count values in bins of one width: as many bins as the root of the number of values, 24 at most."""
    bins = min(MOST_BINS, math.ceil(math.sqrt(len(values)))) if len(set(values)) > 1 else 1
    counts, edges = np.histogram(values, bins=bins)
    return Histogram(tuple(map(float, edges)), tuple(map(int, counts)))


def _sorted_by_label(scores: Sequence[float], labels: Sequence[bool]) -> tuple[Values, Values]:
    values, labelled = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
    return np.sort(values[labelled]), np.sort(values[~labelled])
