"""Dates as articles have them in ISO 8601: a year, a month or a day, which stands for all of it."""

import re
from typing import TypeAlias

# The first and the last day, as text that compares as the days do: March 2025 is 2025-03-00 to 2025-03-99.
Span: TypeAlias = tuple[str, str]

WRITTEN = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:$|T)", re.ASCII)


def read_date(text: str | None) -> Span | None:
    """Return the span of a date as it was written, with or without a time of day; None where it is none."""
    written = WRITTEN.match(text or "")
    return written and whole_span(written[1])


def whole_span(date: str) -> Span:
    """Return the span of a year, a month or a day."""
    missing = len(date) - len("2025")
    return date + "-00-00"[missing:], date + "-99-99"[missing:]
