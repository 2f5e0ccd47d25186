"""A run on disk: ``run.json`` says what was measured and how, ``answers.jsonl`` holds a record for each case.

A record is on disk as soon as it is made, so that a run that was stopped goes on where it was, and it holds all that
scoring needs, so that neither the model nor the library is needed again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from filelock import FileLock, Timeout

from rag.errors import DataError
from rag.evaluate.environment import describe_machine, package_versions
from rag.evaluate.statistics import Estimate

FORMAT = 1
RUN_FILE = "run.json"
RECORDS_FILE = "answers.jsonl"

Record: TypeAlias = dict[str, Any]
Estimates: TypeAlias = dict[str, Estimate]


class Measured(Protocol):
    """A case, or a pair of claim and source."""

    @property
    def id(self) -> str:
        """The id, unique in its set."""
        ...


MeasuredT = TypeVar("MeasuredT", bound=Measured)


class CaseProgress(Protocol):
    """Is told how many cases of how many are done."""

    def __call__(self, done: int, total: int) -> None:
        """Take note of it."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """What makes two runs the same one: records made under one setup belong together.

    ``fingerprints`` are digests of what the figures depend on: data, library, encoder, model, prompts, code.
    """

    kind: str
    data: str
    settings: dict[str, Any]
    fingerprints: dict[str, Any]

    @property
    def default_folder(self) -> Path:
        """Where the run is kept if no place is named."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]
        return Path("runs") / f"{self.data}-{self.kind}-{digest}"


class Run:
    """A run in its folder.

    Args:
        folder: where it is.
        head: what ``run.json`` holds.
    """

    def __init__(self, folder: Path, head: dict[str, Any]) -> None:
        self.folder = folder
        self.head = head

    @classmethod
    def start(cls, folder: Path, setup: Setup, cases: int, skipped: int = 0) -> "Run":
        """Start a run, or go on with the one in the folder.

        Raises DataError where the folder holds a run of another setup.
        """
        if (folder / RUN_FILE).exists():
            run = cls.read(folder)
            differing = _differences(asdict(setup), {name: run.head.get(name) for name in asdict(setup)})
            if differing:
                raise DataError(
                    f"{folder} holds a run with other settings ({'; '.join(differing[:3])}); name another --out."
                )
            return run
        head = {"format": FORMAT, **asdict(setup), "cases": cases, "skipped": skipped, "started": _now()}
        run = cls(folder, head | {"finished": None, "versions": package_versions(), "machine": describe_machine()})
        folder.mkdir(parents=True, exist_ok=True)
        run._write_head()
        return run

    @classmethod
    def read(cls, folder: Path) -> "Run":
        """Read a run; raises DataError where there is none, or one of another format."""
        path = folder / RUN_FILE
        try:
            head = json.loads(path.read_bytes())
            known = head["format"] == FORMAT
        except OSError as error:
            raise DataError(f"There is no run in {folder}: {path.name} cannot be read ({error.strerror}).") from error
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} is not the description of a run.") from error
        if not known:
            raise DataError(f"{path} was written by another version of this program (format {head['format']}).")
        return cls(folder, head)

    @property
    def kind(self) -> str:
        """What was measured: retrieve, answer or verify."""
        return str(self.head["kind"])

    @property
    def finished(self) -> bool:
        """Whether every case has a record and all are scored."""
        return bool(self.head["finished"])

    @property
    def metrics(self) -> Estimates:
        """The figures over all cases, by name; empty before the run is scored."""
        return {name: Estimate(**plain) for name, plain in self.head.get("metrics", {}).items()}

    @property
    def by_kind(self) -> dict[str, Estimates]:
        """The figures over the cases of each kind."""
        kinds = self.head.get("by_kind", {}).items()
        return {kind: {name: Estimate(**plain) for name, plain in metrics.items()} for kind, metrics in kinds}

    def records(self) -> list[Record]:
        """Return the records as they were written; a last line that was cut off is left out."""
        path = self.folder / RECORDS_FILE
        if not path.exists():
            return []
        *lines, _torn = path.read_bytes().split(b"\n")
        records = []
        for number, line in enumerate(lines, start=1):
            try:
                records.append(json.loads(line))
            except ValueError as error:
                raise DataError(
                    f"{path}, line {number}: not a record; delete the line to have it made again."
                ) from error
        return records

    def complete(
        self, cases: Sequence[MeasuredT], measure: Callable[[MeasuredT], Record], progress: CaseProgress
    ) -> None:
        """Measure the cases that have no record yet, and write each record as soon as it is made.

        Raises DataError where another process is at work on the run.
        """
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                self._complete(cases, measure, progress)
        except Timeout as error:
            raise DataError(
                f"Another process is at work on {self.folder}; wait for it, or name another --out."
            ) from error

    def _complete(
        self, cases: Sequence[MeasuredT], measure: Callable[[MeasuredT], Record], progress: CaseProgress
    ) -> None:
        done = {record["id"] for record in self.records()}
        progress(len(done), len(cases))
        with (self.folder / RECORDS_FILE).open("a+b") as file:
            _cut_torn_line(file.fileno(), self.folder / RECORDS_FILE)
            for case in cases:
                if case.id in done:
                    continue
                line = json.dumps({"id": case.id} | measure(case), ensure_ascii=False)
                file.write(line.encode() + b"\n")
                file.flush()
                done.add(case.id)
                progress(len(done), len(cases))

    def finish(self, metrics: Mapping[str, Estimate], by_kind: Mapping[str, Mapping[str, Estimate]]) -> None:
        """Write the figures into ``run.json``."""
        self.head["finished"] = self.head["finished"] or _now()
        self.head["metrics"] = _plain(metrics)
        self.head["by_kind"] = {kind: _plain(of_kind) for kind, of_kind in by_kind.items()}
        self._write_head()

    def _write_head(self) -> None:
        partial = self.folder / f".{RUN_FILE}.{os.getpid()}"
        partial.write_text(json.dumps(self.head, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(self.folder / RUN_FILE)


def _cut_torn_line(descriptor: int, path: Path) -> None:
    content = path.read_bytes()
    os.ftruncate(descriptor, content.rfind(b"\n") + 1)


def _differences(wanted: Mapping[str, Any], there: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Say what is not the same, as in ``settings.llm: a, not b``."""
    found: list[str] = []
    for name in dict.fromkeys([*there, *wanted]):
        old, new = there.get(name), wanted.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differences(new, old, f"{prefix}{name}.")
        elif old != new:
            found.append(f"{prefix}{name}: {old}, not {new}")
    return found


def _plain(metrics: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(estimate) for name, estimate in metrics.items()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
