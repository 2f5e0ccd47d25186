"""Dates as articles have them, in ISO 8601, which a year, a month or a day stand for, and as people write them."""

import re
from typing import TypeAlias

# The first and the last day, as text that compares as the days do: March 2025 is 2025-03-00 to 2025-03-99.
Span: TypeAlias = tuple[str, str]

MONTHS = "January February March April May June July August September October November December".split()

WRITTEN = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:$|T)", re.ASCII)


def read_date(text: str | None) -> Span | None:
    """Return the span of a date as it was written, with or without a time of day; None where it is none."""
    written = WRITTEN.match(text or "")
    return written and whole_span(written[1])


def whole_span(date: str) -> Span:
    """Return the span of a year, a month or a day."""
    missing = len(date) - len("2025")
    return date + "-00-00"[missing:], date + "-99-99"[missing:]


def month_number(name: str) -> int | None:
    """Return the number of a month, from 1, by its name or how that is shortened: ``Sept.`` is 9; None for no month."""
    begun = name[: len("Jan")].title()
    return next((number for number, month in enumerate(MONTHS, start=1) if month[: len("Jan")] == begun), None)


def written_date(date: str) -> str:
    """Return a date as it is written in prose: ``2025-03-30`` is ``30 March 2025``; what is none stays as it is."""
    found = WRITTEN.match(date)
    if not found:
        return date
    year, *rest = found[1].split("-")
    if not rest or not 1 <= int(rest[0]) <= len(MONTHS):
        return year
    return " ".join([*(f"{int(day)}" for day in rest[1:]), MONTHS[int(rest[0]) - 1], year])
