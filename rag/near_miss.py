"""How likely it is that something bears on a question, and which of its words speak against an answer."""

import math
from collections.abc import Sequence

from rag.answerable import best_relevance
from rag.contradictions import contradicted_words
from rag.datatypes import Hit, NearMiss
from rag.library import Library
from rag.retrieve import lexical_words

# A logistic regression on questions whose articles are in the library and others: benchmarks/near_miss.py fits it.
STEEPNESS, MIDDLE = 17.0, 0.71


def judge_search(question: str, hits: Sequence[Hit], library: Library) -> NearMiss:
    """Judge from its Hits whether a search has found anything that bears on the question."""
    _, counts = library.database.document_frequencies(lexical_words(question))
    absent = tuple(word for word, count in counts.items() if not count)
    likely = 1 / (1 + math.exp(-STEEPNESS * (best_relevance(hits) - MIDDLE)))
    return NearMiss(likely, absent, contradicted_words(question, hits))
