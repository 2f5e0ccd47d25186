"""One SQLite file, opened so that it is whole whatever happens; its errors are told in words."""

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag.errors import LibraryDamaged, LibraryError
from rag.hints import command_line
from rag.read_only import file_identity, file_state, may_write, read_only_error

BUSY_SECONDS = 30.0
PERMISSIONS = "check the permissions of the library's folder, or copy it to where you may write"
# Here the fault lies around the file rather than in it; what to do about it.
CIRCUMSTANCES = {
    sqlite3.SQLITE_BUSY: "another process is writing to it; try again when that is done",
    sqlite3.SQLITE_NOMEM: "end other programs, and try again",
    sqlite3.SQLITE_READONLY: PERMISSIONS,
    sqlite3.SQLITE_IOERR: "check the disk, and try again",
    sqlite3.SQLITE_FULL: "what was written is kept; make room, and run the command again",
    sqlite3.SQLITE_CANTOPEN: PERMISSIONS,
}


class SqliteFile:
    """A SQLite file; safe to use from several threads, and from several processes at once.

    Args:
        path: the file.
        schema: the SQL script that makes its tables.
        version: the schema's; a file of another one is refused.
        create: make the file if it is not there.

    Attributes:
        read_only: whether this process may not write it; what others write is read all the same.

    Raises:
        LibraryDamaged: the file is no database, or not one of this version.
    """

    def __init__(self, path: Path, schema: Path, version: int, *, create: bool) -> None:
        self.path = path
        self.read_only = not create and not may_write(path)
        self._lock = threading.RLock()
        try:
            self._connect("rwc" if create else "rw")
            self._prepare(schema, version, create)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _connect(self, mode: str = "ro") -> None:
        state = file_state(self.path) if self.read_only else None
        self._relied_on = state if state and not state.logged else None
        if self.read_only:
            mode = "ro&immutable=1" if self._relied_on else "ro"
        self._connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        # A server lets go of a library that was replaced when the last request that reads it has ended.
        self._disconnect = weakref.finalize(self, self._connection.close)
        self._identity = file_identity(self.path)
        self._connection.execute("PRAGMA foreign_keys = ON")
        if not self.read_only:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def _prepare(self, schema: Path, version: int, create: bool) -> None:
        with self.transaction("DEFERRED" if self.read_only else "IMMEDIATE"):
            found = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if found == 0 and create:
                for statement in _statements(schema.read_text(encoding="utf-8")):
                    self._connection.execute(statement)
                self._fill()
                self._connection.execute(f"PRAGMA user_version = {version}")
            elif found != version:
                raise LibraryDamaged(
                    f"{self.path} is not a library of this version (its schema is {found}, not {version}); "
                    f"make it anew with {self._rebuilding}."
                )

    def _fill(self) -> None:
        """Write what a new file starts with, in the transaction that makes its tables."""

    def _failure(self, error: sqlite3.Error) -> LibraryError:
        if self._has_changed():
            return self._changed()
        if advice := CIRCUMSTANCES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF):
            return LibraryError(f"The library's database {self.path} cannot be used now: {error}; {advice}.")
        return LibraryDamaged(
            f"The library's database {self.path} is damaged ({error}); "
            f"make it anew from the articles with {self._rebuilding}."
        )

    @property
    def _rebuilding(self) -> str:
        return command_line("rag index --rebuild PATH", library=self.path.parent)

    def _changed(self) -> LibraryError:
        return LibraryError(f"The library's database {self.path} was written to while it was read; try again.")

    def is_in_place(self) -> bool:
        """Tell whether the path still leads to the file that is open."""
        return file_identity(self.path) == self._identity

    def close(self) -> None:
        """Close the file."""
        self._disconnect()

    def _has_changed(self) -> bool:
        """Tell whether somebody has written to the file since it was opened as one that stays as it is."""
        state = file_state(self.path) if self._relied_on else None
        return state is not None and state.identity == self._identity and state != self._relied_on

    def _keep_up(self) -> None:
        if self._has_changed() and not self._connection.in_transaction:
            self._disconnect()
            self._connect()

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        """Do all of what is inside, or nothing of it; kind ``DEFERRED`` for reading one state of the file.

        Raises:
            LibraryReadOnly: the file may only be read, and something was to be written.
        """
        if self.read_only and kind != "DEFERRED":
            raise read_only_error(self.path)
        with self._lock:
            try:
                self._keep_up()
                self._connection.execute(f"BEGIN {kind}")
                try:
                    yield
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._failure(error) from error

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                self._keep_up()
                rows = self._connection.execute(query, values).fetchall()
                if self._has_changed():
                    raise self._changed()
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return rows


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements, since ``executescript`` would commit the transaction it runs in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
