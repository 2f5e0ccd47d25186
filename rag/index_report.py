"""What is told of an indexing run: how far it has come, and at its end what it did."""

from dataclasses import dataclass, field
from typing import Protocol


class IndexProgress(Protocol):
    """Is told how far indexing has come."""

    def __call__(self, done: int, total: int, source: str, chunks: int) -> None:
        """Take note that ``done`` of ``total`` files are read, ``source`` is at hand and ``chunks`` are encoded.

        Files that need not be read do not count.
        """
        ...


@dataclass(slots=True)
class IndexReport:
    """What an indexing run did, by source.

    ``moved`` gives the new source of each file that was moved, ``duplicates`` the file that each one equals to the
    byte, ``skipped`` each skipped file's reason, ``left_out`` that of each file of a folder that is sound but no
    article. ``languages`` counts the articles that were read and are not in English. ``chunks`` counts those that were
    encoded; what the library held already was not.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    duplicates: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    chunks: int = 0
    seconds: float = 0.0
