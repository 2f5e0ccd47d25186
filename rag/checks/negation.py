"""Whether the sentence denies what its sources say, or says what they deny."""

import re

from rag.attribute import Attribution
from rag.checks.clauses import closest_clause, split_clauses

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
# Two clauses that share fewer words than this are about different things.
LEAST_SHARED = 0.5


def check_negation(attribution: Attribution) -> bool | None:
    """Tell whether each clause of the sentence denies if, and only if, the closest clause of its sources does."""
    sources = [source.sentence.text for source, _ in attribution.sources]
    compared = []
    for clause in split_clauses(attribution.sentence.text):
        other, share = closest_clause(clause, sources)
        if share >= LEAST_SHARED and (denies(clause) or denies(other)):
            compared.append(denies(clause) == denies(other))
    return all(compared) if compared else None


def denies(clause: str) -> bool:
    """Tell whether a clause has an odd number of negations."""
    return len(NEGATION.findall(NO_DENIAL.sub(" ", clause))) % 2 == 1
