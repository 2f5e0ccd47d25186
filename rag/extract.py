"""From a file to its Documents with their sentences: all that is done to it before anything is encoded."""

import hashlib
import os
import stat
import time
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path

from rag.datatypes import Document, Sentence
from rag.errors import LoadError
from rag.load import Fields, load_documents
from rag.sentences import split_sentences

MOST_BYTES = 256_000_000
# Systems stamp files with a clock that ticks this slowly; what is written within a tick may not change the stamp.
TICK_NS = 20_000_000


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells without reading a file that it is as it was; the time of its status is what a rename changes too."""

    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> "FileState":
        """Take what is needed from what the system says."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read; where its digest is the known one, that of what was last read there, its articles are known.

    ``fields`` is what exported records call their fields, ``url`` where the file was fetched from.
    """

    source: str
    path: Path
    size: int
    known_digest: str | None = None
    fields: Fields = field(default_factory=dict)
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """What a file holds: its SHA-256, and its Documents with their sentences; None where its digest was known.

    ``skipped`` gives the reason for each file within it that cannot be read.
    """

    digest: str
    state: FileState
    articles: list[tuple[Document, list[Sentence]]] | None
    skipped: dict[str, str] = field(default_factory=dict)


def extract_file(task: Task) -> Extract:
    """Read a file's Documents and find their sentences; raises LoadError, one line that names the file."""
    data, state = read_file(task.path, task.source)
    digest = hashlib.sha256(data).hexdigest()
    if digest == task.known_digest:
        return Extract(digest, state, None)
    skipped: dict[str, str] = {}
    documents = load_documents(data, task.source, suffix=task.path.suffix, fields=task.fields, skipped=skipped)
    if task.url:
        documents = [replace(document, url=document.url or task.url) for document in documents]
    _check(documents, task.source)
    return Extract(
        digest,
        state,
        [(document, split_sentences(document.text, document.language)) for document in documents],
        skipped,
    )


def digest_file(task: Task) -> str:
    """Return the SHA-256 of a file's bytes; raises LoadError."""
    data, _ = read_file(task.path, task.source)
    return hashlib.sha256(data).hexdigest()


def read_file(path: Path, source: str) -> tuple[bytes, FileState]:
    """Return a file's bytes and its state; raises LoadError where it is none, too large, or being written."""
    try:
        # What was a file when the folder was listed may be a pipe by now; opening one must not wait for its writer.
        with open(path, "rb", opener=_open_at_once) as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise LoadError(f"{source}: a pipe, a socket, a device or a folder, no file; leave it out.")
            if before.st_size > MOST_BYTES:
                raise LoadError(
                    f"{source}: has {before.st_size / 1e6:,.0f} MB; files up to {MOST_BYTES / 1e6:.0f} MB are read, "
                    "so part it or leave it out."
                )
            data = file.read(MOST_BYTES + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise LoadError(f"{source}: cannot be read ({error.strerror}).") from error
    state = FileState.of(after)
    if FileState.of(before) != state or len(data) != state.size:
        raise LoadError(f"{source}: is being written; index it again when it is finished.")
    if abs(time.time_ns() - max(state.mtime_ns, state.ctime_ns)) < TICK_NS:
        return data, FileState(state.size, state.mtime_ns, 0)  # a time that no file has, so that it is read again
    return data, state


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check(documents: list[Document], source: str) -> None:
    """Refuse what could not be stored, whatever a loader has made of a file."""
    for document in documents:
        said = [value for value in astuple(document) if isinstance(value, str)]
        said += [place.heading for place in document.places if place.heading]
        try:
            "".join(said).encode()
        except UnicodeEncodeError as error:
            raise LoadError(f"{source}: its text holds halves of characters; save it as UTF-8.") from error
        if any("\0" in text for text in said):
            raise LoadError(f"{source}: its text holds zero bytes, so it is damaged or no text; leave it out.")
