"""Waiting for changes below folders; a burst of them counts as one."""

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from rag.errors import LoadError

# A burst is over when this long nothing has happened; one that does not end is cut into pieces.
QUIET_SECONDS = 0.5
LONGEST_BURST = 10.0
LOOKING = {"opened", "closed_no_write"}


class _Listener(FileSystemEventHandler):
    def __init__(self, changes: SimpleQueue[None], ignored: Path) -> None:
        self.changes = changes
        self.ignored = ignored

    def on_any_event(self, event: FileSystemEvent) -> None:
        paths = [Path(str(path)) for path in (event.src_path, event.dest_path) if path]
        if event.event_type not in LOOKING and not all(path.is_relative_to(self.ignored) for path in paths):
            self.changes.put(None)


def watch_paths(paths: Sequence[Path], ignored: Path) -> Generator[None, None, None]:
    """Yield once when watching has begun, and then after each burst of changes at or below some paths; never ends.

    Args:
        paths: files and folders.
        ignored: a folder whose changes do not count, such as the library's own.

    Raises:
        LoadError: the system does not let them be watched.
    """
    changes: SimpleQueue[None] = SimpleQueue()
    observer = Observer()
    listener = _Listener(changes, ignored.resolve())
    try:
        for path in paths:
            # A single file is watched by its folder: many programs write a new file and rename it.
            place = path.resolve() if path.is_dir() else path.resolve().parent
            observer.schedule(listener, str(place), recursive=path.is_dir())
        observer.start()
    except OSError as error:
        raise LoadError(f"The system does not let these be watched: {error.strerror}.") from error
    try:
        yield
        while True:
            changes.get()
            began = time.monotonic()
            while time.monotonic() - began < LONGEST_BURST and _happens(changes, QUIET_SECONDS):
                pass
            yield
    finally:
        with _silent(logging.getLogger("watchdog")):
            observer.stop()
            observer.join()


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Keep watchdog from complaining, as of an error, that a change came in while its threads were being stopped."""
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _happens(changes: SimpleQueue[None], seconds: float) -> bool:
    try:
        changes.get(timeout=seconds)
    except Empty:
        return False
    return True
