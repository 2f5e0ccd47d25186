"""Whether the sentence denies what its sources say, or says or denies what they do not."""

import re

from rag.attribute import Attribution
from rag.checks.clauses import closest_clause, paired_clauses, split_clauses, words_in_place
from rag.checks.predicates import DENYING_VERB, DENYING_WORD, are_known, split_predicate, without_denial
from rag.checks.words import topic_words
from rag.prompt import Evidence

NEGATION = re.compile(rf"{DENYING_WORD}|{DENYING_VERB}|\b(?:hardly|unable)\b", re.IGNORECASE)
# "No. 233", "no later than", "not only … but", "no doubt", "nothing but" deny nothing.
NO_DENIAL = re.compile(
    r"\bNo\.\s*\d|\bno (?:later|sooner|fewer|less|more|doubt)\b|\bnot (?:only|just|least)\b|\bnothing but\b",
    re.IGNORECASE,
)


def check_negation(attribution: Attribution) -> bool | None:
    """Tell whether one source denies what the sentence denies, of the same, and what it says is not denied.

    ``The mill was not inspected`` fails where the sources have ``The dam was not inspected`` and ``The mill was
    damaged``; ``The dam was inspected`` fails there too, as the clause closest to it denies.
    """
    sources = [source for source, _ in attribution.sources]
    denied = [clause for clause in split_clauses(attribution.sentence.text) if denies(clause)]
    outcomes = [any(_denies_that(clause, source) for source in sources) for clause in denied]
    outcomes += [False for clause, other in paired_clauses(attribution) if clause not in denied and denies(other)]
    return all(outcomes) if outcomes else None


def denies(clause: str) -> bool:
    """Tell whether a clause has an odd number of negations."""
    return len(NEGATION.findall(NO_DENIAL.sub(" ", clause))) % 2 == 1


def _denies_that(clause: str, source: Evidence) -> bool:
    """Tell whether a source knows a clause's subject and denies its predicate, with none of its other clauses closer.

    What leaves open what it denies, as ``It did not``, is denied by any.
    """
    subject, predicate = map(without_denial, split_predicate(clause))
    if not (said := topic_words(predicate)):
        return True
    denying = [other for other in split_clauses(source.sentence.text) if denies(other)]
    _, share = closest_clause(predicate, denying)
    _, best = closest_clause(predicate, [source.sentence.text])
    known = words_in_place(source)
    return 0 < share == best and are_known(said, known) and are_known(topic_words(subject), known)
