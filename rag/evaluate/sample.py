"""Fewer cases: a sample that is the same for the same seed, or the first ones."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def draw_sample(items: Sequence[T], sample: int | None, seed: int, limit: int | None) -> tuple[T, ...]:
    """Return ``sample`` items drawn without replacement, in their order, and of these the first ``limit``."""
    drawn = tuple(items)
    if sample is not None and sample < len(drawn):
        places = np.random.default_rng(seed).choice(len(drawn), sample, replace=False)
        drawn = tuple(drawn[place] for place in sorted(places))
    return drawn[:limit]
