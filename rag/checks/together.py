"""Whether one source has together what a clause puts together, or whether it was pieced together from several."""

from collections.abc import Sequence

from rag.attribute import Attribution, words_borne
from rag.checks.clauses import split_clauses, with_its_subject
from rag.checks.dates import check_dates, mask_dates
from rag.checks.names import check_names, find_names
from rag.checks.numbers import check_numbers
from rag.datatypes import Sentence
from rag.prompt import Evidence
from rag.terms import FUNCTION_WORDS, WORD, words

# Of what a clause says of its names, one source must have more than this share: something of it.
LEAST_SAID = 0.0


def check_together(attribution: Attribution) -> bool | None:
    """Tell whether each clause that names somebody has a source with all its names and some of what it says of them.

    ``Kim visited Tokyo`` fails where one source has ``Hegseth visited Tokyo`` and another ``Kim spoke``. The clause's
    numbers and dates may stand in other sources of the same article.
    """
    clauses = [clause for clause in split_clauses(attribution.sentence.text) if find_names(clause, attribution)]
    if not clauses:
        return None
    sources = [source for source, _ in attribution.sources]
    return all(any(_has_all(clause, source, sources) for source in sources) for clause in clauses)


def _has_all(clause: str, source: Evidence, sources: Sequence[Evidence]) -> bool:
    alone = _resting_on(clause, [source])
    in_article = _resting_on(clause, [other for other in sources if other.document.id == source.document.id])
    return (
        check_names(alone) is not False
        and check_numbers(in_article) is not False
        and check_dates(in_article) is not False
        and _share_said(clause, alone) > LEAST_SAID
    )


def _resting_on(clause: str, sources: Sequence[Evidence]) -> Attribution:
    known: set[str] = set()
    for source in sources:
        known |= words_borne(source) | set(words(with_its_subject(source))) | set(words(source.document.title))
    return Attribution(
        Sentence(clause, 0, len(clause)), tuple((source, 1.0) for source in sources), 1.0, frozenset(known)
    )


def _share_said(clause: str, attribution: Attribution) -> float:
    """Return which share of a clause's words, other than names and numbers, its source has."""
    said = [
        words(word)[0] for word in WORD.findall(mask_dates(clause)) if word[0].islower() and word not in FUNCTION_WORDS
    ]
    return sum(word in attribution.known for word in said) / len(said) if said else 1.0
