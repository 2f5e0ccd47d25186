"""The subject of a clause and what is said of it, as far as an auxiliary parts the two."""

import re
from collections.abc import Set

# Words for "not", and verbs that have it in them.
DENYING_WORD = r"\b(?:not|never|no(?:[ -]one)?|none|nobody|nothing|neither|nor|without|cannot)\b|\b\w+n['’]t\b"
DENYING_VERB = (
    r"\b(?:refus(?:e|ed|es|ing)|den(?:y|ied|ies|ying)|fail(?:s|ed)? to|reject(?:s|ed)?|declin(?:e|ed|es) to)\b"
)
AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|will|would|can|could|shall|should|may|might|must|cannot|never)\b"
    rf"|\b\w+n['’]t\b|{DENYING_VERB}",
    re.IGNORECASE,
)
# "The council of Lindau" may be "the council" in a source.
LEAST_KNOWN = 0.5


def split_predicate(clause: str) -> tuple[str, str]:
    """Return what stands before and after the first auxiliary of a clause, or a verb that denies: subject, predicate.

    Of ``The mill was not inspected`` these are ``The mill`` and ``not inspected``. Without an auxiliary there is no
    telling, and all of it is the predicate.
    """
    auxiliary = AUXILIARY.search(clause)
    return (clause[: auxiliary.start()], clause[auxiliary.end() :]) if auxiliary else ("", clause)


def are_known(terms: Set[str], known: Set[str]) -> bool:
    """Tell whether at least half of a subject's terms, or a predicate's, are known; a pronoun has none to know."""
    return len(terms & known) >= LEAST_KNOWN * len(terms)


def without_denial(text: str) -> str:
    """Return a text without its words for ``not``, which any source may have of whatever it denies."""
    return re.sub(DENYING_WORD, " ", text, flags=re.IGNORECASE)
