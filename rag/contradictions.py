"""Words of a question that what was found says otherwise: a number, an opposite, a denial."""

import re
from collections.abc import Iterator, Sequence

from text_to_num import alpha2digit

from rag.checks.dates import mask_dates
from rag.checks.negation import NEGATION, NO_DENIAL
from rag.datatypes import Document, Hit, Sentence
from rag.opposites import turned_round
from rag.prompt import nearly_best, rank_sentences
from rag.terms import WORD, content_words, term

# A sentence with fewer of the question's other content words says something else, not the same otherwise.
LEAST_SHARED = 0.5
DENIAL = re.compile(r"\b(?:not|never|no|nothing|nobody|none|neither|nor|cannot|without)\b|\b\w+n['’]t\b", re.IGNORECASE)
# What a sentence can deny with, without a negation.
LEAVES_OUT = re.compile(
    r"\b(?:absen|avoid|ban|except|exclu|few|forb[ia]|instead|lack|little|prevent|prohibit|rare|rather)", re.IGNORECASE
)


def contradicted_words(question: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Return the words of a question that the sentence which bears best on it says otherwise.

    ``Who never came in 1947?`` has ``1947`` and ``never`` where that sentence is ``Kim came in 1953.``: a number or an
    opposite stands in their place, or nothing is denied, there or in what bears on the question nearly as well. A
    question that was made to mislead often has one.
    """
    return tuple(dict.fromkeys(word for words in find_contradictions(question, hits).values() for word in words))


def find_contradictions(question: str, hits: Sequence[Hit]) -> dict[str, list[str]]:
    """Return the contradicted words by the rule that finds them; none where the sentence is about something else."""
    evidence = rank_sentences(hits)
    if not evidence:
        return {}
    best = max(evidence, key=lambda item: item.relevance)
    document, sentence = best.document, best.sentence
    # What is denied is said once, and what it is denied of again and again.
    near = " ".join(item.sentence.text for item in evidence if item.relevance >= nearly_best(evidence))
    found = {
        "number": list(other_numbers(question, sentence, document)),
        "opposite": list(turned_round(question, sentence.text)),
        "denial": list(not_denied(question, near)),
    }
    contradicted = {stem for words in found.values() for word in words for stem in content_words(word)}
    others = set(content_words(question)) - contradicted
    shared = others & {*content_words(sentence.text), *content_words(document.title)}
    return found if len(shared) >= LEAST_SHARED * len(others) else {}


def other_numbers(question: str, sentence: Sentence, document: Document) -> Iterator[str]:
    """Yield the numbers of a question in whose place a sentence has others.

    Where an article is dated, its sentences seldom say the date again, so none of the question's counts.
    """
    asked = _numbers(mask_dates(question) if document.date else question)
    if asked.keys() - _numbers(sentence.text).keys():
        said = _numbers(f"{sentence.text} {alpha2digit(sentence.text, 'en', threshold=0)}").keys()
        missing = asked.keys() - said - _numbers(document.title).keys()
        if said - asked.keys():
            yield from (asked[number] for number in asked if number in missing)


def not_denied(question: str, text: str) -> Iterator[str]:
    """Yield the words by which a question denies something, where a text denies nothing."""
    if not NEGATION.search(text) and not LEAVES_OUT.search(text):
        yield from DENIAL.findall(NO_DENIAL.sub(" ", question))


def _numbers(text: str) -> dict[str, str]:
    return {term(word): word for word in WORD.findall(text) if word[0].isdigit()}
