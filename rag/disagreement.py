"""Where sources say otherwise than what an answer rests on: other figures or dates, or one denies what another says."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from rag.attribute import Attribution
from rag.checks.clauses import share_of_words, split_clauses
from rag.checks.dates import When, complete_date, find_dates, mask_dates
from rag.checks.negation import NEGATION, denies
from rag.checks.numbers import Quantity, find_quantities
from rag.checks.speech import SAYING, is_uncertain, spoken_words
from rag.checks.words import topic_words
from rag.dates import read_date
from rag.prompt import Evidence
from rag.terms import FUNCTION_WORDS, WORD, content_words, words

# Two clauses are about the same where they share this many words and this share of the shorter one's, or where this
# share of each one's words are the question's.
LEAST_SHARED = 2
LEAST_SHARE = 0.6
# An answer takes a clause from its source where it has this share of the clause's words.
LEAST_TAKEN = 0.5
# What says otherwise bears on the question at least this much as well as what is said.
NEARLY = 0.8
# Numbers one of which is rough differ by at least this share.
ROUGHLY_APART = 0.25
# "The guild denies this.", "The director rejected the finding.": what such a sentence disputes stands before it.
DISPUTE = re.compile(
    r"(?<!not )\b(?:den(?:y|ies|ied)|disput(?:es?|ed)|rejects?|rejected|contradict(?:s|ed)?|refut(?:es?|ed))"
    r"\s+(?:this|that|these|those|it|them|(?:the|this|that)\s+(?:claim|charge|finding|figure|number|accusation|allegation|report)s?)"
    r"\s*[.,;]",
    re.IGNORECASE,
)
# "Tidewright puts the loss at 9%."
PUT = re.compile(r"\b(?:puts?|putting)\b[^.;]+?\bat\b|\bestimates?\b|\bestimated\b", re.IGNORECASE)
VIEW = re.compile(r"\b(?:advis|recommend|urg)(?:es?|ed|ing)?\b|\b(?:view|opinion)s?\b", re.IGNORECASE)
SIDES = re.compile(r";\s|,?\s(?:but|while|whereas)\s")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A source sentence that an answer rests on and one that says otherwise: the same where it gives both sides."""

    said: Evidence
    other: Evidence


@dataclass(frozen=True, slots=True)
class _Clause:
    """A clause without who says it; ``topic`` are its content words, without figures and negations."""

    text: str
    source: Evidence
    topic: frozenset[str]


def find_disagreement(attribution: Attribution, found: Sequence[Evidence], question: str) -> Disagreement | None:
    """Find what says otherwise than a sentence of an answer: what disputes it, else the first of what was found.

    One article that gives two figures, or affirms and denies, tells things apart: it disagrees with itself only where
    it reports what others say. Of different articles each speaks for itself. Figures of different times, places or
    units, and what is certain and what may be, do not disagree.
    """
    asked = set(content_words(question))
    sources = [source for source, _ in attribution.sources]
    for source in sources:
        for other in found:
            if _disputes(other, source) or _disputes(source, other):
                return Disagreement(source, other)
    for source in sources:
        if gives_both_sides(source.sentence.text):
            return Disagreement(source, source)
    taken = [clause for source in sources for clause in _taken(source, attribution.sentence.text)]
    for other in found:
        for clause in taken:
            if _says_otherwise(clause, other, asked):
                return Disagreement(clause.source, other)
    return None


def gives_both_sides(sentence: str) -> bool:
    """Tell whether a sentence gives two figures for one thing, as in ``Oslo says 180 km; Bergen puts it at 310 km``."""
    sides = [side for side in SIDES.split(sentence) if _is_reported(side)]
    return len(sides) > 1 and _figures_differ(sides[0], sides[-1]) and PUT.search(sides[-1]) is not None


def is_dispute(sentence: str) -> bool:
    """Tell whether a sentence disputes the one before it, as ``The guild denies this.`` does."""
    return DISPUTE.search(sentence) is not None


def _disputes(other: Evidence, source: Evidence) -> bool:
    return source.stands_before(other) and is_dispute(other.sentence.text)


def _taken(source: Evidence, sentence: str) -> Iterator[_Clause]:
    """Yield the clauses of a source that a sentence of an answer takes: it has their words, or a figure of theirs."""
    figures = find_quantities(sentence)
    for clause in _clauses(source):
        has_figure = any(_is_same(own, other) for own in find_quantities(clause.text) for other in figures)
        if has_figure or share_of_words(clause.text, sentence) >= LEAST_TAKEN:
            yield clause


def _clauses(source: Evidence) -> Iterator[_Clause]:
    for clause in split_clauses(source.sentence.text):
        text = spoken_words(clause) or clause
        yield _Clause(text, source, frozenset(topic_words(NEGATION.sub(" ", text)) - SAYING))


def _says_otherwise(said: _Clause, other: Evidence, asked: Set[str]) -> bool:
    source = said.source
    beside = source.stands_before(other) or other.stands_before(source)
    if source == other or not (beside or said.topic & set(content_words(other.sentence.text))):
        return False
    if source.document.id == other.document.id:
        if not (_is_reported(other.sentence.text) and _is_reported(source.sentence.text)):
            return False
        if beside and PUT.search(other.sentence.text) and _figures_differ(said.text, other.sentence.text):
            return True
    return other.relevance >= NEARLY * source.relevance and any(
        differ(said, clause)
        for clause in _clauses(other)
        if _same_topic(said, clause, asked)
        for differ in (_other_figure, _other_date, _denial)
    )


def _is_reported(text: str) -> bool:
    return bool(spoken_words(text) or PUT.search(text) or VIEW.search(text))


def _same_topic(one: _Clause, two: _Clause, asked: Set[str]) -> bool:
    shared = one.topic & two.topic
    if not shared or (_names(one) - two.topic and _names(two) - one.topic):
        return False
    shorter = min(len(one.topic), len(two.topic))
    if len(shared) >= LEAST_SHARED and len(shared) >= LEAST_SHARE * shorter:
        return True
    return all(len(clause.topic & asked) >= LEAST_SHARE * len(clause.topic) for clause in (one, two))


def _names(clause: _Clause) -> set[str]:
    return {
        words(word)[0]
        for word in WORD.findall(mask_dates(clause.text))
        if word[0].isupper() and word.lower() not in FUNCTION_WORDS
    }


def _other_figure(one: _Clause, two: _Clause) -> bool:
    return (
        _figures_differ(one.text, two.text)
        and is_uncertain(one.text) == is_uncertain(two.text)
        and _same_year(one.source, two.source)
        and _agree(_dates(one.source.sentence.text, one.source), _dates(two.source.sentence.text, two.source))
    )


def _figures_differ(one: str, two: str) -> bool:
    """Tell whether a number of one text stands in the other with the same unit and another value, and not as it is."""
    figures = find_quantities(two)
    return any(
        counted and not any(_is_same(own, other) for other in counted)
        for own in find_quantities(one)
        if own.unit and (counted := [other for other in figures if _is_comparable(own, other)])
    )


def _is_comparable(one: Quantity, two: Quantity) -> bool:
    return one.unit == two.unit and one.ordinal == two.ordinal


def _is_same(one: Quantity, two: Quantity) -> bool:
    apart = ROUGHLY_APART if one.rough or two.rough else 0.0
    return _is_comparable(one, two) and abs(one.value - two.value) <= apart * max(one.value, two.value)


def _other_date(one: _Clause, two: _Clause) -> bool:
    # With another figure too, each is the figure of its time.
    if _figures_differ(one.text, two.text):
        return False
    shared = len(one.topic & two.topic)
    alike = shared >= LEAST_SHARED and shared >= LEAST_SHARE * max(len(one.topic), len(two.topic))
    return alike and not _agree(_dates(one.text, one.source), _dates(two.text, two.source))


def _denial(one: _Clause, two: _Clause) -> bool:
    return denies(one.text) != denies(two.text) and _same_year(one.source, two.source)


def _dates(text: str, source: Evidence) -> list[When]:
    """Return the dates of a text that name a month or a year, completed by that of its article.

    The days of the week are mostly those on which something was said.
    """
    return [complete_date(when, source.document.date) for when in find_dates(text) if when.year or when.month]


def _agree(ones: Sequence[When], others: Sequence[When]) -> bool:
    """Tell whether some date of each is the same as far as both are given; where one has none, they do."""
    pairs = [(one, other) for one in ones for other in others]
    return not pairs or any(one.is_borne_by(other) or other.is_borne_by(one) for one, other in pairs)


def _same_year(one: Evidence, other: Evidence) -> bool:
    """Tell whether two source sentences may speak of one year: one that they name, else that of their article."""
    years, others = _years(one), _years(other)
    return not years or not others or bool(years & others)


def _years(source: Evidence) -> set[str]:
    named = {f"{when.year}" for when in _dates(source.sentence.text, source) if when.year}
    published = read_date(source.document.date)
    return named or ({published[0][: len("2025")]} if published else set())
