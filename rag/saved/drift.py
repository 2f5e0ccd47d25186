"""Whether the quotes of a saved answer still stand in the articles."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rag.datatypes import Document
from rag.library import Library
from rag.saved.record import SavedAnswer
from rag.sentences import split_sentences

# Sentences less alike than this are others, not the quoted one reworded.
LEAST_ALIKE = 0.6


class Drift(StrEnum):
    """What has become of a quote."""

    INTACT = "intact"
    """It stands where it stood."""
    MOVED = "moved"
    """It stands elsewhere in its article."""
    CHANGED = "changed"
    """Its article has other words now."""
    GONE = "gone"
    """Its article is no longer in the library."""


@dataclass(frozen=True, slots=True)
class QuoteCheck:
    """What has become of one citation's quote; ``now`` is what stands in the article in its place, if anything does."""

    marker: int
    source: str
    title: str
    quote: str
    drift: Drift
    now: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the article still says it in these words."""
        return self.drift in {Drift.INTACT, Drift.MOVED}


def check_quotes(saved: SavedAnswer, library: Library) -> list[QuoteCheck]:
    """Compare every quote of a saved answer with its article as the library holds it now."""
    documents = {
        document.id: document
        for document in library.database.documents([citation["document_id"] for citation in saved.answer["citations"]])
    }
    return [_check_quote(citation, documents.get(citation["document_id"])) for citation in saved.answer["citations"]]


def _check_quote(citation: Mapping[str, Any], document: Document | None) -> QuoteCheck:
    quote = citation["quote"]
    drift, now = Drift.GONE, None
    if document is not None:
        if document.text[citation["start"] : citation["end"]] == quote:
            drift, now = Drift.INTACT, quote
        elif quote in document.text:
            drift, now = Drift.MOVED, quote
        else:
            drift, now = Drift.CHANGED, _most_alike(quote, document)
    return QuoteCheck(citation["marker"], citation["source"], citation["title"], quote, drift, now)


def _most_alike(quote: str, document: Document) -> str | None:
    """Return the sentence of an article that a quote most likely became."""
    sentences = [sentence.text for sentence in split_sentences(document.text, document.language)]
    return next(iter(difflib.get_close_matches(quote, sentences, n=1, cutoff=LEAST_ALIKE)), None)
