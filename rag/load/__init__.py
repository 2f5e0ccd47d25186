"""From files to Documents: which files are articles, and which loader reads each format."""

import os
from pathlib import Path

from rag.errors import LoadError
from rag.load.documents import load_documents
from rag.load.formats import LOADERS, Loader
from rag.load.member import Member

__all__ = ["LOADERS", "Loader", "Member", "find_articles", "load_documents"]


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


def _refuse_folder(error: OSError) -> None:
    raise LoadError(f"Cannot read folder {error.filename}: {error.strerror}; check its permissions.") from error
