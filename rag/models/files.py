"""Bytes on their way to disk: how far they are, whether there is room, what their SHA-256 is."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from rag.errors import ModelUnavailable

_BLOCK = 1 << 20


class Progress(Protocol):
    """Is told what is happening and how many bytes of how many are done; ``total`` is 0 where it is not known."""

    def __call__(self, done: int, total: int, activity: str) -> None:
        """Take note of it; called often, so it must be quick."""
        ...


def ignore_progress(done: int, total: int, activity: str) -> None:
    """Be the Progress of a caller who wants none."""


def count_from(before: int, total: int, activity: str, progress: Progress) -> Callable[[int], None]:
    """Return what takes the bytes of one piece so far and tells ``progress`` those of the whole."""
    return lambda done: progress(min(before + done, total), total, activity)


def format_bytes(count: int) -> str:
    """Return a size for people, in decimal megabytes or gigabytes."""
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def hash_file(path: Path, progress: Progress) -> str:
    """Return the SHA-256 of a file, as lower-case hex."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            done += len(block)
            progress(done, total, f"checking {path.name}")
    return digest.hexdigest()


def size_on_disk(path: Path) -> int:
    """Return the size of a file, 0 if there is none."""
    return path.stat().st_size if path.is_file() else 0


def open_partial(path: Path) -> BinaryIO:
    """Open a file that is being fetched, to write behind what an earlier attempt left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


def require_space(folder: Path, needed: int, name: str) -> None:
    """Raise ModelUnavailable where the disk of ``folder`` has fewer free bytes than are needed for a model."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelUnavailable(
            f"{name} needs {format_bytes(needed)} on the disk of {folder}, where {format_bytes(free)} are free: "
            "make room, or name a folder on another disk with --models or RAG_MODELS."
        )
