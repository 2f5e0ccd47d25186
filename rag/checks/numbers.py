"""Whether the sources have the sentence's numbers, of the same things."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from text_to_num import alpha2digit

from rag.attribute import Attribution
from rag.checks.clauses import FIGURES, has_rival, share_of_words, split_clauses
from rag.checks.dates import mask_dates
from rag.terms import FUNCTION_WORDS, words

SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12}
QUANTITY = re.compile(
    r"(?P<money>[$€£¥])?\s?(?<![\w.,])(?P<value>\d[\d,]*(?:\.\d+)?)(?P<ordinal>st|nd|rd|th)?"
    # "4,274 m" is a height, "£2m" and "4.5m people" are millions.
    r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|bn|mn|k|(?(money)m|(?<=\d)(?<!\d{4})(?<!,\d{3})m(?=\s[a-z])))\b"
    r"|\s(?P<spelled>1000|1000000|1000000000)\b)?"
    r"[\s-]?(?P<unit>%|per\s?cent\b|[A-Za-z]+)?",
)
MONEY = {
    "$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "usd": "dollar", "eur": "euro", "gbp": "pound",
}  # fmt: skip
MEASURES = {
    written: measure
    for measure, forms in {
        "km": "km kilometre kilometres kilometer kilometers", "m": "m metre metres meter meters",
        "kg": "kg kilo kilos kilogram kilograms", "mile": "mile miles mi", "mph": "mph", "foot": "ft foot feet",
        "hour": "hour hours hr hrs h", "minute": "minute minutes min mins", "second": "second seconds sec secs",
    }.items()
    for written in forms.split()
}  # fmt: skip
KINDS = frozenset({"%", *MONEY.values(), *MEASURES.values()})
PERCENT = re.compile(r"%|per\s?cent")
# Words that make a number rough, and how far off it may then be.
ROUGHLY = re.compile(
    r"\b(?:about|around|roughly|nearly|almost|some|approximately|over|more than|under|close to)\s*$", re.I
)
ROUGH = 0.05


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what it counts or measures: ``unit`` is a stem, "%", a currency or a measure; empty for none."""

    value: float
    unit: str
    ordinal: bool
    rough: bool

    @property
    def is_kind(self) -> bool:
        """Whether the unit alone tells that another unit is another thing: money, percentages, measures."""
        return self.unit in KINDS

    def is_borne_by(self, other: "Quantity") -> bool:
        """Tell whether another quantity has the same value, and is not of another kind."""
        if self.ordinal != other.ordinal or (self.unit != other.unit and (self.is_kind or other.is_kind)):
            return False
        return abs(self.value - other.value) <= (ROUGH * other.value if self.rough else 1e-9 * abs(other.value))


def check_numbers(attribution: Attribution) -> bool | None:
    """Tell whether each number of the sentence stands in a source: in figures or words, with the same unit.

    ``1,200``, ``1200`` and ``twelve hundred`` are the same; ``8%`` is not ``8 euros``. A number fails too where a
    source that is clearly closer counts the same thing otherwise. Dates have their own check.
    """
    sources = [(source.sentence.text, source.document.title) for source, _ in attribution.sources]
    outcomes = [
        _is_borne(claimed, clause, sources) and _is_known(claimed.unit, attribution)
        for clause in split_clauses(attribution.sentence.text)
        for claimed in find_quantities(clause)
        if claimed.value != 1
    ]
    return all(outcomes) if outcomes else None


@lru_cache(maxsize=4096)
def find_quantities(text: str) -> tuple[Quantity, ...]:
    """Return the numbers of a text that are not part of a date."""
    return tuple(_quantities(mask_dates(text)))


def _quantities(text: str) -> Iterator[Quantity]:
    figures = alpha2digit(text, "en", threshold=0)
    for match in QUANTITY.finditer(figures):
        value = float(match["value"].replace(",", ""))
        value *= SCALES.get(match["scale"] or "", 1.0) * float(match["spelled"] or 1)
        yield Quantity(
            value,
            _unit(match["money"] or "", match["unit"] or ""),
            match["ordinal"] is not None,
            ROUGHLY.search(figures[: match.start()]) is not None,
        )


def _unit(money: str, unit: str) -> str:
    if money:
        return MONEY[money]
    if PERCENT.fullmatch(unit):
        return "%"
    written = unit.lower()
    if written in MONEY or written in MEASURES:
        return MONEY.get(written) or MEASURES[written]
    # "50 others" are more of what was spoken of, whatever that is.
    return words(unit)[0] if unit and written not in {*FUNCTION_WORDS, "others"} else ""


def _is_known(unit: str, attribution: Attribution) -> bool:
    """Tell whether the sources speak of the thing that is counted at all: ``19 times`` is not ``19 prisms``."""
    return not unit or unit in attribution.known or unit in KINDS


def _is_borne(claimed: Quantity, clause: str, sources: Sequence[tuple[str, str]]) -> bool:
    found = []
    for sentence, title in sources:
        known = find_quantities(sentence)
        bears = any(claimed.is_borne_by(other) for other in (*known, *find_quantities(title)))
        counts = any(claimed.unit and other.unit == claimed.unit for other in known)
        found.append((share_of_words(FIGURES.sub(" ", clause), sentence), bears, counts))
    return any(bears for _, bears, _ in found) and not has_rival(found)
