"""Yes/no questions: each is a claim, which the articles' own words bear or deny; no language model is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.attribute import words_borne
from rag.bearing import PARAGRAPH, document_words, opening_of
from rag.checks.clauses import PRONOUN, closest_clause
from rag.checks.dates import mask_dates
from rag.checks.names import TOLD_APART
from rag.checks.negation import denies
from rag.claims import claim_holds, claim_of, in_words_of
from rag.compose import REFUSAL, Composed, compose_quotes
from rag.datatypes import Document, Refusal
from rag.disagreement import is_dispute
from rag.prompt import Evidence
from rag.terms import content_words, words

# The share of a claim's content words that a sentence needs, and that it needs together with its setting.
LEAST_SHARE = 0.5
LEAST_IN_SETTING = 0.7
# What has half of the words is an answer too if it means the same, as far as the encoder can tell (from 0 to 1.5).
CLEARLY_RELEVANT = 0.9
# What says the contrary is quoted too where it is nearly as relevant.
NEARLY = 0.8
NAME = re.compile(r"\b[A-Z][\w'’-]*")
# What has the rest of a claim and leaves this much to the sentence before: "Russia did not protest against it."
REFERENCE = re.compile(r"\b(?:it|him|them)\b")
OPENINGS = {True: "Yes:", False: "No:", None: ""}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the articles say to a yes/no question: the sentences that bear on it, as they are to be read.

    ``holds`` tells whether it is so; None where they leave that open, let somebody claim it, or disagree.
    """

    holds: bool | None
    sources: tuple[Evidence, ...]


def answer_yes_no(question: str, evidence: Sequence[Evidence]) -> Composed:
    """Answer a yes/no question in the sources' own words, or refuse to.

    ``Yes`` or ``No`` is said only where the words of one sentence make it certain.
    """
    if not evidence:
        return Composed(REFUSAL, Refusal.NOTHING_FOUND)
    ruling = rule_on_claim(claim_of(question), evidence)
    if ruling is None:
        return Composed(REFUSAL, Refusal.NOT_ANSWERED)
    return compose_quotes(ruling.sources, OPENINGS[ruling.holds], question=question, found=evidence)


def rule_on_claim(claim: str, evidence: Sequence[Evidence]) -> Ruling | None:
    """Find the sentences that bear on a claim and what they make of it; None where none has enough of its words."""
    bearing = [item for item in evidence if content_words(claim) and _bears_on(claim, item)]
    if not bearing:
        return None
    best = max(bearing, key=lambda item: item.relevance)
    contrary = [item for item in evidence if _is_contrary(claim, item, best)]
    if contrary:
        other = max(contrary, key=lambda item: item.relevance)
        return Ruling(None, (*_with_neighbours(claim, best, evidence), *_with_neighbours(claim, other, evidence)))
    sources = _with_neighbours(claim, best, evidence)
    return Ruling(claim_holds(claim, best) if len(sources) == 1 else None, sources)


def _bears_on(claim: str, item: Evidence) -> bool:
    """Tell whether a sentence has enough of a claim's words, and its article all of the names.

    A short sentence may leave to its article's opening what that is about, if it has most of what the claim adds.
    """
    if not _knows_names(claim, item):
        return False
    own = _share(in_words_of(claim, item.sentence.text), item)
    if own >= LEAST_SHARE and item.relevance >= CLEARLY_RELEVANT:
        return True
    opening, setting = opening_of(item.document), _setting(item)
    added = _share(in_words_of(claim, f"{opening} {item.sentence.text}"), item, without=opening)
    in_setting = _share(in_words_of(claim, setting), item, setting)
    least = LEAST_SHARE if added <= LEAST_SHARE else LEAST_SHARE / 2
    return added > 0 and own >= least and in_setting >= LEAST_IN_SETTING


def _share(claim: str, item: Evidence, setting: str = "", without: str = "") -> float:
    """Return which share of a claim's content words a sentence has, alone or with its setting; 1 where it has none."""
    said = set(content_words(claim)) - set(words(without))
    known = words_borne(item) | set(words(setting))
    return len(said & known) / len(said) if said else 1.0


def _knows_names(claim: str, item: Evidence) -> bool:
    if any(match.group() not in _setting(item) for match in TOLD_APART.finditer(claim)):
        return False
    names = " ".join(match.group() for match in NAME.finditer(mask_dates(claim)))
    return _has_names(names, item.document)


@lru_cache(maxsize=256)
def _has_names(names: str, document: Document) -> bool:
    return set(content_words(in_words_of(names, document.text))) <= document_words(document)


def _setting(item: Evidence) -> str:
    """Return what a sentence is told within, itself included: its article's opening, and its paragraph so far."""
    text = item.document.text
    start = text.rfind(PARAGRAPH, 0, item.sentence.start) + 1
    return f"{opening_of(item.document)} {text[start : item.sentence.end].strip()}"


def _is_contrary(claim: str, item: Evidence, best: Evidence) -> bool:
    """Tell whether a sentence of another article denies what the best one says, or says what it denies."""
    if item.document.id == best.document.id or item.relevance < NEARLY * best.relevance:
        return False
    ours, share = closest_clause(claim, [item.sentence.text])
    theirs, _ = closest_clause(claim, [best.sentence.text])
    return share >= LEAST_SHARE and denies(ours) != denies(theirs)


def _with_neighbours(claim: str, item: Evidence, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Return a sentence, below what its pronoun stands for, and above what goes on with the claim or disputes it."""
    needs_before = PRONOUN.match(item.sentence.text) is not None
    missing = set(content_words(in_words_of(claim, item.sentence.text))) - words_borne(item)

    def goes_on(other: Evidence) -> bool:
        text = other.sentence.text
        refers_back = bool(missing) and REFERENCE.search(text) is not None and missing <= words_borne(other)
        return refers_back or is_dispute(text)

    before = [other for other in evidence if needs_before and other.stands_before(item)]
    after = [other for other in evidence if item.stands_before(other) and goes_on(other)]
    return (*before[:1], item, *after[:1])
