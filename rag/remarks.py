"""What is said beside the sentences of an answer, in fixed words that are not verified: dates, and whose a side is."""

import re
from collections.abc import Sequence
from datetime import date

from rag.checks.dates import find_dates
from rag.dates import written_date
from rag.disagreement import Disagreement
from rag.prompt import Evidence
from rag.time_words import read_time

# Times that only the article's own date tells; days of the week and "yesterday" are read with the dates.
RECKONED = re.compile(
    r"\b(?:last|this|next|past)\s+(?:week|month|year|spring|summer|autumn|fall|winter)\b", re.IGNORECASE
)


def asks_for_newest(question: str) -> bool:
    """Tell whether a question asks for what is newest, as in ``What is the latest figure?``."""
    return read_time(question, date.today()).latest


def is_reckoned(sentence: str) -> bool:
    """Tell whether a sentence names a time that only its article's date tells: ``on Sunday``, ``last month``."""
    dates = find_dates(sentence)
    told = any(when.day for when in dates)
    return not told and (
        any(when.weekday is not None or when.offset is not None for when in dates)
        or RECKONED.search(sentence) is not None
    )


def date_remark(sources: Sequence[Evidence]) -> str:
    """Return the dates of what a sentence rests on, as ``(as of 6 April 2025)``; empty where there is none."""
    dates = sorted({source.document.date for source in sources if source.document.date})
    return f"(as of {' and '.join(map(written_date, dates))})" if dates else ""


def side_remark(disagreement: Disagreement) -> str:
    """Return whose what is said is, as ``(“Dam claim”, 5 June 2025)``; empty where both sides are in one article."""
    said, other = disagreement.said.document, disagreement.other.document
    return "" if said.id == other.id else f"({', '.join([_titled(said.title), *_dated(said.date)])})"


def introduce(disagreement: Disagreement) -> str:
    """Return what the other side's words follow, as ``“Dam dispute” (12 June 2025) says otherwise:``."""
    said, other = disagreement.said.document, disagreement.other.document
    if said.id == other.id:
        return "The same article gives another side:"
    return " ".join([_titled(other.title), *(f"({day})" for day in _dated(other.date)), "says otherwise:"])


def _titled(title: str) -> str:
    # What looks like a marker would be read as one.
    return f"“{' '.join(title.replace('[', '(').replace(']', ')').split())}”"


def _dated(day: str | None) -> list[str]:
    return [written_date(day)] if day else []
