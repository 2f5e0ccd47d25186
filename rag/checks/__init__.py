"""The checks on a sentence of an answer: each looks for one way in which its sources may not bear it.

A check takes an Attribution, and tells whether it is passed; None where it does not apply.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from rag.attribute import Attribution
from rag.checks.comparisons import check_comparisons
from rag.checks.dates import check_dates
from rag.checks.names import check_names
from rag.checks.negation import check_negation
from rag.checks.numbers import check_numbers
from rag.checks.opposites import check_opposites
from rag.checks.roles import check_roles
from rag.checks.speech import check_certainty, check_speech
from rag.checks.together import check_together
from rag.checks.words import check_words

__all__ = ["CHECKS", "Check"]

Check: TypeAlias = Callable[[Attribution], bool | None]

CHECKS: Mapping[str, Check] = {
    "numbers": check_numbers,
    "dates": check_dates,
    "names": check_names,
    "negation": check_negation,
    "opposites": check_opposites,
    "roles": check_roles,
    "speech": check_speech,
    "certainty": check_certainty,
    "comparisons": check_comparisons,
    "together": check_together,
    "words": check_words,
}
