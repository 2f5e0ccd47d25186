"""Whether the sentence's dates are those of the sources, in whatever words they are given."""

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from functools import lru_cache

from rag.attribute import Attribution
from rag.checks.clauses import FIGURES, has_rival, share_of_words, split_clauses
from rag.dates import MONTHS, month_number

WEEKDAYS = {
    name: number for number, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
}
_MONTH = (
    rf"(?P<month{{n}}>{'|'.join(MONTHS)}"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DAY = r"(?P<day{n}>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year{n}>1[5-9]\d\d|20\d\d)"


def _written(pattern: str, n: int) -> str:
    return pattern.format(month=_MONTH.format(n=n), day=_DAY.format(n=n), year=_YEAR.format(n=n))


# From the longest form to the shortest, so that none is cut short.
DATE = re.compile(
    "|".join(
        (
            r"\b(?P<iso>\d{4}-\d\d-\d\d)\b",
            _written(r"\b{day}\s+(?:of\s+)?{month}\s*,?\s+{year}\b", 1),
            _written(r"\b{month}\s+{day}\s*,?\s+{year}\b", 2),
            _written(r"\b{day}\s+(?:of\s+)?{month}\b", 3),
            _written(r"\b{month}\s+{day}\b(?!,?\d)", 4),
            _written(r"\b{month}\s*,?\s+(?:of\s+)?{year}\b", 5),
            _written(
                r"\b(?:in|since|until|by|from|last|this|next|of|early|late|mid-?)\s*{month}\b(?!\s*,?\s+(?:of\s+)?\d{{4}}\b)",
                6,
            ),
            _written(r"(?<![\d.,$€£])\b{year}\b(?![.,]?\d|\s?%|\s*(?:km|people|men|women|million))", 7),
            r"\b(?P<weekday>Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b",
            r"\b(?P<relative>today|yesterday|tomorrow)\b",
        )
    )
)
RELATIVE = {"today": 0, "yesterday": -1, "tomorrow": 1}


@dataclass(frozen=True, slots=True)
class When:
    """A date as far as it is given; ``offset`` counts the days from the article's own."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    offset: int | None = None

    def is_borne_by(self, other: "When") -> bool:
        """Tell whether another date gives all that this one does, and the same."""
        return all(own is None or own == of_other for own, of_other in zip(astuple(self), astuple(other), strict=True))


def check_dates(attribution: Attribution) -> bool | None:
    """Tell whether each date of the sentence is one of the sources'.

    What a source says of days without a year (``on Sunday``, ``yesterday``, ``6 April``) is completed by its article's
    date, the way news is written: the day named is the nearest to it.
    """
    sources = [(source.sentence.text, source.document.date) for source, _ in attribution.sources]
    outcomes = [
        _is_borne(claimed, clause, sources)
        for clause in split_clauses(attribution.sentence.text)
        for claimed in find_dates(clause)
    ]
    return all(outcomes) if outcomes else None


def _is_borne(claimed: When, clause: str, sources: Sequence[tuple[str, str | None]]) -> bool:
    found = []
    for sentence, published in sources:
        dates = find_dates(sentence)
        bears = any(claimed.is_borne_by(other) for when in dates for other in (when, complete_date(when, published)))
        found.append((share_of_words(FIGURES.sub(" ", clause), sentence), bears, bool(dates)))
    return any(bears for _, bears, _ in found) and not has_rival(found)


@lru_cache(maxsize=4096)
def find_dates(text: str) -> tuple[When, ...]:
    """Return the dates that a text gives, each as far as it gives it."""
    return tuple(filter(None, map(_read, DATE.finditer(text))))


def mask_dates(text: str) -> str:
    """Return a text with its dates blanked, so that what is left of its numbers counts something."""
    return DATE.sub(lambda match: " " * len(match.group()) if _read(match) else match.group(), text)


def _read(match: re.Match[str]) -> When | None:
    found = match.groupdict()
    if found["iso"]:
        return _from_iso(found["iso"])
    if found["weekday"]:
        return When(weekday=WEEKDAYS[found["weekday"].lower()])
    if found["relative"]:
        return When(offset=RELATIVE[found["relative"].lower()])
    parts = {
        name: next((value for key, value in found.items() if key.rstrip("1234567") == name and value), None)
        for name in ("year", "month", "day")
    }
    month = month_number(parts["month"]) if parts["month"] else None
    day = int(parts["day"]) if parts["day"] else None
    return When(int(parts["year"]) if parts["year"] else None, month, day)


def _from_iso(written: str) -> When | None:
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return _of_day(day)


def _of_day(day: date, offset: int | None = None) -> When:
    return When(day.year, day.month, day.day, day.weekday(), offset)


def complete_date(when: When, published: str | None) -> When:
    """Complete a date by that of its article, as far as the article has one that can be read."""
    try:
        day = date.fromisoformat((published or "")[:10])
    except ValueError:
        return when
    if when.offset is not None:
        return _of_day(day + timedelta(days=when.offset), when.offset)
    if when.weekday is not None:
        return _of_day(day - timedelta(days=(day.weekday() - when.weekday) % 7))
    if when.year is not None or when.month is None:
        return when
    # A month without a year is the one nearest to the article's.
    ahead = (when.month - day.month + 6) % 12 - 6
    return When(day.year + (day.month - 1 + ahead) // 12, when.month, when.day)
