"""Whether the sentence's comparisons are the sources' own."""

import re
from collections.abc import Iterator

from text_to_num import alpha2digit

from rag.attribute import Attribution

# Words of one line say the same; a comparison fails where the sources have none of its line.
SAME = tuple(
    frozenset(line.split("|"))
    for line in (
        "more than|over|above|exceeding|exceeds|exceeded|upwards of|at least",
        "less than|fewer than|under|below|at most|up to",
        "largest|biggest|greatest", "smallest|tiniest", "highest|tallest|top", "lowest", "oldest|earliest", "youngest",
        "newest|latest|most recent", "longest", "shortest", "fastest|quickest", "slowest", "strongest", "weakest",
        "best", "worst", "richest|wealthiest", "poorest", "first", "last|final", "only|sole",
        "more|increase|increased|rose|rise|grew|growth|higher|up",
        "less|fewer|decrease|decreased|fell|fall|lower|down|drop|dropped",
        "larger|bigger|greater", "smaller", "older|earlier", "younger", "newer|later", "longer", "shorter",
        "faster|quicker", "slower", "better", "worse", "cheaper", "dearer|more expensive|costlier",
        "twice|double|doubled", "half|halved",
    )
)  # fmt: skip
ORDINAL = r"(?:second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d+(?:st|nd|rd|th))"
SUPERLATIVE = re.compile(
    rf"\b(?:the|its|their|his|her|\w+['’]s?)\s+[\"“‘]?(?P<place>{ORDINAL}[\s-]+)?(?P<word>most\s+\w+|least\s+\w+|\w{{2,}}est)\b",
    re.IGNORECASE,
)
NO_SUPERLATIVE = frozenset(
    "west rest test forest interest protest request guest arrest harvest contest quest priest".split()
)
COMPARING = re.compile(
    r"\b(?:" + "|".join(sorted({word for line in SAME for word in line}, key=len, reverse=True)) + r")\b", re.IGNORECASE
)
BEFORE_NUMBER = r"\s+(?:(?:to|by|from|about|around|nearly|almost)\s+)?[$€£¥]?\d"
# "Over the phone", "shut down" and "last week" compare nothing; "over 50" and "prices went down" do.
NO_COMPARISON = re.compile(
    rf"\b(?:over|above|under|below)\b(?!{BEFORE_NUMBER})"
    rf"|(?<!\bgo)(?<!\bgoes)(?<!\bwent)(?<!\bis)(?<!\bare)(?<!\bwas)(?<!\bwere)\s(?:up|down)\b(?!{BEFORE_NUMBER})"
    r"|\blast\s+(?:\w+day|night|week|weekend|month|year|season|spring|summer|autumn|fall|winter)\b",
    re.IGNORECASE,
)


def check_comparisons(attribution: Attribution) -> bool | None:
    """Tell whether each comparative and superlative of the sentence stands in a source, in the same or like words.

    ``the largest`` fails where the source has ``the second largest``, and ``more than 500`` where it has ``500``.
    """
    sentence = attribution.sentence.text
    sources = " ".join(source.sentence.text for source, _ in attribution.sources)
    there = _comparisons(sources)
    outcomes = [any(word in line and line & there for line in SAME) for word in _comparisons(sentence)]
    ranked = set(_superlatives(sources))
    for word, below_first in _superlatives(sentence):
        others = {word} | {like for line in SAME for like in line if word in line}
        outcomes.append(any((other, below_first) in ranked for other in others))
    return all(outcomes) if outcomes else None


def has_superlative(text: str) -> bool:
    """Tell whether a text ranks something, as in ``the largest``, ``the second largest`` or ``the most ships``."""
    return any(_superlatives(text))


def _comparisons(text: str) -> set[str]:
    compared = NO_COMPARISON.sub(" ", alpha2digit(text, "en"))
    return {match.group().lower() for match in COMPARING.finditer(compared)}


def _superlatives(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each superlative with whether it is for a place below the first: ``the second largest``."""
    for match in SUPERLATIVE.finditer(text):
        if match["word"].lower() not in NO_SUPERLATIVE:
            yield match["word"].lower(), match["place"] is not None
