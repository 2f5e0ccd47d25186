"""The times that a question names: days, months, seasons and years, or that what is newest is wanted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rag.dates import MONTHS, Span, month_number, whole_span

BEGINNING, END = "0000", "9999"
SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11)}  # of the northern half of the earth

_MONTH = "|".join([*MONTHS, "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept?", "oct", "nov", "dec"])
_MONTH = rf"(?P<month>{_MONTH})\b\.?"
_DAY, _YEAR = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?", r"(?P<year>(?:19|20)\d\d)\b(?![,.]?\d)"
# The longest first: what one has read, the next ones do not read again.
_WRITTEN = [
    re.compile(rf"(?<![A-Za-z])(?:{pattern})", re.IGNORECASE)
    for pattern in (
        r"(?<![\d-])(?P<year>\d{4})-(?P<number>[01]\d)(?:-(?P<day>[0-3]\d))?(?![\d-])",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}",
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        rf"{_MONTH},?\s+(?:of\s+)?{_YEAR}",
        rf"(?P<season>spring|summer|autumn|fall)\s+(?:of\s+)?{_YEAR}",
        r"(?P<which>last|this)\s+(?P<season>spring|summer|autumn|fall)\b",
        rf"(?P<which>last|this)\s+{_MONTH}",
        r"(?P<which>last|this)\s+(?P<unit>week|month|year)\b",
        r"(?P<yesterday>yesterday)\b",
        rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}",
        rf"{_MONTH}\s+{_DAY}\b(?![,.]?\d)",
        rf"\b(?:in|during|of|since|until|by|before|after|late|early)\s+{_MONTH}",
        rf"(?<![\d.,-]){_YEAR}(?!-\d)",
    )
]
OPENING = 20  # letters before a time that tell whether it is a beginning or an end
_OPEN = re.compile(r"\b(since|after|before|until|by)\s+(?:the\s+|early\s+|late\s+)*$", re.IGNORECASE)
_LATEST = re.compile(
    r"\b(?:latest|newest|most\s+recent(?:ly)?|now|nowadays|current(?:ly)?|today|these\s+days|at\s+present|at\s+the\s+moment|"
    r"so\s+far|up\s+to\s+date)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AskedTime:
    """What a question says of time.

    ``spans`` are the times that it names; ``yearly`` the months and days that it names without a year, as ``03`` or
    ``03-30``. ``latest`` tells that it asks for what is newest.
    """

    spans: tuple[Span, ...] = ()
    yearly: tuple[str, ...] = ()
    latest: bool = False

    def __bool__(self) -> bool:
        return bool(self.spans or self.yearly or self.latest)

    def names(self, span: Span) -> bool:
        """Tell whether a date, as a span, lies in one of the times or shares a day with it."""
        first, last = span
        return any(first <= end and begin <= last for begin, end in self.spans) or any(
            first[len("2025-") :].startswith(day) for day in self.yearly
        )


def read_time(question: str, today: date) -> AskedTime:
    """Read the times that a question names; ``today`` is what "last month" is reckoned from.

    ``read_time("What was said in March 2025?", today).spans`` is ``(("2025-03-00", "2025-03-99"),)``.
    """
    spans: dict[Span, None] = {}
    yearly: dict[str, None] = {}
    left = question
    for pattern in _WRITTEN:
        for found in pattern.finditer(left):
            part = {name: value.lower() for name, value in found.groupdict().items() if value}
            if part.keys() & {"year", "which", "yesterday"}:
                opening = _OPEN.search(left[max(0, found.start() - OPENING) : found.start()])
                spans[_opened(_span(part, today), opening and opening[1].lower())] = None
            else:
                yearly["-".join(_month_and_day(part))] = None
        left = pattern.sub(lambda found: "#" * len(found[0]), left)
    return AskedTime(tuple(spans), tuple(yearly), _LATEST.search(left) is not None)


def _span(part: Mapping[str, str], today: date) -> Span:
    """Return the span of what a pattern has found, by the names of its groups."""
    if "yesterday" in part:
        return whole_span((today - timedelta(days=1)).isoformat())
    if "unit" in part:
        return _reckoned(part["unit"], part["which"] == "last", today)
    if "season" in part:
        first, last = SEASONS[part["season"]]
        year = part.get("year") or _year_of(last, part["which"] == "last", today)
        return f"{year}-{first:02}-00", f"{year}-{last:02}-99"
    month_and_day = _month_and_day(part)
    year = part.get("year") or _year_of(int(month_and_day[0]), part["which"] == "last", today)
    return whole_span("-".join([str(year), *month_and_day]))


def _month_and_day(part: Mapping[str, str]) -> list[str]:
    number = int(part.get("number", 0)) or month_number(part.get("month", "?"))
    return [*([f"{number:02}"] if number else []), *([f"{int(part['day']):02}"] if "day" in part else [])]


def _year_of(month: int, last: bool, today: date) -> int:
    """Return the year of this month, or of the last one that is over."""
    return today.year - 1 if last and month >= today.month else today.year


def _reckoned(unit: str, last: bool, today: date) -> Span:
    if unit == "week":
        monday = today - timedelta(days=today.weekday() + 7 * last)
        return monday.isoformat(), (monday + timedelta(days=6)).isoformat()
    if unit == "month":
        return whole_span((today.replace(day=1) - timedelta(days=1 * last)).isoformat()[: len("2025-03")])
    return whole_span(str(today.year - last))


def _opened(span: Span, opening: str | None) -> Span:
    """Return the time since, after, before or until a span."""
    first, last = span
    match opening:
        case "since":
            return first, END
        case "after":
            return last, END
        case "before":
            return BEGINNING, first
        case "until" | "by":
            return BEGINNING, last
    return span
