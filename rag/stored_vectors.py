"""Vectors that the library holds already, by the passage they were made of, so that no passage is encoded twice."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from embeddings import Encoder, Reading
from rag.database import Database
from rag.datatypes import Chunk, Document
from rag.late_interaction import pack_signs, word_vectors
from rag.split import passage_text
from rag.stored import Entry
from rag.terms import content_spans


class StoredVectors:
    """The vectors of chunks, with the signs of their words', and of sentences, kept in half precision."""

    def __init__(self) -> None:
        self._chunks: dict[str, tuple[npt.NDArray[np.float32], bytes]] = {}
        self._sentences: dict[str, npt.NDArray[np.float32]] = {}

    @classmethod
    def of(cls, database: Database, sources: Iterable[str]) -> "StoredVectors":
        """Gather the vectors of the passages of some files."""
        stored = cls()
        keys = [key for source in sources for key in database.chunk_ids_of(source)]
        chunk_vectors, sentence_vectors = database.chunk_vectors(keys), database.sentence_vectors(keys)
        for key, (chunk, document) in database.chunks(keys).items():
            of_sentences = sentence_vectors[key]
            stored._chunks[_passage(document, chunk)] = chunk_vectors[key], of_sentences.words
            stored._sentences.update(zip(_sentence_passages(document, [chunk]), of_sentences.vectors, strict=True))
        return stored

    def add_missing(self, articles: Sequence[tuple[Document, Sequence[Chunk]]], encoder: Encoder) -> int:
        """Encode those passages of the articles that have no vector yet, each once; return how many chunks."""
        chunks = {_passage(document, chunk): (document, chunk) for document, chunks in articles for chunk in chunks}
        missing = {passage: of for passage, of in chunks.items() if passage not in self._chunks}
        readings = encoder.read_passages(list(missing))
        for (passage, (document, chunk)), reading in zip(missing.items(), readings, strict=True):
            self._chunks[passage] = reading.vector, _words(document, chunk, reading)
        passages = chain.from_iterable(_sentence_passages(document, chunks) for document, chunks in articles)
        sentences = [text for text in dict.fromkeys(passages) if text not in self._sentences]
        if sentences:
            self._sentences.update(zip(sentences, encoder.encode_passages(sentences), strict=True))
        return len(missing)

    def entry(self, document: Document, chunks: Sequence[Chunk]) -> Entry:
        """Return a document of which nothing is missing, as it is written."""
        of_chunks = [self._chunks[_passage(document, chunk)] for chunk in chunks]
        return Entry(
            document,
            chunks,
            np.stack([vector for vector, _ in of_chunks]),
            np.stack([self._sentences[passage] for passage in _sentence_passages(document, chunks)]),
            [words for _, words in of_chunks],
        )


def _passage(document: Document, chunk: Chunk) -> str:
    return passage_text(document.title, chunk.text)


def _sentence_passages(document: Document, chunks: Sequence[Chunk]) -> list[str]:
    # A sentence is encoded below its title too: alone, one that says "he" or "the deal" is about nothing.
    return [passage_text(document.title, sentence.text) for chunk in chunks for sentence in chunk.sentences]


def _words(document: Document, chunk: Chunk, reading: Reading) -> bytes:
    """Return the signs of the vectors of a chunk's content words, as they were read in the chunk."""
    above = len(passage_text(document.title, ""))
    offsets = [(above + sentence.start - chunk.start, sentence.text) for sentence in chunk.sentences]
    spans = [(offset + start, offset + end) for offset, text in offsets for _, start, end in content_spans(text)]
    return pack_signs(word_vectors(reading, spans))
