"""The names by which a library knows its files, and which files the paths that somebody gives stand for."""

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rag.changes import is_url
from rag.load.folder import find_articles


class Wanted(NamedTuple):
    """The files to read, by source, and why some others cannot be read."""

    files: dict[str, Path]
    unread: dict[str, str]


class SourceNames:
    """A file's source is its path, relative where the file lies beside or below the library.

    Args:
        library: the library's folder.
    """

    def __init__(self, library: Path) -> None:
        self._library = library

    @cached_property
    def _base(self) -> Path:
        return absolute(self._library).parent

    def source(self, path: Path) -> str:
        """Return the name by which a file is known."""
        # Strings rather than paths: this is asked of every file of a large folder.
        place = os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps '..'
        inside = place.removeprefix(os.path.join(self._base, ""))  # noqa: PTH118 - wanted: the separator at its end
        return inside if os.sep == "/" else inside.replace(os.sep, "/")

    def fits(self, pattern: str, source: str) -> bool:
        """Tell whether a source, path, file name or glob pattern names this source."""
        if pattern in {source, Path(source).name} or fnmatch(source, pattern):
            return True
        if is_url(source):
            return source.startswith(f"{pattern.rstrip('/')}/") and is_url(pattern)
        return self._path(source).is_relative_to(absolute(Path(pattern)))

    def find(self, paths: Iterable[str | Path]) -> Wanted:
        """Return the articles that files and folders hold.

        Raises:
            LoadError: a path does not exist.
        """
        files: dict[str, Path] = {}
        unread: dict[str, str] = {}
        for path in paths:
            found = find_articles(Path(path))
            files |= {self.source(file): file for file in found.files}
            unread |= {self.source(file): reason for file, reason in found.unread.items()}
        return Wanted(files, unread)

    def gone(self, paths: Sequence[str | Path], found: Wanted, known: Iterable[str]) -> list[str]:
        """Return the sources that are known and that were looked for at these paths in vain.

        What lies in a folder that cannot be read now is not taken for gone.
        """
        places = [absolute(Path(path)) for path in paths]
        unread = [self._path(source) for source in found.unread]

        def has_gone(source: str) -> bool:
            path = self._path(source)
            return any(map(path.is_relative_to, places)) and not any(map(path.is_relative_to, unread))

        return [name for name in known if name not in found.files and not is_url(name) and has_gone(name)]

    def _path(self, source: str) -> Path:
        return self._base / source


def absolute(path: Path) -> Path:
    """Return a path made absolute and free of ``..``, with symbolic links left as they are."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps '..'
