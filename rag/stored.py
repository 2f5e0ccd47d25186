"""What a library keeps of its files, articles and sentences, as it is handed to the database and comes from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings import Vectors
from rag.datatypes import Chunk, Document


@dataclass(frozen=True, slots=True)
class File:
    """What is remembered of a file that was read, so that it is not read again while it stays the same.

    ``digest`` is the SHA-256 of its bytes; ``ctime_ns`` is when the system last changed anything about it.
    """

    source: str
    digest: str
    size: int
    mtime_ns: int
    ctime_ns: int
    chunk_tokens: int


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """What a list tells of a Document; ``chunks`` counts its Chunks."""

    id: str
    title: str
    source: str
    part: str | None
    date: str | None
    author: str | None
    publisher: str | None
    url: str | None
    language: str | None
    chunks: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A Document as it is written: its Chunks, a vector for each, and one for each of their sentences, in order.

    ``words`` are the signs of each chunk's word vectors, as ``rag.late_interaction`` makes them.
    """

    document: Document
    chunks: Sequence[Chunk]
    chunk_vectors: Vectors
    sentence_vectors: Vectors
    words: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """What is kept of a chunk's sentences: a vector for each, in order, and the signs of their words' vectors."""

    vectors: Vectors
    words: bytes
