"""The files that a library is made of, in its folder: a database appears whole, and one process at a time makes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from rag.database import Database
from rag.errors import LibraryError, LibraryNotFound
from rag.hints import command_line
from rag.index_report import IndexProgress
from rag.read_only import may_write

DATABASE_FILE = "library.sqlite"
VECTORS_FILE = "vectors.faiss"
LOCK_FILE = "library.lock"
UPLOADS_FOLDER = "uploads"


class LibraryFiles:
    """The files of a library; none of them has to be there.

    Args:
        folder: where they are.

    Attributes:
        database: the path of the database, which is the truth.
        vectors: the path of the vector index, which can be made from it.
        uploads: the folder of the articles that were uploaded.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / DATABASE_FILE
        self.vectors = folder / VECTORS_FILE
        self.uploads = folder / UPLOADS_FOLDER

    def exist(self) -> bool:
        """Tell whether there is a database."""
        try:
            return self.database.is_file()
        except PermissionError as error:
            raise LibraryError(f"The library's folder {self.folder} cannot be read: {error.strerror}.") from error

    def are_settled(self) -> bool:
        """Tell whether there is a database that nobody is about to replace."""
        try:
            with filelock.FileLock(self.folder / LOCK_FILE, blocking=False):
                return self.exist()
        except filelock.Timeout:
            return False
        except OSError:  # who may only read cannot lock either, and takes the library as far as it has come
            return self.exist()

    @property
    def read_only(self) -> bool:
        """Whether there is a database and this process may only read it."""
        return self.exist() and not may_write(self.database)

    def open_database(self) -> Database:
        """Open the database.

        Raises:
            LibraryNotFound: there is none yet.
        """
        if not self.exist():
            make = command_line("rag index PATH", library=self.folder)
            raise LibraryNotFound(f"There is no library in {self.folder}; make one with {make}.")
        return Database(self.database)

    def create_database(self) -> None:
        """Make an empty database."""
        # Put in its place when it is whole: one that was killed before leaves nothing that looks like a library.
        made = self.folder / f".{DATABASE_FILE}"
        Database(made, create=True).close()
        made.replace(self.database)

    def discard_database(self) -> None:
        """Throw the database away, with what SQLite keeps beside it."""
        for path in self.folder.glob(f"{DATABASE_FILE}*"):
            # A reader that ends meanwhile takes what SQLite keeps for it along.
            path.unlink(missing_ok=True)

    @contextmanager
    def locked(self, progress: IndexProgress | None) -> Iterator[None]:
        """Make the folder, and let one process at a time index into it; the others wait."""
        lock = filelock.FileLock(self.folder / LOCK_FILE)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except filelock.Timeout:
            if progress:
                progress(0, 0, "waiting for another process that indexes here", 0)
            lock.acquire()
        except OSError as error:
            raise LibraryError(
                f"The library's folder {self.folder} cannot be written ({error.strerror}); get the right to, or name "
                "another one with --library or RAG_LIBRARY."
            ) from error
        try:
            yield
        finally:
            lock.release()
