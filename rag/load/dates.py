"""Dates as formats write them, as ISO 8601."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

READERS: tuple[Callable[[str], date], ...] = (date.fromisoformat, datetime.fromisoformat, parsedate_to_datetime)
MILLISECONDS_FROM = 1e11  # as seconds the year 5138


def iso_date(written: str) -> str:
    """Return a date of ISO 8601 or of a mail's header in ISO 8601; what is neither stays as it is written."""
    for read in READERS:
        try:
            return read(written.strip()).isoformat()
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return written


def iso_date_of_stamp(stamp: float) -> str | None:
    """Return the moment that many seconds or milliseconds after 1970, None where it is no year of four digits."""
    try:
        moment = datetime.fromtimestamp(stamp / (1000 if abs(stamp) >= MILLISECONDS_FROM else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(microsecond=0).isoformat()
