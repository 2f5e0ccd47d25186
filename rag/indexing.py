"""Articles on their way into the database: what has changed is read, split, encoded, and written file by file."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from embeddings import Encoder
from rag.changes import Changes
from rag.database import Database
from rag.datatypes import Chunk, Document
from rag.errors import NotAnArticle, RagError
from rag.extract import Extract, Task
from rag.index_report import IndexProgress, IndexReport
from rag.load.language import other_languages
from rag.split import split_document
from rag.stored import File
from rag.stored_vectors import StoredVectors
from rag.workers import extract_files

# Chunks are encoded together up to this many: large enough to keep the processor busy, small enough that a killed
# process loses little.
ENCODE_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class SplitFile:
    """A file that waits to be encoded and written, and where it lay before, if it has moved."""

    file: File
    documents: list[tuple[Document, list[Chunk]]]
    moved_from: str | None


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

    def apply(
        self, changes: Changes, known: Mapping[str, File], report: IndexReport, progress: IndexProgress | None = None
    ) -> None:
        """Read, encode and write what has changed, remove what has gone, and say so in the report.

        What has gone is removed first, so that it answers no more; only files that a new one may turn out to be, by
        their size, stay until it is read.

        Args:
            changes: what has changed.
            known: what the database remembers of files, by source.
            report: is added to.
            progress: is told how far it has come.
        """
        sizes = {task.size for task in changes.to_read}
        gone: dict[str, str] = {}
        for source in filter(known.__contains__, changes.gone):
            if known[source].size in sizes and known[source].digest not in gone:
                gone[known[source].digest] = source
            else:
                self._remove(source, report)
        waiting: list[SplitFile] = []
        with closing(extract_files(changes.to_read)) as outcomes:
            for number, (task, outcome) in enumerate(outcomes):
                if progress:
                    progress(number, len(changes.to_read), task.source, report.chunks)
                split = self._take(task, outcome, known, gone, report)
                waiting += [split] if split else []
                if sum(len(chunks) for item in waiting for _, chunks in item.documents) >= ENCODE_TOGETHER:
                    report.chunks += self._put(waiting)
                    waiting = []
        report.chunks += self._put(waiting)
        for source in gone.values():
            self._remove(source, report)
        if progress:
            progress(len(changes.to_read), len(changes.to_read), "", report.chunks)

    def _take(
        self,
        task: Task,
        outcome: Extract | RagError,
        known: Mapping[str, File],
        gone: dict[str, str],
        report: IndexReport,
    ) -> SplitFile | None:
        """Enter a file in the report; return it split where its articles are to be written."""
        source = task.source
        try:
            if isinstance(outcome, RagError):
                raise outcome
            state = outcome.state
            file = File(source, outcome.digest, state.size, state.mtime_ns, state.ctime_ns, self.chunk_tokens)
            if outcome.articles is None:
                self.database.touch(file)
                report.unchanged.append(source)
                return None
            limit = min(self.chunk_tokens, self.encoder.max_tokens)
            documents = [
                (document, split_document(document, self.encoder.count_tokens, limit, sentences))
                for document, sentences in outcome.articles
            ]
        except RagError as error:
            (report.left_out if isinstance(error, NotAnArticle) else report.skipped)[source] = str(error)
            if source in known:
                self.database.remove(source)
            return None
        report.skipped |= outcome.skipped
        for language, count in other_languages(document for document, _ in documents).items():
            report.languages[language] = report.languages.get(language, 0) + count
        moved_from = None if source in known else gone.pop(file.digest, None)
        if moved_from is not None:
            report.moved[moved_from] = source
        else:
            (report.updated if source in known else report.added).append(source)
        return SplitFile(file, documents, moved_from)

    def _remove(self, source: str, report: IndexReport) -> None:
        self.database.remove(source)
        report.removed.append(source)

    def _put(self, waiting: Sequence[SplitFile]) -> int:
        """Encode together what is waiting and has no vectors yet, and write it file by file.

        Returns the number of chunks that were encoded.
        """
        articles = [article for item in waiting for article in item.documents]
        stored = StoredVectors.of(self.database, self._alike(waiting))
        encoded = stored.add_missing(articles, self.encoder)
        for item in waiting:
            entries = [stored.entry(document, chunks) for document, chunks in item.documents]
            self.database.put(item.file, entries, moved_from=item.moved_from)
        return encoded

    def _alike(self, waiting: Iterable[SplitFile]) -> set[str]:
        """Return the stored files whose passages may be those of the waiting ones: earlier states, and copies."""
        named = {item.file.source for item in waiting}
        copies = {self.database.source_of(item.file.digest) for item in waiting}
        return named | {source for source in copies if source is not None}
