"""What the page shows of each search: how high up the first right thing stood, and what stood above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.evaluate.report.answers import UNSCORED
from rag.evaluate.retrieve import LEVELS
from rag.evaluate.run import Record

FOUND, MISSED = "found", "missed"


@dataclass(frozen=True, slots=True)
class ShownList:
    """The first things that were ranked at one level, each with whether it is relevant, and what was missed."""

    level: str
    ranked: list[tuple[str, bool]]
    missed: list[str]


@dataclass(frozen=True, slots=True)
class ShownSearch:
    """A question with what was found, as a row of the page's table.

    ``ranks`` are the ranks from 1 of the first relevant thing of each level, None where none was found at all;
    ``result`` goes by the documents.
    """

    record: Record
    ranks: dict[str, int | None]
    result: str
    lists: list[ShownList]


def show_search(record: Record, cutoff: int) -> ShownSearch:
    """Prepare a record of ``rag.evaluate.retrieve`` for the page, with the first ``cutoff`` of each ranking."""
    relevant = {level: _relevant(record, level) for level in LEVELS}
    ranks = {level: first_rank(record["ranked"][ranked], relevant[level]) for level, ranked in LEVELS.items()}
    rank = ranks["document"]
    result = UNSCORED if not relevant["document"] else FOUND if rank and rank <= cutoff else MISSED
    lists = []
    for level in ("document", "chunk", "span"):
        first = record["ranked"][LEVELS[level]][:cutoff]
        missed = sorted(relevant[level] - set(first))
        lists.append(ShownList(level, [(name, name in relevant[level]) for name in first], missed))
    return ShownSearch(record, ranks, result, lists)


def first_rank(ranked: Sequence[str], relevant: set[str]) -> int | None:
    """Return the rank from 1 of the first relevant name; None where there is none."""
    return next((rank for rank, name in enumerate(ranked, 1) if name in relevant), None)


def _relevant(record: Record, level: str) -> set[str]:
    grades: Mapping[str, int] = record["relevant"][level]
    return {name for name, grade in grades.items() if grade > 0}
