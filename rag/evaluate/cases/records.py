"""Reads records one by one, and says where the first malformed one stands, or leaves such out and counts them."""

import codecs
import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from rag.errors import BadRecord, DataError

# How alike a name is to a field's, of 1, to be a slip: "answer" to "answers" is .92, "evidence_id" to "evidence" .84.
SLIP = 0.85


class Record(Protocol):
    """Anything that is told apart by its id."""

    @property
    def id(self) -> str:
        """The id, unique in its file."""
        ...


RecordT = TypeVar("RecordT", bound=Record)


class Problems:
    """Raises at the first malformed record, or, where they are to be skipped, counts them in ``n``."""

    def __init__(self, skip: bool) -> None:
        self.skip = skip
        self.n = 0

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Take a ValueError raised inside for a fault of the record at that place."""
        try:
            yield
        except ValueError as error:  # pydantic's ValidationError is one
            if not self.skip:
                raise BadRecord(f"{place}: {fault_of(error)}.") from error
            self.n += 1

    def nothing_left(self, path: Path) -> DataError:
        """Return the error of data that holds no usable record."""
        malformed = f", only {self.n} malformed records" if self.n else ""
        return DataError(f"{path} holds nothing to evaluate{malformed}.")


def read_records(path: Path, kind: type[RecordT], problems: Problems) -> dict[str, RecordT]:
    """Read JSON lines as dataclasses of a kind, by id; raises DataError where none is usable.

    A record may have fields of its own, but none whose name is nearly that of a field that is missing.
    """
    adapter = TypeAdapter(kind)
    records: dict[str, RecordT] = {}
    for place, line in read_lines(path):
        with problems.at(place):
            record = adapter.validate_json(line, strict=True)
            _refuse_slips(json.loads(line), record)
            add_record(records, record)
    if not records:
        raise problems.nothing_left(path)
    return records


def _refuse_slips(given: dict[str, Any], record: Record) -> None:
    fields = {field.name for field in dataclasses.fields(record)}  # type: ignore[arg-type]  # each is a dataclass
    for name in given.keys() - fields:
        for meant in get_close_matches(name.lower(), fields - given.keys(), 1, SLIP):
            raise ValueError(f"there is no field {name!r}; '{meant}' is probably meant")


def read_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the lines that are not blank, each after the words that name its place."""
    with open_data(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"{path}, line {number}", line.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")


@contextmanager
def open_data(path: Path) -> Iterator[BinaryIO]:
    """Open the file as bytes; raises DataError where it cannot be read."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def add_record(records: dict[str, RecordT], record: RecordT) -> None:
    """Add the record under its id; raises ValueError where the id is taken."""
    if record.id in records:
        raise ValueError(f"the id {record.id!r} is used twice")
    records[record.id] = record


def fault_of(error: ValueError) -> str:
    """Say in one line what is wrong with a record."""
    if not isinstance(error, ValidationError):
        return str(error)
    fault = error.errors(include_url=False)[0]
    place = ".".join(map(str, fault["loc"]))
    # A record is one line of its file, so that "line 1" would only mislead.
    message = fault["msg"].removeprefix("Value error, ").replace(" at line 1 column", " at column")
    return f"{place}: {message}" if place else message
