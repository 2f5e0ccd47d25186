"""Files that people upload: checked, stored in the library's folder, and indexed like any other."""

import re
import shutil
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from fastapi import UploadFile

from rag.library import Library
from rag.load import LOADERS
from rag.server.errors import RefusedRequest

NAME_CHARACTERS = 150
UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]")


def add_uploads(library: Library, files: Sequence[UploadFile]) -> dict[str, Any]:
    """Store files and index them; one of a name that was uploaded before takes its place.

    Returns the sources that were added, updated, unchanged, and skipped with the reason; the latter are not kept.

    Raises:
        RefusedRequest: a file's name is unfit, or of a kind that is no article.
    """
    names = [_fit_name(file.filename or "") for file in files]
    # A library of its own, since the one that is read may have been replaced until this has its turn to index.
    shelf = library.reopened()
    shelf.uploads.mkdir(parents=True, exist_ok=True)
    stored = [_store(file, shelf.uploads / name) for file, name in zip(files, names, strict=True)]
    try:
        report = shelf.index()
    finally:
        shelf.close()
    sources = {shelf.source(path): path for path in stored}
    unread = report.skipped | report.left_out
    for source in unread.keys() & sources.keys():
        sources[source].unlink()
    parts = {
        "added": [*report.added, *report.moved.values()],
        "updated": report.updated,
        "unchanged": report.unchanged,
    }
    told: dict[str, Any] = {part: [source for source in of if source in sources] for part, of in parts.items()}
    skipped = {source: reason for source, reason in unread.items() if source in sources}
    return told | {"skipped": skipped, "chunks": report.chunks, "seconds": report.seconds}


def remove_file(library: Library, source: str) -> None:
    """Take a file's articles out of the library; the stored copy of one that was uploaded is deleted."""
    stored = library.uploads / PurePath(source).name
    if library.source(stored) == source:
        stored.unlink(missing_ok=True)
    library.database.remove(source)


def _fit_name(given: str) -> str:
    """Return a name that a file can have on any system, without folders."""
    name = PurePath(given.replace("\\", "/")).name
    name = UNFIT.sub("_", unicodedata.normalize("NFC", name)).strip(" .")
    suffix = PurePath(name).suffix.lower()
    if suffix not in LOADERS or not name.encode(errors="ignore").decode() == name:
        raise RefusedRequest(
            f"'{given[:100]}' cannot be read as an article; upload files of {', '.join(sorted(LOADERS))}.",
            code="unsupported_file",
            param="files",
        )
    return PurePath(name).stem[:NAME_CHARACTERS] + suffix


def _store(file: UploadFile, path: Path) -> Path:
    # Hidden until it is whole: another upload may index the folder meanwhile.
    partial = path.with_name(f".{path.name}")
    with partial.open("wb") as copy:
        shutil.copyfileobj(file.file, copy)
    return partial.replace(path)
