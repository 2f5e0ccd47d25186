"""Vectors that the library holds already, by the passage they were made of, so that no passage is encoded twice."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from embeddings import Encoder, Vectors
from rag.database import Database
from rag.datatypes import Chunk, Document
from rag.split import passage_text


class PassageVectors:
    """Vectors by passage."""

    def __init__(self) -> None:
        self._rows: dict[str, npt.NDArray[np.float32]] = {}

    def remember(self, passages: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors of passages."""
        self._rows.update(zip(passages, vectors, strict=True))

    def add_missing(self, groups: Iterable[Sequence[str]], encoder: Encoder) -> int:
        """Encode those passages of the groups that have no vector yet, each once; return how many."""
        missing = [text for text in dict.fromkeys(chain.from_iterable(groups)) if text not in self._rows]
        if missing:
            self.remember(missing, encoder.encode_passages(missing))
        return len(missing)

    def matrix(self, passages: Sequence[str]) -> Vectors:
        """Return the vectors of passages, shape (len(passages), dimension)."""
        return np.stack([self._rows[passage] for passage in passages])


class StoredVectors:
    """The vectors of chunks and of sentences; those of sentences are kept in half precision, hence apart."""

    def __init__(self) -> None:
        self.chunks = PassageVectors()
        self.sentences = PassageVectors()

    @classmethod
    def of(cls, database: Database, sources: Iterable[str]) -> "StoredVectors":
        """Gather the vectors of the passages of some files."""
        stored = cls()
        keys = [key for source in sources for key in database.chunk_ids_of(source)]
        chunk_vectors, sentence_vectors = database.chunk_vectors(keys), database.sentence_vectors(keys)
        for key, (chunk, document) in database.chunks(keys).items():
            stored.chunks.remember(chunk_passages(document, [chunk]), chunk_vectors[key][np.newaxis])
            stored.sentences.remember(sentence_passages(document, [chunk]), sentence_vectors[key])
        return stored


def chunk_passages(document: Document, chunks: Sequence[Chunk]) -> list[str]:
    """Return what is encoded for each chunk of a document."""
    return [passage_text(document.title, chunk.text) for chunk in chunks]


def sentence_passages(document: Document, chunks: Sequence[Chunk]) -> list[str]:
    """Return what is encoded for each sentence of the chunks, in order.

    A sentence is encoded below its title too: alone, one that says "he" or "the deal" is about nothing.
    """
    return [passage_text(document.title, sentence.text) for chunk in chunks for sentence in chunk.sentences]
