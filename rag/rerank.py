"""Candidates in a better order: by their best sentence, or by a cross-encoder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from embeddings import Vectors
from rag.datatypes import Chunk, Hit
from rag.models import locate_reranker
from rag.settings import DEFAULT_RERANKER
from rag.terms import content_words

NO_RERANKER = "none"
# What weighs scores beside other figures, as the choice of evidence does, need not know which reranker gave them.
HIGHEST_SCORE = 3.0


class Reranker(Protocol):
    """Scores candidates by a closer look than the searches could afford."""

    @property
    def name(self) -> str:
        """The name under which the reranker was asked for."""
        ...

    @property
    def fingerprint(self) -> str:
        """A digest that changes whenever its weights do; the name where it has none."""
        ...

    def score(self, question: str, hits: Sequence[Hit]) -> list[float]:
        """Score each Hit for the question, from 0 to ``HIGHEST_SCORE``; higher is better.

        The Hits come in the order in which they were fused, with the fused score as theirs.
        """
        ...


class BestSentence:
    """The built-in reranker: the fused score (0 to 1) plus the relevance of the best sentence (0 to 2)."""

    name = fingerprint = DEFAULT_RERANKER

    def score(self, question: str, hits: Sequence[Hit]) -> list[float]:
        """Score each Hit by what was found out about its sentences."""
        return [hit.score + max(hit.relevance) for hit in hits]


class AsFused:
    """Leaves the Hits in the order in which they were fused."""

    name = fingerprint = NO_RERANKER

    def score(self, question: str, hits: Sequence[Hit]) -> list[float]:
        """Give each Hit the score that it has."""
        return [hit.score for hit in hits]


def load_reranker(name: str, *, models: Path | None = None, offline: bool = False) -> Reranker:
    """Make the reranker of that name, fetching its weights if need be.

    Args:
        name: ``built-in``, ``none``, the folder of a sentence-transformers ``CrossEncoder``, or its name on the Hub.
        models: the folder that keeps weights; the user's cache folder if None.
        offline: never touch the network.

    Raises:
        UnknownModel: the name is neither one of these nor a path.
        ModelUnavailable: it is on the Hub, which cannot or must not be reached.
        ModelDamaged: the folder holds no cross-encoder that gives one score.
    """
    if name == DEFAULT_RERANKER:
        return BestSentence()
    if name == NO_RERANKER:
        return AsFused()
    located = locate_reranker(name, folder=models, offline=offline)
    assert located.path is not None  # only an encoder can do without weights
    # transformers takes seconds to import; whoever has the built-in reranker should not wait for it.
    from rag.cross_encoder import CrossEncoderReranker

    return CrossEncoderReranker(located.path, name)


def sentence_relevance(
    chunk: Chunk, vectors: Vectors, query: Vectors, word_weights: Mapping[str, float]
) -> tuple[float, ...]:
    """Score each sentence of a chunk for a question, from 0 to 2; higher is better.

    The score is the cosine of the two vectors plus the share of the question's content words that the sentence has,
    each counted by its weight: the one knows what is meant, the other names and numbers.

    Args:
        chunk: the chunk.
        vectors: one for each of its sentences, shape (number of sentences, dimension).
        query: the question's vector, shape (1, dimension).
        word_weights: how much each content word of the question counts.
    """
    total = sum(word_weights.values()) or 1.0
    scores = []
    for sentence, cosine in zip(chunk.sentences, (vectors @ query[0]).tolist(), strict=True):
        said = set(content_words(sentence.text))
        shared = sum(weight for word, weight in word_weights.items() if word in said)
        scores.append(max(cosine, 0.0) + shared / total)
    return tuple(scores)
