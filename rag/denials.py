"""What the articles say that nobody and nothing does: an answer too, to a question that takes it for granted."""

import re
from collections.abc import Sequence

from rag.answer_type import HOW_MANY
from rag.bearing import opening_of
from rag.checks.clauses import split_clauses
from rag.checks.negation import NEGATION, NO_DENIAL
from rag.prompt import Evidence, nearly_best
from rag.questions import QuestionKind, question_kind
from rag.terms import content_words, words

# What begins a clause that says so: "Nobody has been arrested", "None of the boats sank", "No country protested".
NOBODY = re.compile(
    r"\W*(?:(?:but|and|that)\s+)?(?:nobody|no[- ]one|none|nothing|neither|no(?!\s+longer\b))\b",
    re.IGNORECASE,
)
# The share of such a clause's words that the question has, or its article's opening.
LEAST_SHARED = 0.5


def find_denial(question: str, found: Sequence[Evidence]) -> Evidence | None:
    """Return the sentence that denies what a question takes for granted, if one was found.

    Of ``Who was arrested for the fraud?`` it is ``Nobody has been arrested so far.`` in an article on that fraud: a
    clause of it has all that is asked beyond what the article's opening says, and little else.
    """
    if question_kind(question) in {QuestionKind.YES_NO, QuestionKind.CHOICE} or NEGATION.search(question):
        return None
    least = nearly_best(found)
    denying = [item for item in found if item.relevance >= least and _denies(question, item)]
    return max(denying, key=lambda item: item.relevance, default=None)


def _denies(question: str, item: Evidence) -> bool:
    asked = set(content_words(HOW_MANY.sub(" ", question)))
    opening = set(words(opening_of(item.document)))
    beyond = asked - opening
    for clause in filter(NOBODY.match, split_clauses(NO_DENIAL.sub(" ", item.sentence.text))):
        said = set(content_words(NOBODY.sub(" ", clause, count=1)))
        if beyond and beyond <= said and len(said & (asked | opening)) >= LEAST_SHARED * len(said):
            return True
    return False
