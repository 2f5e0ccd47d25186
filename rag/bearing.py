"""How sources bear on a question: whether they speak of it, may hold its answer, or leave it to a closer source."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from functools import lru_cache

from rag.answer_type import HOW_MANY, WHAT_YEAR, capitalised, has_answer_type
from rag.attribute import words_borne
from rag.checks.clauses import with_its_subject
from rag.checks.names import is_known
from rag.datatypes import Document
from rag.irregular_verbs import base_form
from rag.opposites import turned_round
from rag.prompt import Evidence
from rag.questions import QuestionKind, plain_question, question_kind
from rag.terms import FUNCTION_WORDS, WORD, content_words, term, words

# A source is clearly more relevant than another where it has this many times its relevance.
CLEARLY = 1.05
# The share of the question's words that a sentence needs to be quoted when nothing else is left.
LEAST_SHARE = 0.7
# What is asked of somebody may be told in another word; where it takes two words, one of them is mostly said.
LEAST_RELATIONS = 2
PARAGRAPH = "\n\n"


def speaks_of(question: str, documents: Iterable[Document], found: Sequence[Evidence]) -> bool:
    """Tell whether articles speak of a question at all.

    They do not where they lack a name of the question that another article found has, nor where they have none of the
    words for what is asked: of ``Which party does Dray belong to?`` no *party*, and no *belong*.
    """
    known = frozenset[str]().union(*map(document_words, documents))
    elsewhere = frozenset[str]().union(*(document_words(item.document) for item in found))
    if any(is_known(name, elsewhere) and not is_known(name, known) for name in capitalised(_after_opening(question))):
        return False
    relations = _relations(question)
    return len(relations) < LEAST_RELATIONS or bool({term(word) for word in relations} & known)


def closer_source(
    question: str, answer: str, sources: Sequence[Evidence], found: Sequence[Evidence]
) -> Evidence | None:
    """Return the sentence that bears on a question more than an answer and all that it rests on, if one was found.

    It has all of the question's words that they have and others too, its article's title counted, is clearly more
    relevant, and may hold the answer.
    """
    asked = _asked_words(question)
    borne = asked & frozenset(content_words(answer)).union(*map(_told_with, sources))
    least = CLEARLY * max((source.relevance for source in sources), default=0.0)
    closer = [item for item in found if item.relevance >= least and borne < asked & _told_with(item)]
    closest = max(closer, key=lambda item: item.relevance, default=None)
    return closest if closest and may_answer(question, closest) else None


def best_quote(question: str, found: Sequence[Evidence]) -> Evidence | None:
    """Return the most relevant sentence that has most of a question's words and may hold its answer."""
    asked = _asked_words(question)
    fit = [
        item
        for item in found
        if has_relation(question, item)
        and may_answer(question, item)
        and len(asked & _told_with(item)) >= LEAST_SHARE * len(asked)
    ]
    return max(fit, key=lambda item: item.relevance, default=None)


def better_quote(question: str, source: Evidence, found: Sequence[Evidence]) -> Evidence | None:
    """Return the most relevant sentence of a source's article that bears on a question clearly more than the source.

    It has a word for what is asked, and may hold the answer.
    """
    fit = [
        item
        for item in found
        if item.document.id == source.document.id
        and item.relevance >= CLEARLY * source.relevance
        and has_relation(question, item)
        and may_answer(question, item)
    ]
    return max(fit, key=lambda item: item.relevance, default=None)


def speaks_as_fully(question: str, source: Evidence, others: Iterable[Evidence]) -> bool:
    """Tell whether a sentence, with its article's title, has as many of a question's words as any of some others."""
    asked = _asked_words(question)
    return all(len(asked & _told_with(source)) >= len(asked & _told_with(other)) for other in others)


def has_relation(question: str, source: Evidence) -> bool:
    """Tell whether a sentence has a word for what is asked, or nothing is asked of a name."""
    relations = {term(word) for word in _relations(question)}
    return not relations or bool(relations & words_borne(source))


def may_answer(question: str, source: Evidence) -> bool:
    """Tell whether a sentence may hold a question's answer.

    It has more than its words, and with the sentence that its pronoun refers to no opposite of one; and an amount, a
    time or a name, where it asks for one.
    """
    said = source.sentence.text
    return (
        not any(turned_round(question, with_its_subject(source)))
        and adds_to(question, said)
        and has_answer_type(question, said)
    )


def adds_to(question: str, sentence: str) -> bool:
    """Tell whether a sentence says more than its question; one that has a choice or a claim in it says enough."""
    if question_kind(question) in {QuestionKind.CHOICE, QuestionKind.YES_NO}:
        return True
    return not set(map(base_form, content_words(sentence))) <= set(map(base_form, content_words(question)))


@lru_cache(maxsize=64)
def document_words(document: Document) -> frozenset[str]:
    """Return the terms of an article and its title."""
    return frozenset(words(f"{document.title} {document.text}"))


def opening_of(document: Document) -> str:
    """Return an article's title and first paragraph, which tell what it is about."""
    return f"{document.title} {document.text.lstrip().split(PARAGRAPH, 1)[0]}"


def _asked_words(question: str) -> Set[str]:
    return frozenset(content_words(_without_kind(question)))


def _told_with(source: Evidence) -> frozenset[str]:
    """Return the terms of a sentence, of what its pronoun stands for, and of its article's title."""
    text = f"{with_its_subject(source)} {source.document.title}"
    return words_borne(replace(source, sentence=replace(source.sentence, text=text)))


def _relations(question: str) -> set[str]:
    """Return the words of a question for what is asked of its names."""
    return {
        word
        for word in WORD.findall(_without_kind(question))
        if word[0].islower() and word.lower() not in FUNCTION_WORDS
    }


def _without_kind(question: str) -> str:
    """Return a question without the words for the kind of answer that it wants."""
    return WHAT_YEAR.sub(" ", HOW_MANY.sub(" ", question))


def _after_opening(question: str) -> str:
    """Return a question without its first word, whose capital letter tells nothing."""
    return plain_question(question).partition(" ")[2]
