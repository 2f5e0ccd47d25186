"""Whether a SQLite file may be written, and, where it may only be read, how it can be and whether it stays as it is.

In WAL mode SQLite makes files beside a database even to read it. Where it may not, there are two ways
(https://sqlite.org/wal.html#read_only_databases): beside a process that writes, whose files are there; and, where no
change waits in a log, by promising SQLite that the file stays as it is ("immutable"). Nobody holds others to that
promise, so the file's state is compared before and after it is relied on.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from rag.errors import LibraryReadOnly

Identity: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells whether a database was written to: its size, its time, and whether changes wait in its log."""

    identity: Identity
    size: int
    mtime_ns: int
    logged: bool


def may_write(path: Path) -> bool:
    """Tell whether this process may write a database, and make files beside it, as SQLite does."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def read_only_error(path: Path) -> LibraryReadOnly:
    """Return the error of writing to a library that may only be read; ``path`` is its database."""
    return LibraryReadOnly(
        f"The library in {path.parent} may only be read; get the right to write there, or name another one with "
        "--library or RAG_LIBRARY."
    )


def file_identity(path: Path) -> Identity | None:
    """Return what stays the same of a file while it is written to; None where there is none."""
    state = file_state(path)
    return state.identity if state else None


def file_state(path: Path) -> FileState | None:
    """Return the state that a database is in; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return FileState((found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns, _has_log(path))


def _has_log(path: Path) -> bool:
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False
