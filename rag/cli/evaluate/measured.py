"""What a command of ``rag eval`` measures: the cases that are drawn, and the library that has their evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from rag.cli.evaluate.options import offering_to_skip
from rag.cli.progress import show_indexing
from rag.cli.weights import fetch_encoder, open_library
from rag.errors import DataError
from rag.evaluate.cases import CaseSet, read_cases
from rag.evaluate.corpus import index_kept, kept_library
from rag.evaluate.environment import code_fingerprint, digest_data
from rag.evaluate.gold import Gold, check_gold
from rag.evaluate.sample import draw_sample
from rag.library import Library
from rag.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of the cases are measured, as the options say."""

    sample: int | None
    seed: int
    limit: int | None
    skip_bad: bool

    def draw(self, items: Sequence[T]) -> tuple[T, ...]:
        """Return those of the items that are measured."""
        return draw_sample(items, self.sample, self.seed, self.limit)

    @property
    def settings(self) -> dict[str, object]:
        """What the setup of a run tells of it: without a sample, the seed does nothing."""
        seed = self.seed if self.sample else None
        return {"sample": self.sample, "seed": seed, "limit": self.limit, "skip_bad": self.skip_bad}


def open_measured(
    data: Path, selection: Selection, corpus: Path | None, library: Path | None, settings: Settings
) -> tuple[CaseSet, Library, Gold]:
    """Return the cases that are drawn, the library that is measured, and where their evidence stands in it."""
    with offering_to_skip():
        cases = read_cases(data, selection.skip_bad)
        cases = replace(cases, cases=selection.draw(cases.cases))
        shelf = _open_shelf(cases, corpus, library, settings)
        gold = Gold(shelf, cases)
        return check_gold(gold, cases, selection.skip_bad), shelf, gold


def fingerprint_measured(data: Path, library: Library) -> dict[str, object]:
    """Return the fingerprints that every run over a library has."""
    return {
        "data": digest_data(data),
        "library": library.fingerprint,
        "encoder": library.encoder.fingerprint,
        "code": code_fingerprint(),
    }


def _open_shelf(cases: CaseSet, corpus: Path | None, library: Path | None, settings: Settings) -> Library:
    """Open the library that is named, or bring the kept one of the set in step with its articles."""
    if corpus and library:
        raise DataError("Name either articles with --corpus or a library with -l, not both.")
    if not corpus and (library or not cases.documents):
        return open_library(settings)
    shelf = kept_library(cases, corpus, settings)
    fetch_encoder(shelf.encoder_name, settings)
    with show_indexing() as indexing:
        index_kept(shelf, indexing)
    return shelf
