"""Which files of a folder are articles: those that a loader reads and no ``.ragignore`` leaves out."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TypeAlias

from pathspec import Pattern, lookup_pattern

from rag.errors import LoadError
from rag.load.formats import LOADERS

IGNORE_FILE = ".ragignore"
GITS_PATTERN = lookup_pattern("gitignore")
ANY_DEPTH = -1

LINKS = {errno.ELOOP: "a link that leads round in circles", errno.ENOENT: "a link to nothing"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a ``.ragignore``, by git's rules.

    ``depth`` is how deep below the folder it looks: at names alone, at any depth, where it has no slash within (None).
    pathspec takes a pattern that fits a folder for one that fits all that is in it. That is not so where a later line
    takes the folder in again; since what is left out is never entered, looking at each name alone is enough.
    """

    base: str
    pattern: Pattern
    depth: int | None

    def fits(self, path: str, is_folder: bool) -> bool:
        """Tell whether it says anything about a file or folder."""
        place = path.removeprefix(self.base)
        if self.depth is None:
            place = place.rpartition("/")[2]
        elif self.depth >= 0 and place.count("/") != self.depth:
            return False
        return self.pattern.match_file(f"{place}/" if is_folder else place) is not None


Rules: TypeAlias = tuple[Rule, ...]
"""The last one that fits decides, those of the nearest folder before others."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files to read at a path, sorted, and what there is besides that cannot be read, with the reason."""

    files: list[Path] = field(default_factory=list)
    unread: dict[Path, str] = field(default_factory=dict)


def find_articles(path: Path) -> Found:
    """List what is to be read at a path: the file itself, or all below a folder that have a loader.

    Hidden files and folders are left out, and so is what ``.ragignore`` names, here or in a folder below, by git's
    rules; linked folders are not entered. A single file is listed whatever its name, so that ``load_documents`` can
    say what is wrong with it. Raises LoadError where there is nothing at the path, the folder cannot be read (taking
    it for empty would make its articles seem deleted), or a ``.ragignore`` cannot be followed.
    """
    if _is_file(path):
        return Found([path])
    found = Found()
    # A list of what is still to be entered rather than recursion: folders may be nested deeper than Python's stack.
    waiting: list[tuple[str, Rules]] = [(os.fspath(path), ())]
    while waiting:
        folder, rules = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError as error:
            found.unread[Path(folder)] = f"a folder that cannot be read ({error.strerror}); check its permissions"
            continue
        rules = (*rules, *_read_rules(folder, entries))
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name.startswith(".") or _is_ignored(entry.path, is_folder, rules):
                continue
            if is_folder:
                waiting.append((entry.path, rules))
            elif entry.is_symlink() and _leads_up(entry.path):
                found.unread[Path(entry.path)] = "a link that leads round in circles; leave it out"
            elif PurePath(entry.name).suffix.lower() in LOADERS:
                _take(entry, found)
    found.files.sort()
    return found


def _is_file(path: Path) -> bool:
    """Tell a file from a folder; raises LoadError where it is neither, or a folder that cannot be read."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            return True
        if not stat.S_ISDIR(mode):
            raise LoadError(f"Neither a file nor a folder: {path}.")
        os.scandir(path).close()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LoadError(f"No such file or folder: {path}.") from error
    except OSError as error:
        raise LoadError(f"Cannot read {path}: {error.strerror}; check its permissions.") from error
    return False


def _take(entry: "os.DirEntry[str]", found: Found) -> None:
    """List a file; a pipe, a socket or a device is told from one without being opened."""
    try:
        mode = stat.S_IFREG if entry.is_file(follow_symlinks=False) else entry.stat().st_mode
    except OSError as error:
        reason = LINKS.get(error.errno or 0) or f"cannot be read ({error.strerror})"
        found.unread[Path(entry.path)] = f"{reason}; leave it out"
        return
    if stat.S_ISREG(mode):
        found.files.append(Path(entry.path))
    elif not stat.S_ISDIR(mode):
        found.unread[Path(entry.path)] = "a pipe, a socket or a device, no file; leave it out"


def _leads_up(link: str) -> bool:
    """Tell whether a link leads to a folder that it lies in."""
    target = os.path.realpath(link)
    return os.path.commonpath([target, os.path.realpath(os.path.dirname(link))]) == target  # noqa: PTH120


def _read_rules(folder: str, entries: "list[os.DirEntry[str]]") -> Iterator[Rule]:
    if all(entry.name != IGNORE_FILE for entry in entries):
        return
    path = Path(folder, IGNORE_FILE)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{path} cannot be read, so what it leaves out is not known: {error}.") from error
    for number, line in enumerate(lines, start=1):
        try:
            pattern = GITS_PATTERN(line)
        except (ValueError, re.error) as error:
            raise LoadError(f"{path}, line {number}: '{line}' is no pattern of git's ({error}).") from error
        within = line.strip().removeprefix("!").rstrip("/")
        depth = within.removeprefix("/").count("/") if "/" in within else None
        if pattern.include is not None:  # else a comment, or blank
            yield Rule(os.path.join(folder, ""), pattern, ANY_DEPTH if "**" in within else depth)  # noqa: PTH118


def _is_ignored(path: str, is_folder: bool, rules: Rules) -> bool:
    last = next((rule for rule in reversed(rules) if rule.fits(path, is_folder)), None)
    return last is not None and bool(last.pattern.include)
