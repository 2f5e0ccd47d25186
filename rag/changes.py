"""What has changed since the library was last brought in step, told as far as it can be without reading files."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import LoadError
from rag.extract import FileState, Task, digest_file
from rag.index_report import IndexReport
from rag.load import Fields
from rag.stored import File

# Names that could not be shown on one line, or not be written as UTF-8.
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Changes:
    """The files of a folder, or pages of the web, against what the database remembers of them, by source.

    ``validators`` are the ETag and the time of change that the web gives the pages to read.
    """

    unchanged: list[str] = field(default_factory=list)
    to_read: list[Task] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    validators: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)

    @property
    def sources(self) -> list[str]:
        """What there is now, read or not."""
        return [*self.unchanged, *(task.source for task in self.to_read)]

    def add(self, other: "Changes") -> None:
        """Take in other changes."""
        self.unchanged.extend(other.unchanged)
        self.to_read.extend(other.to_read)
        self.gone.extend(other.gone)
        self.skipped.update(other.skipped)
        self.validators.update(other.validators)


def find_changes(
    wanted: Mapping[str, Path], known: Mapping[str, File], gone: Iterable[str], chunk_tokens: int, fields: Fields
) -> Changes:
    """Compare files with what is remembered of them; one whose size and times are the same is not read.

    Args:
        wanted: the files, by source.
        known: what is remembered, by source.
        gone: the sources that are to be removed, since there is no file any more.
        chunk_tokens: files that were split into other chunks have changed.
        fields: what exported records call their fields; another mapping alone is no change.
    """
    changes = Changes(gone=list(gone))
    for source, path in wanted.items():
        if UNFIT.search(source):
            shown = source.encode("unicode_escape", "backslashreplace").decode()
            changes.skipped[shown] = f"{shown}: the name has line ends or is not valid UTF-8; rename the file."
            changes.gone.extend([source] if source in known else [])
            continue
        try:
            state = FileState.of(path.stat())
        except OSError as error:
            changes.skipped[source] = f"{source}: cannot be read ({error.strerror})."
            changes.gone.extend([source] if source in known else [])
            continue
        file = known.get(source)
        same = file is not None and file.chunk_tokens == chunk_tokens
        if same and file is not None and state == FileState(file.size, file.mtime_ns, file.ctime_ns):
            changes.unchanged.append(source)
        else:
            changes.to_read.append(Task(source, path, state.size, file.digest if same and file else None, fields))
    return changes


def is_url(place: str) -> bool:
    """Tell the address of a page from a path."""
    return place.lower().startswith(("http://", "https://"))


def find_duplicates(digests: Mapping[str, str]) -> dict[str, str]:
    """Return the files that hold the same bytes as another one, with that one's source, the first of its kind."""
    first: dict[str, str] = {}
    return {
        source: first[digest]
        for source, digest in sorted(digests.items())
        if first.setdefault(digest, source) != source
    }


def preview(changes: Changes, known: Mapping[str, File]) -> IndexReport:
    """Tell what applying the changes would do, as far as it can be told without looking into the articles."""
    report = IndexReport(unchanged=list(changes.unchanged), skipped=dict(changes.skipped))
    gone = {known[source].digest: source for source in reversed(changes.gone)}
    digests = {source: known[source].digest for source in changes.unchanged}
    for task in changes.to_read:
        try:
            digest = digest_file(task)
        except LoadError as error:
            report.skipped[task.source] = str(error)
            continue
        digests[task.source] = digest
        if digest == task.known_digest:
            report.unchanged.append(task.source)
        elif task.source in known:
            report.updated.append(task.source)
        elif digest in gone:
            report.moved[gone.pop(digest)] = task.source
        else:
            report.added.append(task.source)
    report.removed = [source for source in changes.gone if source not in report.moved]
    report.duplicates = find_duplicates(digests)
    return report
