"""Whether the sources have the sentence's words."""

import re

from text_to_num import alpha2digit

from rag.attribute import Attribution
from rag.checks.clauses import split_clauses
from rag.checks.dates import mask_dates
from rag.checks.predicates import without_denial
from rag.terms import content_words

# The best of those that benchmarks/thresholds.py compares on claims about news and encyclopaedia articles.
LEAST_COVERED = 0.65
LEAST_OF_CLAUSE = 0.2
# A clause with fewer words than this leans on those beside it.
OF_ITS_OWN = 3
# Numbers, dates and denials have checks of their own: these know that "61 per cent" is "61%", "Sunday" a date, and who
# it is that something is denied of.
NUMBER = re.compile(r"\d[\d.,]*|%|\bper\s?cent\b")


def check_words(attribution: Attribution) -> bool:
    """Tell whether the sources have nearly all of the sentence's content words, in any of their forms.

    A clause of its own that they know hardly a word of fails too, however long the rest of the sentence is.
    """
    clauses = [topic_words(clause) for clause in split_clauses(attribution.sentence.text)]
    return coverage(attribution) >= LEAST_COVERED and all(
        len(said & attribution.known) / len(said) >= LEAST_OF_CLAUSE for said in clauses if len(said) >= OF_ITS_OWN
    )


def coverage(attribution: Attribution) -> float:
    """Return the share of the sentence's content words that the sources have; 1 where it has none."""
    said = topic_words(attribution.sentence.text)
    return len(said & attribution.known) / len(said) if said else 1.0


def topic_words(text: str) -> set[str]:
    """Return the content words of a text, without its numbers, its dates and its words for ``not``."""
    return set(content_words(NUMBER.sub(" ", alpha2digit(without_denial(mask_dates(text)), "en"))))
