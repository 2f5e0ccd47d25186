"""What is measured on: questions with their answers and evidence, and claims with their sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from rag.datatypes import Document

Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of a document that bear an answer; ``document`` is the file's name."""

    document: Text
    quote: Text


@dataclass(frozen=True, slots=True)
class Case:
    """A question, whether the articles answer it, the answers that count as right, and the evidence for them.

    ``kind`` is the sort of question, in the data's own words, and empty where the data does not say.
    """

    id: Text
    question: Text
    answerable: bool
    answers: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    kind: str = ""

    def __post_init__(self) -> None:
        if self.answers and not self.answerable:
            raise ValueError("answerable is false, yet there are answers")


@dataclass(frozen=True, slots=True)
class CaseSet:
    """The cases of one file or folder.

    ``documents`` are the articles, where the data brings its own. ``qrels`` maps a case's id to the relevance of
    documents, by their ids, where the data grades them. ``skipped`` counts the malformed records that were left out.
    """

    name: str
    cases: tuple[Case, ...]
    documents: tuple[Document, ...] = ()
    qrels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, the sentences or passages of its source, and how far the source bears it.

    ``edit_types`` say what was changed in a claim that was made wrong on purpose.
    """

    id: Text
    claim: Text
    source: Annotated[tuple[str, ...], Field(min_length=1)]
    label: Literal["supported", "partially_supported", "not_supported"]
    edit_types: tuple[str, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether the source bears the whole claim; a claim that it bears in part does not count."""
        return self.label == "supported"


@dataclass(frozen=True, slots=True)
class PairSet:
    """The claim–source pairs of one file, and how many malformed lines were left out."""

    name: str
    pairs: tuple[Pair, ...]
    skipped: int = 0
