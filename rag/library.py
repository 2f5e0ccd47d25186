"""The folder on disk: articles go in, are kept in step with their files, and are found again."""

import hashlib
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from embeddings import Encoder, EncoderError, load_encoder
from embeddings.vector_index import FaissIndex, VectorIndexDamaged
from rag.changes import Changes, find_changes, find_duplicates, is_url, preview
from rag.database import Database
from rag.datatypes import Chunk, Document
from rag.errors import EncoderMismatch, LibraryError, LoadError, ModelDamaged
from rag.hints import command_line
from rag.index_report import IndexProgress, IndexReport
from rag.indexing import Indexer
from rag.library_files import LibraryFiles
from rag.load.export import parse_fields
from rag.models import locate_encoder
from rag.read_only import read_only_error
from rag.settings import Settings
from rag.sources import SourceNames, Wanted
from rag.stored import File


class Library:
    """Articles with their chunks, vectors and lexical index, in one folder.

    Opening touches nothing: the folder is made by the first ``index``, and reading raises LibraryNotFound before.

    Args:
        folder: the library's folder.
        settings: how to read and encode.
        encoder: one that is loaded already; taken if it is the one that the library wants.
    """

    def __init__(self, folder: Path, settings: Settings, encoder: Encoder | None = None) -> None:
        self.folder = folder
        self.settings = settings
        self._files = LibraryFiles(folder)
        self._names = SourceNames(folder)
        self._loaded_encoder = encoder
        self._lock = threading.Lock()
        self._vector_index: tuple[int, FaissIndex] | None = None
        self._fingerprint: tuple[int, str] | None = None

    @classmethod
    def open(cls, folder: str | Path | None = None, settings: Settings | None = None) -> "Library":
        """Open the library in a folder, by default the one that the settings name."""
        settings = settings or Settings.read()
        return cls(Path(folder) if folder is not None else settings.library, settings)

    @cached_property
    def database(self) -> Database:
        """The library's rows.

        Raises:
            LibraryNotFound: nothing has been indexed there yet.
        """
        return self._files.open_database()

    @property
    def encoder_name(self) -> str:
        """The encoder that the settings ask for, else the one that made the library's vectors, else the default."""
        return self.settings.encoder or self._meta.get("encoder") or self.settings.encoder_for_new

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder named by ``encoder_name``, loaded.

        Raises:
            EncoderMismatch: the library's vectors were made by another encoder.
        """
        name = self.encoder_name
        encoder = self._loaded_encoder
        if encoder is None or encoder.name != name:
            located = locate_encoder(name, folder=self.settings.models, offline=self.settings.offline)
            try:
                encoder = load_encoder(name, located.path)
            except EncoderError as error:
                raise ModelDamaged(str(error)) from error
        if self._meta.get("encoder_fingerprint") not in {None, encoder.fingerprint}:
            raise self._encoder_mismatch(name)
        return encoder

    def _encoder_mismatch(self, name: str) -> EncoderMismatch:
        made_by = self._meta.get("encoder")
        other = f"'{made_by}', not with '{name}'" if made_by != name else f"other weights of '{name}' than those here"
        back = f"name '{made_by}' with --encoder or RAG_ENCODER, or " if made_by != name else ""
        anew = command_line("rag index --rebuild PATH", library=self.folder, encoder=name, models=self.settings.models)
        return EncoderMismatch(f"The library in {self.folder} was made with {other}; {back}make it anew with {anew}.")

    @property
    def _meta(self) -> dict[str, str]:
        return self.database.meta() if self.exists() else {}

    def exists(self) -> bool:
        """Tell whether anything has been indexed here."""
        return self._files.exist()

    @property
    def read_only(self) -> bool:
        """Whether the library is there and this process may only read it."""
        return self._files.read_only

    def is_replaced(self) -> bool:
        """Tell whether another library has taken this one's place on disk, whole, since this one was opened."""
        return "database" in self.__dict__ and not self.database.is_in_place() and self._files.are_settled()

    def reopened(self) -> "Library":
        """Return the library that is in this folder now, with this one's encoder if that is the one that it wants."""
        return Library(self.folder, self.settings, self.__dict__.get("encoder", self._loaded_encoder))

    @property
    def uploads(self) -> Path:
        """The folder of the articles that were uploaded; it belongs to the library and is indexed with all others."""
        return self._files.uploads

    @property
    def fingerprint(self) -> str:
        """A digest that changes with the encoder and with what the articles say."""
        generation = self.database.generation
        if self._fingerprint is None or self._fingerprint[0] != generation:
            digest = hashlib.sha256(self._meta.get("encoder_fingerprint", "").encode())
            for file in self.database.files().values():
                digest.update(f"\n{file.source} {file.digest} {file.chunk_tokens}".encode())
            self._fingerprint = generation, digest.hexdigest()[:16]
        return self._fingerprint[1]

    def documents(self) -> list[Document]:
        """Return all documents, ordered by source."""
        return self.database.documents()

    def chunks(self, ids: Sequence[int]) -> dict[int, tuple[Chunk, Document]]:
        """Return chunks with their documents, by chunk id."""
        return self.database.chunks(ids)

    def vector_index(self) -> FaissIndex:
        """Return the index of the vectors as they are now, made again from the database where the file is stale."""
        with self._lock:
            generation = self.database.generation
            if self._vector_index is None or self._vector_index[0] != generation:
                self._vector_index = generation, self._read_vector_index(generation)
            return self._vector_index[1]

    def _read_vector_index(self, generation: int) -> FaissIndex:
        path = self._files.vectors
        try:
            index = FaissIndex.read(path, generation)
        except (FileNotFoundError, VectorIndexDamaged):
            index = None
        if index is None:
            index = FaissIndex(*self.database.vectors(self.encoder.dimension))
            if self.database.read_only:
                return index
            try:
                index.write(path, generation)
            except OSError as error:
                raise LibraryError(f"The vector index {path} cannot be written: {error.strerror}.") from error
        return index

    def index(self, *paths: str | Path, rebuild: bool = False, progress: IndexProgress | None = None) -> IndexReport:
        """Bring the library in step with files and folders.

        New files are added, changed ones replaced, and those that have gone from a folder are removed. A file that is
        as it was is not read, and no passage is encoded that the library holds already in that file, or in one that
        equals it: one that was renamed, for instance. A file that cannot be read is skipped and reported, and what the
        library held of it goes; so does one that is no article, which is reported where it is named by itself. What
        was uploaded is kept in step too.

        Args:
            paths: files, folders, and URLs of pages, feeds and sitemaps; a list stands for the pages that it names.
            rebuild: throw away what is there first.
            progress: is told how far it has come.

        Raises:
            LoadError: a path does not exist, there is nothing to read, or a URL is given where ``offline`` is set.
            EncoderMismatch: the library was made with another encoder.
            LibraryReadOnly: the library may only be read.
        """
        began = time.perf_counter()
        if self.read_only:
            raise read_only_error(self._files.database)
        urls = [str(path) for path in paths if is_url(str(path))]
        places = self._with_uploads(tuple(path for path in paths if not is_url(str(path))))
        found = self._names.find(places)
        if not (found.files or urls):
            self._refuse_nothing(paths, rebuild)
        with self._files.locked(progress), tempfile.TemporaryDirectory(prefix="rag-") as folder:
            fetched = self._fetch(urls, Path(folder), rebuild, progress)
            if not (found.files or fetched.to_read):
                self._refuse_nothing(fetched.skipped.values() or paths, rebuild)
            self._prepare(rebuild)
            known = self.database.files()
            changes = self._changes(places, found, known)
            changes.add(fetched)
            report = self._apply(changes, known, progress)
        named = {str(path) if is_url(str(path)) else self.source(Path(path)) for path in paths}
        report.skipped |= {source: report.left_out.pop(source) for source in named & report.left_out.keys()}
        report.seconds = time.perf_counter() - began
        return report

    def _prepare(self, rebuild: bool) -> None:
        """Have a database, an empty one if it is to be made anew, that names the encoder."""
        if rebuild:
            self.close()
            self._files.discard_database()
        if not self.exists():
            self._files.create_database()
        with self.database.transaction():
            self.database.set_meta(encoder=self.encoder.name, encoder_fingerprint=self.encoder.fingerprint)

    def _apply(self, changes: Changes, known: Mapping[str, File], progress: IndexProgress | None) -> IndexReport:
        """Bring the database in step with what has changed, and the vector index with the database."""
        generation = self.database.generation
        report = IndexReport(unchanged=list(changes.unchanged), skipped=dict(changes.skipped))
        Indexer(self.database, self.encoder, self.settings.chunk_tokens).apply(changes, known, report, progress)
        for source, state in changes.validators.items():
            self.database.set_validators(source, *state)
        digests = {source: file.digest for source, file in self.database.files().items()}
        report.duplicates = find_duplicates({name: digests[name] for name in changes.sources if name in digests})
        if self.database.generation != generation or not known:
            self.vector_index()
        return report

    def _fetch(self, urls: Sequence[str], folder: Path, rebuild: bool, progress: IndexProgress | None) -> Changes:
        if not urls:
            return Changes()
        # Imported here, since it is for those only who index URLs.
        from rag.pages import fetch_pages

        database = self.database if self.exists() and not rebuild else None

        def tell(url: str) -> None:
            if progress:
                progress(0, 0, f"fetching {url}", 0)

        return fetch_pages(urls, folder, database, self.settings, tell)

    def _refuse_nothing(self, said: Iterable[str | Path], rebuild: bool) -> None:
        """Refuse to make a library of nothing, or to throw one away for it."""
        if rebuild or not self.exists():
            raise LoadError(f"There is nothing to read in {', '.join(map(str, said))}.")

    def preview(self, *paths: str | Path, rebuild: bool = False) -> IndexReport:
        """Tell what ``index`` would do, by comparing files alone: no article is read into, nothing is changed.

        Raises:
            LoadError: a path does not exist, or is a URL.
        """
        began = time.perf_counter()
        if urls := [str(path) for path in paths if is_url(str(path))]:
            raise LoadError(f"{urls[0]}: what fetching it would bring cannot be told before; leave out --dry-run.")
        paths = self._with_uploads(paths)
        known = self.database.files() if self.exists() and not rebuild else {}
        report = preview(self._changes(paths, self._names.find(paths), known), known)
        report.seconds = time.perf_counter() - began
        return report

    def remove(self, *patterns: str) -> list[str]:
        """Remove the documents of the files that a source, path, file name or glob pattern names; return the sources.

        Raises:
            LibraryError: a pattern names nothing in the library.
            LibraryReadOnly: the library may only be read.
        """
        removed = []
        for pattern in patterns:
            sources = self.sources(pattern)
            for source in sources:
                self.database.remove(source)
            removed += sources
        self.vector_index()
        return removed

    def sources(self, pattern: str) -> list[str]:
        """Return the sources that a source, path, file name or glob pattern names.

        Raises:
            LibraryError: it names nothing in the library.
        """
        named = [source for source in self.database.files() if self._names.fits(pattern, source)]
        if not named:
            listing = command_line("rag list", library=self.folder)
            raise LibraryError(f"The library holds nothing called '{pattern}'; {listing} shows what it holds.")
        return named

    def close(self) -> None:
        """Close the database."""
        if "database" in self.__dict__:
            self.database.close()
            del self.__dict__["database"]

    def _with_uploads(self, paths: tuple[str | Path, ...]) -> tuple[str | Path, ...]:
        return (*paths, self.uploads) if self.uploads.is_dir() else paths

    def _changes(self, paths: Sequence[str | Path], found: Wanted, known: Mapping[str, File]) -> Changes:
        """Compare what was found at paths with what the database remembers of them."""
        gone = self._names.gone(paths, found, known)
        fields = parse_fields(self.settings.fields)
        changes = find_changes(found.files, known, gone, self.settings.chunk_tokens, fields)
        changes.skipped.update({source: f"{source}: {reason}." for source, reason in found.unread.items()})
        return changes

    def source(self, path: Path) -> str:
        """Return the name by which a file is known: its path, relative where it lies beside or below the library."""
        return self._names.source(path)
