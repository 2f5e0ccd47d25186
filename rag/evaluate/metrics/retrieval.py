"""Ranked retrieval: a list of ids, best first, against graded relevance, as trec_eval scores it.

``ranked`` holds each id once; ``relevance`` maps an id to its grade, and a grade of 0 or less is not relevant. Every
metric lies between 0 and 1 and is None where nothing is relevant. The names in quotes are those of ir-measures.
"""

from collections.abc import Hashable, Mapping, Sequence
from math import log2
from typing import TypeVar

Id = TypeVar("Id", bound=Hashable)


def hits_at_k(ranked: Sequence[Id], relevance: Mapping[Id, int], k: int) -> float | None:
    """Return 1 where one of the first k is relevant, else 0 ("Success@k")."""
    grades = _grades(ranked, relevance, k)
    return float(any(grades)) if _relevant(relevance) else None


def recall_at_k(ranked: Sequence[Id], relevance: Mapping[Id, int], k: int) -> float | None:
    """Return the share of what is relevant that is among the first k ("R@k")."""
    relevant = _relevant(relevance)
    return _found(_grades(ranked, relevance, k)) / relevant if relevant else None


def precision_at_k(ranked: Sequence[Id], relevance: Mapping[Id, int], k: int) -> float | None:
    """Return the share of k places that hold something relevant, empty places included ("P@k")."""
    return _found(_grades(ranked, relevance, k)) / k if _relevant(relevance) else None


def reciprocal_rank_at_k(ranked: Sequence[Id], relevance: Mapping[Id, int], k: int) -> float | None:
    """Return 1 / rank of the first relevant id, 0 where it is not among the first k ("RR@k"; its mean is MRR@k)."""
    if not _relevant(relevance):
        return None
    grades = _grades(ranked, relevance, k)
    return next((1 / rank for rank, grade in enumerate(grades, 1) if grade), 0.0)


def average_precision_at_k(ranked: Sequence[Id], relevance: Mapping[Id, int], k: int) -> float | None:
    """Return the precision at each relevant id of the first k, summed, over all that is relevant ("AP@k").

    trec_eval's ``map_cut``: the divisor is the number of relevant ids, also where it is more than k. The mean over
    questions is MAP@k.
    """
    relevant = _relevant(relevance)
    if not relevant:
        return None
    grades = _grades(ranked, relevance, k)
    return sum(_found(grades[:rank]) / rank for rank, grade in enumerate(grades, 1) if grade) / relevant


def ndcg_at_k(ranked: Sequence[Id], relevance: Mapping[Id, int], k: int) -> float | None:
    """Return the discounted gain of the first k over that of the best order ("nDCG@k").

    As trec_eval: the gain is the grade itself, divided by log2(rank + 1). Grades 1, 0, 2 in the first three places
    gain 1 + 0 + 2/2 = 2; the best order gains 2 + 1/log2(3) = 2.63; nDCG@3 is 0.76.
    """
    if not _relevant(relevance):
        return None
    best = sorted((max(grade, 0) for grade in relevance.values()), reverse=True)
    return _discounted_gain(_grades(ranked, relevance, k)) / _discounted_gain(best[:k])


def _grades(ranked: Sequence[Id], relevance: Mapping[Id, int], k: int) -> list[int]:
    """Return the grade of each of the first k ids, 0 for what is not relevant."""
    first = ranked[:k]
    if len(set(first)) < len(first):
        raise ValueError("An id stands twice in the ranking; keep its best place only.")
    return [max(relevance.get(id_, 0), 0) for id_ in first]


def _found(grades: Sequence[int]) -> int:
    return sum(grade > 0 for grade in grades)


def _relevant(relevance: Mapping[Id, int]) -> int:
    return _found(list(relevance.values()))


def _discounted_gain(grades: Sequence[int]) -> float:
    return sum(grade / log2(rank + 1) for rank, grade in enumerate(grades, 1))
