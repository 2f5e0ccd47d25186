"""Whether what was found answers the question: search, contradicted words and the language model have a say each."""

import math
from collections.abc import Sequence

from rag.contradictions import contradicted_words
from rag.datatypes import Hit, WhenUnsure

# Where no sentence is as relevant as this (from 0 to 1.5), no word of the model could carry the decision.
LEAST_RELEVANCE = 0.4
# A logistic regression on questions to SQuAD 2.0's articles: benchmarks/answerable.py fits it and keeps the run.
INTERCEPT, OF_RELEVANCE, OF_MODEL = -5.3, 2.4, 1.2
# What a word that is said otherwise adds: benchmarks/contradictions.py fits it on all of these questions.
OF_CONTRADICTION = -2.5
REPLIES = ("yes", "no")
# Less likely answered than this, a question is refused. Of the answerable ones among those that the regression was
# fitted to, that is none, 1 in 20, and 1 in 10: the highest thresholds that cost no more (benchmarks/answerable.py).
LEAST_LIKELY = {WhenUnsure.ANSWER: 0.05, WhenUnsure.BALANCED: 0.15, WhenUnsure.REFUSE: 0.25}
# A model that is wholly sure counts as this sure.
DOUBT = 1e-3


def best_relevance(hits: Sequence[Hit]) -> float:
    """Return the relevance of the sentence that bears best on the question, from 0 to 1.5; 0 where there is none."""
    return max((relevance for hit in hits for relevance in hit.relevance), default=0.0)


def likely_answerable(question: str, hits: Sequence[Hit], yes: float, no: float) -> float:
    """Return how likely it is, from 0 to 1, that what was found answers the question.

    ``yes`` and ``no`` are how likely the model gives each of the REPLIES to the prompt that asks it just that.
    """
    evidence = INTERCEPT + OF_RELEVANCE * best_relevance(hits) + OF_MODEL * math.log((yes + DOUBT) / (no + DOUBT))
    if contradicted_words(question, hits):
        evidence += OF_CONTRADICTION
    return 1 / (1 + math.exp(-evidence))
