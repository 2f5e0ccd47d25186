"""From the sentences of an answer to the source sentences that they rest on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.datatypes import Document, Sentence
from rag.prompt import Evidence
from rag.sentences import split_sentences, without_list_markers
from rag.terms import content_words, words

# How much a source sentence's relevance to the question (0 to 1.5) counts beside the words that it shares with the
# answer (0 to 1): enough to choose among sentences that all have a short answer's one word.
RELEVANCE_SHARE = 0.25
# A further source is cited only where it bears at least this share of the sentence's words that no other bears.
LEAST_GAIN = 0.2
MOST_SOURCES = 3
# Names and numbers: one that no other source has is worth a further source by itself.
TELLING = re.compile(r"(?<!^)\b[A-Z][\w'’-]*|\d[\d.,]*")
FULL_NAME = re.compile(r"\b[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]*)+")


@dataclass(frozen=True, slots=True)
class Attribution:
    """A sentence of an answer and what it rests on.

    ``sources`` are source sentences, the chief one first, each with the share of the sentence's content words that it
    bears; ``coverage`` is the share that all of them bear together; ``known`` are the words that they bear, with those
    of their documents' titles and of the full names whose short forms they have. ``evidence`` is all that there was to
    rest on.
    """

    sentence: Sentence
    sources: tuple[tuple[Evidence, float], ...]
    coverage: float
    known: frozenset[str]
    evidence: tuple[Evidence, ...]


def attribute_sentences(answer: str, evidence: Sequence[Evidence]) -> list[Attribution]:
    """Find for each sentence of an answer the source sentences that share its words.

    The chief source is the one with the most of them; each further one, three in all at the most, must add words.
    A list's markers are no part of its sentences.
    """
    bags = [(item, words_borne(item)) for item in evidence]
    return [_attribute(sentence, bags) for sentence in without_list_markers(split_sentences(answer))]


def attribute_sentence(sentence: str, evidence: Sequence[Evidence]) -> Attribution:
    """Find the source sentences that share the words of one sentence."""
    return _attribute(Sentence(sentence, 0, len(sentence)), [(item, words_borne(item)) for item in evidence])


def _attribute(sentence: Sentence, bags: Sequence[tuple[Evidence, frozenset[str]]]) -> Attribution:
    said = set(content_words(sentence.text))
    telling = telling_words(sentence.text)
    missing = set(said)
    known: frozenset[str] = frozenset()
    sources: list[tuple[Evidence, float]] = []
    while missing and len(sources) < MOST_SOURCES:
        useful = [(item, bag) for item, bag in bags if missing & bag]
        if not useful:
            break
        item, bag = max(
            useful, key=lambda pair: len(missing & pair[1]) / len(said) + RELEVANCE_SHARE * pair[0].relevance
        )
        if sources and len(missing & bag) < LEAST_GAIN * len(said) and not missing & bag & telling:
            break
        sources.append((item, len(said & bag) / len(said)))
        known |= bag | set(words(item.document.title))
        missing -= known
    coverage = 1 - len(missing) / len(said) if said else 0.0
    return Attribution(sentence, tuple(sources), coverage, known, tuple(item for item, _ in bags))


def telling_words(sentence: str) -> frozenset[str]:
    """Return the words of a sentence's names and numbers; its first word is none of them."""
    return frozenset(stem for match in TELLING.finditer(sentence) for stem in content_words(match.group()))


def words_borne(evidence: Evidence) -> frozenset[str]:
    """Return the words of a source sentence, and of the full names in its document that it has a part of.

    Where an article has introduced "Kim Jong Un", its sentences about "Kim" are about him.
    """
    said = frozenset(words(evidence.sentence.text))
    return said.union(*(name for name in _full_names(evidence.document) if said & name))


@lru_cache(maxsize=64)
def _full_names(document: Document) -> tuple[frozenset[str], ...]:
    return tuple({frozenset(content_words(match.group())) for match in FULL_NAME.finditer(document.text)})
