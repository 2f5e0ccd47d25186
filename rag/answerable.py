"""Whether what was found answers the question: search, contradicted words and the language model have a say each."""

import math
from collections.abc import Sequence

from rag.contradictions import contradicted_words
from rag.datatypes import Hit
from rag.generate import Weighed
from rag.questions import asks_why
from rag.settings import WhenUnsure

# Where no sentence is as relevant as this (from 0 to 1.5), no word of the model could carry the decision.
LEAST_RELEVANCE = 0.4
# Logistic regressions on questions to SQuAD 2.0's articles: the weights of 1, of the relevance, of the model's word and
# of its state. benchmarks/answerable.py fits those of a model whose state is not read, benchmarks/probe.py the others.
OF_WORD = (-5.3, 2.4, 1.2, 0.0)
OF_WORD_AND_STATE = (-4.4, 3.3, 0.25, 0.75)
# What a word that is said otherwise adds: benchmarks/contradictions.py fits it on all of these questions.
OF_CONTRADICTION = -2.5
REPLIES = ("yes", "no")
# Less likely answered than this, a question is refused. Of the answerable ones that the first regression was fitted to,
# that is none, 1 in 20, and 1 in 10: the highest thresholds that cost no more (benchmarks/answerable.py). Of those of
# the second it is 1 in 53, 1 in 15 and 1 in 8 (benchmarks/probe.py), for which more misleading ones are refused.
LEAST_LIKELY = {WhenUnsure.ANSWER: 0.05, WhenUnsure.BALANCED: 0.15, WhenUnsure.REFUSE: 0.25}
# A model that is wholly sure counts as this sure.
DOUBT = 1e-3


def least_likely(question: str, when_unsure: WhenUnsure) -> float:
    """Return how likely it has to be, from 0 to 1, that a question is answered.

    A "why" takes something for granted. Where that is wrong, what the articles say of it is quoted, which is more help
    than a refusal; so such a question is refused only where nobody is in doubt, or wants doubtful ones refused.
    """
    if when_unsure is WhenUnsure.BALANCED and asks_why(question):
        return LEAST_LIKELY[WhenUnsure.ANSWER]
    return LEAST_LIKELY[when_unsure]


def best_relevance(hits: Sequence[Hit]) -> float:
    """Return the relevance of the sentence that bears best on the question, from 0 to 1.5; 0 where there is none."""
    return max((relevance for hit in hits for relevance in hit.relevance), default=0.0)


def surer_yes(yes: float, no: float) -> float:
    """Return the logarithm of how much likelier the model replies "yes" than "no"."""
    return math.log((yes + DOUBT) / (no + DOUBT))


def likely_answerable(question: str, hits: Sequence[Hit], weighed: Weighed) -> float:
    """Return how likely it is, from 0 to 1, that what was found answers the question.

    ``weighed`` is what the model makes of the prompt that asks it just that; its replies are those to REPLIES.
    """
    weights = OF_WORD if weighed.answered is None else OF_WORD_AND_STATE
    figures = (1.0, best_relevance(hits), surer_yes(*weighed.replies), weighed.answered or 0.0)
    evidence = sum(weight * figure for weight, figure in zip(weights, figures, strict=True))
    if contradicted_words(question, hits):
        evidence += OF_CONTRADICTION
    return 1 / (1 + math.exp(-evidence))
