"""The one SQLite file that is the truth of a library: its schema, and the rows that the steps read and write."""

import json
import time
from collections.abc import Sequence
from dataclasses import astuple
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from embeddings import Vectors
from rag.conditions import Condition, Field
from rag.datatypes import Chunk, Document, Place, Sentence
from rag.sqlite_file import SqliteFile
from rag.stored import Entry, File, ListedDocument, SentenceVectors
from rag.terms import joined_terms, term

SCHEMA_VERSION = 5
SCHEMA = Path(__file__).with_name("schema.sql")
# The columns of a document that are written and read as they are.
DOCUMENT = ("id", "source", "title", "date", "author", "publisher", "part", "url", "language", "date_from", "text")
TITLE_WEIGHT, TEXT_WEIGHT = 0.5, 1.0


class Database(SqliteFile):
    """The rows of a library.

    Args:
        path: the SQLite file.
        create: make it if it is not there.

    Raises:
        LibraryDamaged: the file is no database, or not one of this project.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        super().__init__(path, SCHEMA, SCHEMA_VERSION, create=create)

    def _fill(self) -> None:
        # A number that no library had that stood here before, whose vector index may still lie about.
        self.set_meta(generation=str(time.time_ns()))

    def meta(self) -> dict[str, str]:
        """Return what is known of the library as a whole."""
        return dict(self._rows("SELECT key, value FROM meta"))

    def set_meta(self, **values: str) -> None:
        """Write some of what is known of the library as a whole."""
        with self._lock:
            self._connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    @property
    def generation(self) -> int:
        """A number that grows with every change of the chunks."""
        rows = self._rows("SELECT value FROM meta WHERE key = 'generation'")
        return int(rows[0][0]) if rows else 0

    def files(self) -> dict[str, File]:
        """Return every file that was read, by its source."""
        rows = self._rows("SELECT source, digest, size, mtime_ns, ctime_ns, chunk_tokens FROM files ORDER BY source")
        return {row[0]: File(*row) for row in rows}

    def source_of(self, digest: str) -> str | None:
        """Return the first file that holds these bytes."""
        rows = self._rows("SELECT min(source) FROM files WHERE digest = ?", (digest,))
        return None if rows[0][0] is None else str(rows[0][0])

    def touch(self, file: File) -> None:
        """Remember a file's new size and time, where what it says has stayed the same."""
        with self.transaction():
            self._connection.execute(
                "UPDATE files SET size = ?, mtime_ns = ?, ctime_ns = ? WHERE source = ?",
                (file.size, file.mtime_ns, file.ctime_ns, file.source),
            )

    def validators(self) -> dict[str, tuple[str | None, str | None]]:
        """Return the ETag and the time of change that the web gave each page, by source."""
        return {source: (etag, time) for source, etag, time in self._rows("SELECT * FROM pages")}

    def set_validators(self, source: str, etag: str | None, last_modified: str | None) -> None:
        """Remember what the web calls the state of a page, if the page is here."""
        with self.transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO pages SELECT source, ?, ? FROM files WHERE source = ?",
                (etag, last_modified, source),
            )

    def put(self, file: File, entries: Sequence[Entry], *, moved_from: str | None = None) -> None:
        """Write a file's documents in place of what it held before, there or where it lay, in one transaction."""
        with self.transaction():
            self._delete(file.source)
            if moved_from is not None:
                self._delete(moved_from)
            self._connection.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", astuple(file))
            for entry in entries:
                self._insert(entry)
            self._next_generation()

    def _insert(self, entry: Entry) -> None:
        document = entry.document
        self._connection.execute(
            f"INSERT INTO documents ({', '.join(DOCUMENT)}, places) "  # noqa: S608 - names of our own
            f"VALUES ({'?, ' * len(DOCUMENT)}?)",
            (
                *(getattr(document, name) for name in DOCUMENT),
                json.dumps([(place.start, place.page, place.heading) for place in document.places]),
            ),
        )
        borders = accumulate((len(chunk.sentences) for chunk in entry.chunks), initial=0)
        of_sentences = [entry.sentence_vectors[first:end].astype(np.float16) for first, end in pairwise(borders)]
        rows = zip(entry.chunks, entry.chunk_vectors, of_sentences, entry.words, strict=True)
        for chunk, vector, sentence_vectors, words in rows:
            key = self._connection.execute(
                'INSERT INTO chunks (document_id, start, "end", vector) VALUES (?, ?, ?, ?)',
                (document.id, chunk.start, chunk.end, vector.tobytes()),
            ).lastrowid
            spans = json.dumps([(sentence.start, sentence.end) for sentence in chunk.sentences])
            self._connection.execute(
                "INSERT INTO sentences (chunk_id, spans, vectors, words) VALUES (?, ?, ?, ?)",
                (key, spans, sentence_vectors.tobytes(), words),
            )
            self._connection.execute(
                "INSERT INTO terms (rowid, title, text) VALUES (?, ?, ?)",
                (key, joined_terms(_headline(document, chunk)), joined_terms(chunk.text)),
            )

    def remove(self, source: str) -> None:
        """Remove a file's documents and all that was made of them, in one transaction."""
        with self.transaction():
            self._delete(source)
            self._next_generation()

    def _delete(self, source: str) -> None:
        # SQLite fires no triggers for rows that a cascade removes unless recursive triggers are on; be explicit.
        self._connection.execute(
            "DELETE FROM chunks WHERE document_id IN (SELECT id FROM documents WHERE source = ?)", (source,)
        )
        self._connection.execute("DELETE FROM files WHERE source = ?", (source,))

    def _next_generation(self) -> None:
        self.set_meta(generation=str(self.generation + 1))

    def documents(self, ids: Sequence[str] | None = None) -> list[Document]:
        """Return documents, all or those of these ids, ordered by source."""
        # Not "? IS NULL OR id IN": for that SQLite looks at every row.
        where, values = (
            ("", ()) if ids is None else ("WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
        )
        rows = self._rows(
            f"SELECT places, {', '.join(DOCUMENT)} FROM documents {where} ORDER BY source, rowid",  # noqa: S608 - own
            values,
        )
        return [_document(json.loads(places), row) for places, *row in rows]

    def list_documents(self, contains: str, limit: int, offset: int) -> tuple[list[ListedDocument], int]:
        """Return some of the documents, ordered by source, and how many there are; no text is read.

        Only those count whose title or source holds ``contains``, in any case.
        """
        wanted = contains.casefold()
        with self.transaction("DEFERRED"):
            known = self._rows("SELECT rowid, title, source FROM documents ORDER BY source, rowid")
            fitting = [row for row, title, source in known if wanted in title.casefold() or wanted in source.casefold()]
            rows = self._rows(
                "SELECT id, title, source, part, date, author, publisher, url, language, "
                "(SELECT count(*) FROM chunks WHERE document_id = documents.id) "
                "FROM documents WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY source, rowid",
                (json.dumps(fitting[offset : offset + limit]),),
            )
        return [ListedDocument(*row) for row in rows], len(fitting)

    def chunk_counts(self) -> dict[str, int]:
        """Return how many chunks each document has, by document id."""
        return dict(self._rows("SELECT document_id, count(*) FROM chunks GROUP BY document_id"))

    def chunk_ids(self, document_id: str) -> list[int]:
        """Return the ids of a document's chunks, in the order in which they stand in it."""
        rows = self._rows("SELECT id FROM chunks WHERE document_id = ? ORDER BY start, id", (document_id,))
        return [key for (key,) in rows]

    def chunk_ids_of(self, source: str) -> list[int]:
        """Return the ids of the chunks of a file's documents."""
        rows = self._rows(
            "SELECT id FROM chunks WHERE document_id IN (SELECT id FROM documents WHERE source = ?) ORDER BY id",
            (source,),
        )
        return [key for (key,) in rows]

    def chunk_ids_where(self, conditions: Sequence[Condition]) -> list[int]:
        """Return the ids of the chunks whose documents fulfil every condition."""
        documents = self._rows(f"SELECT id, {', '.join(Field)} FROM documents")  # noqa: S608 - names of our own
        fitting = [
            key
            for key, *values in documents
            if all(condition.holds(dict(zip(Field, values, strict=True))) for condition in conditions)
        ]
        rows = self._rows(
            "SELECT id FROM chunks WHERE document_id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(fitting),),
        )
        return [key for (key,) in rows]

    def chunks(self, ids: Sequence[int]) -> dict[int, tuple[Chunk, Document]]:
        """Return chunks with their documents, by chunk id; ids that are not there are left out."""
        with self.transaction("DEFERRED"):
            return self._chunks(ids)

    def _chunks(self, ids: Sequence[int]) -> dict[int, tuple[Chunk, Document]]:
        rows = self._rows(
            'SELECT id, document_id, start, "end", spans FROM chunks JOIN sentences ON chunk_id = id '
            "WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
        documents = {document.id: document for document in self.documents(sorted({row[1] for row in rows}))}
        found = {}
        for key, document_id, start, end, spans in rows:
            document = documents[document_id]
            sentences = tuple(Sentence(document.text[first:last], first, last) for first, last in json.loads(spans))
            found[key] = (Chunk(document_id, document.text[start:end], start, end, sentences, key), document)
        return found

    def vectors(self, dimension: int) -> tuple[list[int], Vectors]:
        """Return all chunk ids with their vectors, shape (number of chunks, dimension)."""
        rows = self._rows("SELECT id, vector FROM chunks ORDER BY id")
        joined = b"".join(vector for _, vector in rows)
        matrix = np.frombuffer(joined, dtype=np.float32).reshape(-1, dimension)
        return [key for key, _ in rows], matrix

    def chunk_vectors(self, ids: Sequence[int]) -> dict[int, Vectors]:
        """Return the vectors of these chunks, by chunk id."""
        rows = self._rows(
            "SELECT id, vector FROM chunks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        return {key: np.frombuffer(vector, dtype=np.float32) for key, vector in rows}

    def sentence_vectors(self, chunk_ids: Sequence[int]) -> dict[int, SentenceVectors]:
        """Return what is kept of each chunk's sentences in order, by chunk id; vectors are kept in half precision."""
        rows = self._rows(
            "SELECT chunk_id, json_array_length(spans), vectors, words FROM sentences "
            "WHERE chunk_id IN (SELECT value FROM json_each(?))",
            (json.dumps(chunk_ids),),
        )
        borders = [*accumulate((count for _, count, _, _ in rows), initial=0)]
        joined = b"".join(vectors for _, _, vectors, _ in rows)
        # All at once: to make an array for each chunk takes longer than to read them.
        matrix = np.frombuffer(joined, dtype=np.float16).reshape(borders[-1], -1 if rows else 0).astype(np.float32)
        return {
            key: SentenceVectors(matrix[first:end], words)
            for (key, _, _, words), (first, end) in zip(rows, pairwise(borders), strict=True)
        }

    def document_frequencies(self, words: Sequence[str]) -> tuple[int, dict[str, int]]:
        """Return the number of chunks, and in how many of them each word stands in any of its forms."""
        total = self._rows("SELECT count(*) FROM chunks")[0][0]
        counted = {}
        for word in words:
            found = self._rows("SELECT doc FROM vocabulary WHERE term = ?", (term(word),))
            counted[word] = found[0][0] if found else 0
        return total, counted

    def matched_words(self, words: Sequence[str], ids: Sequence[int]) -> dict[int, list[str]]:
        """Return which of the words stand in each chunk or its title, in any of their forms, by chunk id."""
        matched: dict[int, list[str]] = {key: [] for key in ids}
        for word in words:
            for (key,) in self._rows(
                "SELECT rowid FROM terms WHERE terms MATCH ? AND +rowid IN (SELECT value FROM json_each(?))",
                (f'"{term(word)}"', json.dumps(ids)),
            ):
                matched[key].append(word)
        return matched

    def match(self, query: str, count: int, among: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """Return the ids of the best chunks for an FTS5 query with their BM25 scores; higher is better.

        ``among`` names the ids that may be found; None for all.
        """
        # The plus keeps SQLite from asking the lexical index anew for each of the ids.
        allowed = "" if among is None else "AND +rowid IN (SELECT value FROM json_each(?)) "
        return self._rows(
            "SELECT rowid, -bm25(terms, ?, ?) AS score FROM terms WHERE terms MATCH ? "  # noqa: S608 - no outside text
            f"{allowed}ORDER BY score DESC, rowid LIMIT ?",
            (TITLE_WEIGHT, TEXT_WEIGHT, query, *([] if among is None else [json.dumps(among)]), count),
        )

    def problems(self) -> list[str]:
        """Check the file's integrity and its tables against each other; an empty list is a clean bill."""
        found = [str(row[0]) for row in self._rows("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"a row of {row[0]} names a row that is not there" for row in self._rows("PRAGMA foreign_key_check")]
        missing = self._rows("SELECT count(*) FROM chunks WHERE id NOT IN (SELECT rowid FROM terms)")[0][0]
        stray = self._rows("SELECT count(*) FROM terms WHERE rowid NOT IN (SELECT id FROM chunks)")[0][0]
        found += [f"{missing} chunks are missing from the lexical index"] * bool(missing)
        return found + [f"{stray} texts of the lexical index belong to no chunk"] * bool(stray)


def _document(places: list[list[Any]], values: Sequence[Any]) -> Document:
    return Document(**dict(zip(DOCUMENT, values, strict=True)), places=tuple(Place(*place) for place in places))


def _headline(document: Document, chunk: Chunk) -> str:
    """Return what stands above a chunk: its document's title and the heading that it begins under."""
    place = document.place_at(chunk.start)
    return f"{document.title}\n{place.heading}" if place and place.heading else document.title
