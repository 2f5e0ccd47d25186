"""Articles on their way into the database: read what has changed, split it, encode it, write it file by file."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from embeddings import Encoder
from rag.database import Database, Entry, File
from rag.datatypes import Chunk, Document, IndexProgress, IndexReport
from rag.errors import LoadError
from rag.load import load_documents
from rag.split import passage_text, split_document

# Chunks are encoded together up to this many: large enough to keep the processor busy, small enough that a killed
# process loses little.
ENCODE_TOGETHER = 64


class Indexer:
    """Brings a database in step with files.

    Args:
        database: where the articles go.
        encoder: makes the vectors of chunks and sentences.
        chunk_tokens: a chunk's most tokens, its title included, as the encoder counts.
    """

    def __init__(self, database: Database, encoder: Encoder, chunk_tokens: int) -> None:
        self.database = database
        self.encoder = encoder
        self.chunk_tokens = chunk_tokens

    def add(
        self,
        wanted: Mapping[str, Path],
        known: Mapping[str, File],
        report: IndexReport,
        progress: IndexProgress | None = None,
    ) -> None:
        """Add what is new and replace what has changed, and say so in the report.

        Args:
            wanted: the files, by source.
            known: what the database remembers of files, by source.
            report: is added to.
            progress: is told how far it has come.
        """
        waiting: list[tuple[File, list[tuple[Document, list[Chunk]]]]] = []
        for number, (source, path) in enumerate(wanted.items()):
            if progress:
                progress(number, len(wanted), source)
            try:
                changed = self._changed(source, path, known.get(source))
                if changed is None:
                    report.unchanged.append(source)
                    continue
                file, data = changed
                documents = load_documents(data, source)
                waiting.append((file, [(document, self._split(document)) for document in documents]))
            except LoadError as error:
                report.skipped[source] = str(error)
                if source in known:
                    self.database.remove(source)
                continue
            (report.updated if source in known else report.added).append(source)
            if sum(len(chunks) for _, documents in waiting for _, chunks in documents) >= ENCODE_TOGETHER:
                report.chunks += self._put(waiting)
                waiting = []
        report.chunks += self._put(waiting)
        if progress:
            progress(len(wanted), len(wanted), "")

    def _changed(self, source: str, path: Path, known: File | None) -> tuple[File, bytes] | None:
        """Return a file with its bytes, or None where it is what it was when it was last read."""
        try:
            source.encode()
            state = path.stat()
            same = known is not None and known.chunk_tokens == self.chunk_tokens
            if known and same and (known.size, known.mtime_ns) == (state.st_size, state.st_mtime_ns):
                return None
            data = path.read_bytes()
        except UnicodeEncodeError as error:
            raise LoadError(f"{source!r}: the file name is not valid UTF-8; rename the file.") from error
        except OSError as error:
            raise LoadError(f"{source}: cannot be read ({error.strerror}).") from error
        digest = hashlib.sha256(data).hexdigest()
        file = File(source, digest, len(data), state.st_mtime_ns, self.chunk_tokens)
        if known and same and known.digest == digest:
            self.database.touch(file)
            return None
        return file, data

    def _split(self, document: Document) -> list[Chunk]:
        limit = min(self.chunk_tokens, self.encoder.max_tokens)
        return split_document(document, self.encoder.count_tokens, limit)

    def _put(self, waiting: Sequence[tuple[File, Sequence[tuple[Document, list[Chunk]]]]]) -> int:
        """Encode what is waiting together, and write it file by file; return the number of chunks."""
        split = [(document, chunk) for _, documents in waiting for document, chunks in documents for chunk in chunks]
        if not split:
            return 0
        chunk_vectors = self.encoder.encode_passages([passage_text(doc.title, chunk.text) for doc, chunk in split])
        # A sentence is encoded below its title too: alone, one that says "he" or "the deal" is about nothing.
        sentence_vectors = self.encoder.encode_passages(
            [passage_text(document.title, sentence.text) for document, chunk in split for sentence in chunk.sentences]
        )
        first_chunk = first_sentence = 0
        for file, documents in waiting:
            entries = []
            for document, chunks in documents:
                next_chunk = first_chunk + len(chunks)
                next_sentence = first_sentence + sum(len(chunk.sentences) for chunk in chunks)
                of_chunks = chunk_vectors[first_chunk:next_chunk]
                of_sentences = sentence_vectors[first_sentence:next_sentence]
                entries.append(Entry(document, chunks, of_chunks, of_sentences))
                first_chunk, first_sentence = next_chunk, next_sentence
            self.database.put(file, entries)
        return len(split)
