"""Conditions on the articles that a question is put to, such as ``date>=2025-01-01``."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import PurePosixPath

from rag.dates import Span, read_date, whole_span
from rag.errors import ConditionError


class Field(StrEnum):
    """What of a Document can be asked for."""

    DATE = "date"
    AUTHOR = "author"
    TITLE = "title"
    PUBLISHER = "publisher"
    SOURCE = "source"


class Operator(StrEnum):
    """How a field is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    BEFORE = "<"
    UNTIL = "<="
    SINCE = ">="
    AFTER = ">"
    CONTAINS = "~"


# Only dates have an order that people mean: an author is not more than another one.
ORDERED = {Operator.BEFORE, Operator.UNTIL, Operator.SINCE, Operator.AFTER}
# No further sign may follow, so that `date=>2025` and `title==Bread` are refused rather than taken for something else.
WRITTEN = re.compile(r"\s*(\w+)\s*(!=|<=|>=|=|<|>|~)(?![=<>~!])\s*(.*\S)\s*", re.DOTALL)
EXAMPLES = "such as 'date>=2025-01-01', 'author=Miriam Oakes' or 'title~missiles'"


@dataclass(frozen=True, slots=True)
class Condition:
    """A field of a Document, how it is compared, and with what.

    Text is compared without regard to case. A date may be given as a year, a month or a day, and stands for all of it:
    ``date<=2025-03`` holds until the end of March, ``date=2025`` on any day of the year. ``source=`` takes a file as
    it is listed, its name, its folder, or a glob pattern. A field that a document lacks fulfils ``!=`` alone.
    """

    field: Field
    operator: Operator
    value: str

    def __post_init__(self) -> None:
        if not self.value.strip():
            raise ConditionError(f"'{self}' has no value; write a condition {EXAMPLES}.")
        if self.operator in ORDERED and self.field is not Field.DATE:
            raise ConditionError(f"'{self}': '{self.operator}' is for dates; {self.field} is compared with =, != or ~.")
        if self.field is Field.DATE and self.operator is not Operator.CONTAINS and not _is_date(self.value):
            raise ConditionError(f"'{self}': write the date as 2025, 2025-03 or 2025-03-30.")

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Read a condition as people write it, ``FIELD OPERATOR VALUE``; white space around the parts is ignored.

        Raises:
            ConditionError: it is malformed.
        """
        parts = WRITTEN.fullmatch(text)
        if parts is None:
            raise ConditionError(
                f"'{text}' is no condition; write a field, one of = != < <= > >= ~ and a value, {EXAMPLES}."
            )
        name, operator, value = parts.groups()
        if name.lower() not in set(Field):
            raise ConditionError(f"'{text}': there is no field '{name}'; the fields are {', '.join(Field)}.")
        return cls(Field(name.lower()), Operator(operator), value)

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{self.value}"

    def holds(self, fields: Mapping[str, str | None]) -> bool:
        """Tell whether a document fulfils it; ``fields`` are the document's, by name."""
        found = fields[self.field]
        if self.operator is Operator.NOT_EQUAL:
            return found is None or not self._equals(found)
        if found is None:
            return False
        if self.operator is Operator.CONTAINS:
            return _folded(self.value) in _folded(found)
        if self.operator is Operator.EQUAL:
            return self._equals(found)
        written = read_date(found)
        return written is not None and IN_ORDER[self.operator](written, whole_span(self.value))

    def _equals(self, found: str) -> bool:
        if self.field is Field.DATE:
            written = read_date(found)
            first, last = whole_span(self.value)
            return written is not None and first <= written[0] and written[1] <= last
        if self.field is Field.SOURCE:
            path = PurePosixPath(found)
            return self.value in {found, path.name} or fnmatch(found, self.value) or path.is_relative_to(self.value)
        return _folded(found) == _folded(self.value)


# What holds of two spans of time, each its first and its last day, whichever days of them are meant.
IN_ORDER: Mapping[Operator, Callable[[Span, Span], bool]] = {
    Operator.BEFORE: lambda found, given: found[1] < given[0],
    Operator.UNTIL: lambda found, given: found[1] <= given[1],
    Operator.SINCE: lambda found, given: found[0] >= given[0],
    Operator.AFTER: lambda found, given: found[0] > given[1],
}


def _is_date(text: str) -> bool:
    if read_date(text) is None:
        return False
    try:
        date.fromisoformat(text + "-01-01"[len(text) - len("2025") :])
    except ValueError:
        return False
    return True


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", " ".join(text.split())).casefold()
