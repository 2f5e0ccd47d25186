"""What an answer goes on with where a question asks to explain: further sentences of the passage that it rests on.

They are the source's own, word for word, and the language model need not write them: a small one answers in one
sentence where people explain in three. benchmarks/answering.md has what was tried.
"""

import re
from collections.abc import Collection, Sequence

from rag.bearing import PARAGRAPH
from rag.checks.clauses import PRONOUN
from rag.prompt import Evidence, nearly_best
from rag.questions import QuestionKind, asks_why, question_kind
from rag.terms import content_words

EXPLAINED = frozenset({QuestionKind.DESCRIPTION, QuestionKind.REASON})
# Sentences of an answer, with those that the model wrote.
MOST_SENTENCES = 4
# Headings and captions are no sentences.
LEAST_WORDS = 3
WHOLE = re.compile(r"[.!?…。！？][\"'”’»)\]]*\Z")


def further_sentences(
    question: str, told: int, cited: Collection[tuple[str, int]], found: Sequence[Evidence]
) -> list[Evidence]:
    """Return the source sentences to quote behind an answer, in their order; none unless the question asks to explain.

    They stand in a chunk that the answer cites, not in a paragraph before the cited ones, and bear on the question
    nearly as well as the best of all. One that begins with a pronoun is left out unless the sentence before it is cited
    or quoted too.

    Args:
        question: what was asked.
        told: how many sentences the answer has.
        cited: the places of the sentences that it cites.
        found: all that was found for the question.
    """
    if question_kind(question) not in EXPLAINED or asks_why(question):
        return []
    rested_on = [item for item in found if item.place in cited]
    least = nearly_best(found)
    further: list[Evidence] = []
    for item in sorted(found, key=lambda item: -item.relevance):
        if told + len(further) >= MOST_SENTENCES or item.relevance < least:
            break
        goes_on = any(_goes_on(source, item) for source in rested_on)
        if goes_on and item.place not in cited and _reads_well(item, [*rested_on, *further]):
            further.append(item)
    return sorted(further, key=lambda item: item.place)


def _goes_on(source: Evidence, item: Evidence) -> bool:
    """Tell whether a sentence stands in the chunk of a source, in its paragraph or further down."""
    between = source.document.text[item.sentence.end : source.sentence.start]
    return item.chunk_id == source.chunk_id and PARAGRAPH not in between


def _reads_well(item: Evidence, beside: Sequence[Evidence]) -> bool:
    """Tell whether a source is a whole sentence and says whom it speaks of, or stands behind one that does."""
    text = item.sentence.text
    if not WHOLE.search(text) or len(content_words(text)) < LEAST_WORDS:
        return False
    return not PRONOUN.match(text) or any(other.stands_before(item) for other in beside)
