"""A yes/no question as the claim that it asks about, and whether a source says just that or denies it."""

import re
from collections.abc import Callable, Sequence, Set, Sized

from rag.attribute import attribute_sentence
from rag.checks.clauses import PRONOUN
from rag.checks.dates import find_dates, mask_dates
from rag.checks.names import is_demonym
from rag.checks.negation import NEGATION
from rag.checks.numbers import find_quantities
from rag.checks.speech import is_uncertain, spoken_words
from rag.irregular_verbs import base_form
from rag.prompt import Evidence
from rag.questions import plain_question
from rag.terms import FUNCTION_WORDS, WORD, content_spans, content_words, term, words
from rag.verify import verify_attribution

# The auxiliary, and what stands for a claim that follows: "is it true that", "is there".
OPENING = re.compile(
    r"\A(?P<auxiliary>\w+?)(?:n['’]t)?\b\s*(?:(?:it (?:true|the case|correct|so) that|there)\b\s*)?", re.IGNORECASE
)
# What an auxiliary adds to a claim: that it leaves open whether, or that it is done to somebody.
MODALS = frozenset("could will would shall should may might must can".split())
TO_BE = frozenset("is are was were".split())
# "Was Haverstock defeated by Dray": in a claim the auxiliary stands before the participle.
PASSIVE = re.compile(r"\b\w+(?:ed|en|wn|ght|ld|de|t|id)\b(?=.{0,60}?\bby\b)")
# Words that a question has and its answer has not.
OF_QUESTIONS = re.compile(r"\b(?:any(?:one|body|thing)?|ever|yet|already|really|actually|still)\b\s*", re.IGNORECASE)
# A claim of all is not borne by what is said of some; these words carry no content of their own.
QUANTIFIERS = frozenset("all both each every everybody everyone most more few fewer less only always".split())
# What a sentence may say besides, for each word of the claim, between the first of them and the last.
MOST_BETWEEN = 2.0
LEAD_IN_WORDS = 4  # "On Wednesday, in the old town hall,"


def claim_of(question: str) -> str:
    """Return what a yes/no question asks about, as a claim in its own words.

    ``Was Haverstock defeated by Dray?`` becomes ``Haverstock was defeated by Dray``; the verb stays as it is after
    ``did``, as in ``Tokyo accuse North Korea of forming a bloc``.
    """
    asked = plain_question(question).rstrip("? ")
    opening = OPENING.match(asked)
    assert opening is not None  # a yes/no question opens with an auxiliary
    auxiliary = opening["auxiliary"].lower()
    claim = OF_QUESTIONS.sub("", asked[opening.end() :])
    participle = PASSIVE.search(claim) if auxiliary in TO_BE else None
    if participle:
        return f"{claim[: participle.start()]}{auxiliary} {claim[participle.start() :]}"
    return f"{auxiliary} {claim}" if auxiliary in MODALS else claim


def in_words_of(claim: str, source: str) -> str:
    """Return a claim with its words in the forms that a source has: irregular verbs, and what a country's people are.

    ``Russia win`` becomes ``Russian won`` for ``The Russian team won``.
    """
    there: dict[str, str] = {term(word): word for word in WORD.findall(source) if word.lower() not in FUNCTION_WORDS}
    verbs = {base_form(stem): word for stem, word in there.items()}

    def as_there(match: re.Match[str]) -> str:
        word = match.group()
        stem = term(word)
        if stem in there or word.lower() in FUNCTION_WORDS:
            return word
        if word[0].isupper():
            plain = word.lower()
            peoples = (
                other
                for other in there.values()
                if is_demonym(plain, other.lower()) or is_demonym(other.lower(), plain)
            )
            return next(peoples, word)
        return verbs.get(base_form(stem), word)

    return WORD.sub(as_there, claim)


def claim_holds(claim: str, source: Evidence) -> bool | None:
    """Tell whether one sentence says just what is claimed, or denies it; None where that is not certain."""
    said = source.sentence.text
    claim = in_words_of(claim, said)
    if (
        PRONOUN.match(said)
        or NEGATION.search(claim)
        or spoken_words(said)
        or (is_uncertain(said) and not is_uncertain(claim))
        or not QUANTIFIERS.intersection(claim.lower().split()) <= set(said.lower().split())
        or not _stands_in_order(claim, source)
    ):
        return None
    checks = verify_attribution(attribute_sentence(claim, [source])).checks
    failed = {name for name, passed in checks.items() if not passed}
    if failed == {"negation"}:
        return False
    return None if failed else True


def _stands_in_order(claim: str, source: Evidence) -> bool:
    """Tell whether a sentence begins with what a claim begins with, and has its words in their order, with few between.

    Names of its setting may be left to the article's title.
    """
    said = source.sentence.text
    there = [*content_spans(said)]
    places = _places_in_order(claim, [stem for stem, _, _ in there], set(words(source.document.title)))
    if not places:
        return False
    first, last = places[0], places[-1]
    start, end = there[first][1], there[last][2]
    return (
        last - first + 1 <= (1 + MOST_BETWEEN) * len(places)
        and _is_lead_in(said[:start])
        and not any(_has_more(find, said[start:end], claim) for find in (find_quantities, find_dates))
    )


def _places_in_order(claim: str, stems: Sequence[str], titled: Set[str]) -> list[int]:
    """Return where the content words of a claim stand among a sentence's, each behind the one before it.

    It is empty where one stands elsewhere, or neither there nor, after the first of them, in the title.
    """
    places: list[int] = []
    for stem in content_words(claim):
        behind = range(places[-1] + 1 if places else 0, len(stems))
        place = next((place for place in behind if stems[place] == stem), None)
        if place is not None:
            places.append(place)
        elif stem in stems or stem not in titled or not places:
            return []
    return places


def _is_lead_in(before: str) -> bool:
    """Tell whether what stands before a claim's words only leads in to them, as ``On Wednesday, in the old hall,``."""
    plain = mask_dates(before)
    telling = content_words(plain)
    return not telling or (plain.rstrip().endswith(",") and len(telling) <= LEAD_IN_WORDS)


def _has_more(find: Callable[[str], Sized], said: str, claim: str) -> bool:
    claimed = len(find(claim))
    return 0 < claimed < len(find(said))
