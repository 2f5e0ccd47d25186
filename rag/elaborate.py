"""What an answer goes on with behind what the model wrote: further sentences of the passage that it rests on.

They are the source's own, word for word, and the language model need not write them: a small one answers in one
sentence where people explain in three. A question that asks to explain has up to four, and so has one for several
things where they name more of them; any other has one more, and only where that may answer it as well.
benchmarks/answering.md has what was tried.
"""

import re
from collections.abc import Collection, Sequence

from rag.attribute import telling_words, words_borne
from rag.bearing import PARAGRAPH, speaks_as_fully
from rag.checks.clauses import PRONOUN
from rag.prompt import Evidence
from rag.questions import TOPIC, QuestionKind, asks_list, asks_why, number_to_name, question_kind
from rag.terms import content_words

EXPLAINED = frozenset({QuestionKind.DESCRIPTION, QuestionKind.REASON})
# Sentences of an answer, with those that the model wrote: of one that explains or lists, and of any other.
MOST_SENTENCES = 4
MOST_FACTS = 2
# Shares of the best relevance: of what belongs to an explanation, of what may name more of what is asked for, and of
# what may be the answer just as well.
EXPLAINS = 0.75
NAMES_MORE = 0.8
AS_WELL = 0.95
# Headings and captions are no sentences.
LEAST_WORDS = 3
WHOLE = re.compile(r"[.!?…。！？][\"'”’»)\]]*\Z")


def further_sentences(
    question: str, told: int, cited: Collection[tuple[str, int]], found: Sequence[Evidence]
) -> list[Evidence]:
    """Return the source sentences to quote behind an answer, in their order; none where it gives a reason.

    They stand in a chunk that the answer cites, not in a paragraph before the cited ones. One that begins with a
    pronoun is left out unless the sentence before it is cited or quoted too. Where the question asks to explain, they
    are those that bear on it best. Else they bear on it as well as the best of all and speak of it as fully as what is
    cited: nothing tells which of them is the answer. There is one such at most, unless the question asks for several
    things; then those count too that bear on it nearly as well and have a new name or number. A follow-up has none.

    Args:
        question: what was asked.
        told: how many sentences the answer has.
        cited: the places of the sentences that it cites.
        found: all that was found for the question.
    """
    explains, lists = question_kind(question) in EXPLAINED, asks_list(question)
    # In a follow-up, what was asked before has the words of its topic, and is not asked again.
    if asks_why(question) or (not explains and TOPIC.search(question)):
        return []
    most = (number_to_name(question) or MOST_SENTENCES) if explains or lists else MOST_FACTS
    rested_on = [item for item in found if item.place in cited]
    best = max((item.relevance for item in found), default=0.0)
    least = EXPLAINS if explains else NAMES_MORE if lists else AS_WELL
    further: list[Evidence] = []
    for item in sorted(found, key=lambda item: -item.relevance):
        if told + len(further) >= most or item.relevance < least * best:
            break
        before = [*rested_on, *further]
        answers = explains or (
            speaks_as_fully(question, item, rested_on)
            and (item.relevance >= AS_WELL * best or _names_more(question, item, before))
        )
        goes_on = any(_goes_on(source, item) for source in rested_on)
        if goes_on and answers and item.place not in cited and _reads_well(item, before):
            further.append(item)
    return sorted(further, key=lambda item: item.place)


def _names_more(question: str, item: Evidence, before: Sequence[Evidence]) -> bool:
    """Tell whether a sentence has a name or number that is new beside the question and the sentences before it."""
    known = frozenset(content_words(question)).union(*map(words_borne, before))
    return not telling_words(item.sentence.text) <= known


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
