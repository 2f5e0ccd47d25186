"""From files to Documents: which files are articles, and which loader reads each format.

A later format joins by one entry in ``LOADERS``.
"""

import os
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TypeAlias

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load.markdown import load_markdown
from rag.load.text import load_text

__all__ = ["LOADERS", "Loader", "find_articles", "load_documents"]

Loader: TypeAlias = Callable[[bytes, str], list[Document]]
"""Reads a file's bytes, given its source; returns the Documents in it, raises LoadError."""

LOADERS: dict[str, Loader] = {".markdown": load_markdown, ".md": load_markdown, ".txt": load_text}


def find_articles(path: Path) -> list[Path]:
    """List the files to read at a path, sorted: the file itself, or all below a folder that have a loader.

    Hidden files and folders are left out, and linked folders are not entered. A single file is listed whatever its
    suffix, so that ``load_documents`` can say what is wrong with it. Raises LoadError where there is nothing at the
    path, or where a folder cannot be read: taking it for empty would make its articles seem deleted.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LoadError(f"No such file or folder: {path}.") from error
    except OSError as error:
        raise LoadError(f"Cannot read {path}: {error.strerror}; check its permissions.") from error
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise LoadError(f"Neither a file nor a folder: {path}.")
    found = []
    for folder, folders, names in os.walk(path, onerror=_refuse_folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".")]
    # Pipes, sockets and devices are told apart without being opened; Path.is_file would raise where a link leads
    # into a folder that cannot be read.
    return sorted(file for file in found if file.suffix.lower() in LOADERS and os.path.isfile(file))  # noqa: PTH113


def load_documents(data: bytes, source: str) -> list[Document]:
    """Read a file's bytes with the loader for the suffix of ``source``; at least one Document, none without text.

    Raises LoadError, one line that names the file and says what to do.
    """
    suffix = PurePath(source).suffix.lower()
    if suffix not in LOADERS:
        supported = ", ".join(sorted(LOADERS))
        kind = f"'{suffix}' files are" if suffix else "a file without a suffix is"
        raise LoadError(f"{source}: {kind} not supported; save it as one of {supported}.")
    documents = [document for document in LOADERS[suffix](data, source) if document.text.strip()]
    if not documents:
        raise LoadError(f"{source}: no text in this file; add some or leave the file out.")
    return documents


def _refuse_folder(error: OSError) -> None:
    raise LoadError(f"Cannot read folder {error.filename}: {error.strerror}; check its permissions.") from error
