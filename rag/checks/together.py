"""Whether one source has together what a clause puts together, or whether it was pieced together from several."""

import re
from collections.abc import Sequence, Set

from rag.attribute import Attribution
from rag.checks.clauses import has_rival, split_clauses, words_in_place
from rag.checks.dates import check_dates, mask_dates
from rag.checks.names import find_names, knows_names
from rag.checks.numbers import check_numbers
from rag.checks.predicates import are_known, split_predicate, without_denial
from rag.checks.words import topic_words
from rag.datatypes import Sentence
from rag.prompt import Evidence
from rag.terms import FUNCTION_WORDS, WORD, content_words, words

# Two names in a row: one alone may be any word that begins a sentence.
SUBJECT = re.compile(r"[A-Z][\w'’.-]+(?:\s+[A-Z][\w'’.-]+)+")
# Of what a clause says of its names, one source must have more than this share: something of it.
LEAST_SAID = 0.0


def check_together(attribution: Attribution) -> bool | None:
    """Tell whether each clause that names somebody has a source with all its names and some of what it says of them.

    The same holds for any subject before an auxiliary: ``The dam was damaged`` fails where one source has ``The dam was
    inspected`` and another ``The mill was damaged``. ``Kim visited Tokyo`` fails where one source has ``Hegseth visited
    Tokyo`` and another ``Kim spoke``, and where the other has ``Kim left Tokyo``, since the first is clearly closer and
    of somebody else. The clause's numbers and dates may stand in other sources of the same article.
    """
    sources = [source for source, _ in attribution.sources]
    outcomes = []
    for clause in split_clauses(attribution.sentence.text):
        if names := find_names(clause, attribution):
            outcomes.append(_is_said_together(clause, names, sources))
        subject, predicate = (topic_words(part) & attribution.known for part in split_predicate(clause))
        if subject and predicate:
            outcomes.append(_is_said_of(subject, predicate, sources))
    return all(outcomes) if outcomes else None


def _is_said_together(clause: str, names: Sequence[str], sources: Sequence[Evidence]) -> bool:
    found = [
        (
            _share_said(clause, _resting_on(clause, [source])),
            _has_all(clause, names, source, sources),
            _names_others(clause, source),
        )
        for source in sources
    ]
    return any(bears for _, bears, _ in found) and not has_rival(found)


def _is_said_of(subject: Set[str], predicate: Set[str], sources: Sequence[Evidence]) -> bool:
    """Tell whether a source speaks of a subject, and has something of what is said of it."""
    return any(are_known(subject, known) and predicate & known for known in map(words_in_place, sources))


def _names_others(clause: str, source: Evidence) -> bool:
    """Tell whether a source begins with a name that the clause has not."""
    name = SUBJECT.match(source.sentence.text)
    return name is not None and set(content_words(name.group())).isdisjoint(words(clause))


def _has_all(clause: str, names: Sequence[str], source: Evidence, sources: Sequence[Evidence]) -> bool:
    alone = _resting_on(clause, [source])
    in_article = _resting_on(clause, [other for other in sources if other.document.id == source.document.id])
    return (
        knows_names(names, alone)
        and check_numbers(in_article) is not False
        and check_dates(in_article) is not False
        and _share_said(clause, alone) > LEAST_SAID
    )


def _resting_on(clause: str, sources: Sequence[Evidence]) -> Attribution:
    known = frozenset[str]().union(*map(words_in_place, sources))
    return Attribution(
        Sentence(clause, 0, len(clause)),
        tuple((source, 1.0) for source in sources),
        1.0,
        known,
        tuple(sources),
    )


def _share_said(clause: str, attribution: Attribution) -> float:
    """Return which share of a clause's words, other than names and numbers, its source has."""
    said = [
        words(word)[0]
        for word in WORD.findall(without_denial(mask_dates(clause)))
        if word[0].islower() and word not in FUNCTION_WORDS
    ]
    return sum(word in attribution.known for word in said) / len(said) if said else 1.0
