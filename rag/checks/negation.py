"""Whether the sentence denies what its sources say, or says what they deny."""

import re

from rag.attribute import Attribution
from rag.checks.clauses import paired_clauses

NEGATION = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|without|cannot|hardly|unable|refus(?:e|ed|es|ing)"
    r"|den(?:y|ied|ies|ying)|fail(?:s|ed)? to|reject(?:s|ed)?|declin(?:e|ed|es) to)\b|n['’]t\b",
    re.IGNORECASE,
)
# "No. 233", "no later than", "not only … but", "no doubt", "nothing but" deny nothing.
NO_DENIAL = re.compile(
    r"\bNo\.\s*\d|\bno (?:later|sooner|fewer|less|more|doubt)\b|\bnot (?:only|just|least)\b|\bnothing but\b",
    re.IGNORECASE,
)


def check_negation(attribution: Attribution) -> bool | None:
    """Tell whether each clause of the sentence denies if, and only if, the closest clause of its sources does."""
    compared = [
        denies(clause) == denies(other)
        for clause, other in paired_clauses(attribution)
        if denies(clause) or denies(other)
    ]
    return all(compared) if compared else None


def denies(clause: str) -> bool:
    """Tell whether a clause has an odd number of negations."""
    return len(NEGATION.findall(NO_DENIAL.sub(" ", clause))) % 2 == 1
