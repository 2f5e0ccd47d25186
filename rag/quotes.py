"""Source sentences that are quoted, word for word, in place of one that they bear only in part."""

from collections.abc import Sequence

from rag.answer_text import quote_source
from rag.attribute import Attribution, telling_words, words_borne
from rag.bearing import best_quote, better_quote, has_relation, may_answer
from rag.checks.clauses import PRONOUN
from rag.prompt import LEAST_SHARE, Evidence
from rag.terms import content_words


def quotes_instead(attribution: Attribution, evidence: Sequence[Evidence], question: str) -> list[Attribution]:
    """Return the quotes in place of a sentence that is borne in part; none where no source bears on the question.

    They are the source that bears most of what the sentence adds to the question, and one more of the same article if
    that has a name or number which the first lacks; one of the question's only if it bears on this more than the first.
    A first source that does not bear on the question gives way to the one that has most of the question's words, or is
    clearly more relevant.
    """
    chief = _chief_source(attribution, question)
    is_relevant = chief.relevance >= LEAST_SHARE * max(item.relevance for item in evidence)
    if not (is_relevant and has_relation(question, chief) and may_answer(question, chief)):
        other = best_quote(question, evidence)
        if other is None and not (is_relevant and may_answer(question, chief)):
            return []
        other = other or better_quote(question, chief, evidence)
        if other:
            return quote_with_subject(other, evidence)
    if PRONOUN.match(chief.sentence.text):
        return quote_with_subject(chief, evidence)
    lacking = telling_words(attribution.sentence.text) - words_borne(chief)
    asked = set(content_words(question))
    further = [
        item
        for item, _ in attribution.sources
        if item.document.id == chief.document.id
        and (found := lacking & words_borne(item))
        and (item.relevance > chief.relevance or not found <= asked)
    ]
    return [quote_source(source) for source in (chief, *further[:1])]


def quote_with_subject(source: Evidence, evidence: Sequence[Evidence]) -> list[Attribution]:
    """Return a source sentence word for word, below the one before it where it begins with a pronoun."""
    needs_before = PRONOUN.match(source.sentence.text) is not None
    before = [item for item in evidence if needs_before and item.stands_before(source)]
    return [quote_source(item) for item in (*before[:1], source)]


def _chief_source(attribution: Attribution, question: str) -> Evidence:
    """Return the source with most of what a sentence adds to its question, then of the sentence, the most relevant."""
    added = set(content_words(attribution.sentence.text)) - set(content_words(question))
    chief, _ = max(
        attribution.sources, key=lambda pair: (len(added & words_borne(pair[0])), pair[1], pair[0].relevance)
    )
    return chief
