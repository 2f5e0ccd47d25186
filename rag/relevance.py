"""How well sentences bear on a question: as a whole, by the words that they share, and word by closest word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embeddings import Reading, Vectors
from rag.database import SentenceVectors
from rag.datatypes import Chunk
from rag.late_interaction import closest_words, word_vectors
from rag.terms import content_spans, content_words

# benchmarks/retrieval.md compares these weights with others.
SHARED_WORDS, LEFT_TO_OTHERS = 0.5, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A question as sentences are compared with it.

    Attributes:
        vector: of the whole, shape (dimension,).
        terms: its content words, each once.
        term_vectors: of these words as the encoder reads them in the question, shape (number of terms, dimension).
        shares: how much each of them counts; the shares add up to 1.
    """

    vector: Vectors
    terms: Sequence[str]
    term_vectors: Vectors
    shares: Vectors


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well a chunk bears on a question; higher is better.

    Attributes:
        sentences: for each of its sentences, from 0 to 1.5.
        late_interaction: how close its words come to the question's, from 0 to 1.
    """

    sentences: tuple[float, ...]
    late_interaction: float


def weigh_question(text: str, reading: Reading, weights: Mapping[str, float]) -> Question:
    """Put together what sentences are compared with; ``weights`` tell how much each content word counts."""
    spans = {term: (start, end) for term, start, end in reversed([*content_spans(text)])}
    terms = [term for term in spans if term in weights]
    counts = np.array([weights[term] for term in terms], dtype=np.float32)
    vectors = word_vectors(reading, [spans[term] for term in terms])
    return Question(reading.vector, terms, vectors, counts / (counts.sum() or 1))


def chunk_relevance(chunk: Chunk, title: str, kept: SentenceVectors, question: Question) -> Relevance:
    """Score a chunk's sentences, and its words, for a question.

    A sentence's score is the cosine of the two vectors plus half the share of the question's content words that it has:
    the one knows what is meant, the other names and numbers. A word that it leaves to a sentence beside it, or to the
    title, counts half.

    Args:
        chunk: the chunk.
        title: its document's.
        kept: what the library keeps of its sentences.
        question: the question.
    """
    shares = dict(zip(question.terms, question.shares.tolist(), strict=True))
    said = [set(content_words(sentence.text)) for sentence in chunk.sentences]
    titled = set(content_words(title))
    scores = []
    for number, cosine in enumerate(np.maximum(kept.vectors @ question.vector, 0).tolist()):
        around = titled.union(*said[max(number - 1, 0) : number + 2])
        shared = sum(
            share * (1 if term in said[number] else LEFT_TO_OTHERS) for term, share in shares.items() if term in around
        )
        scores.append(cosine + SHARED_WORDS * shared)
    close = closest_words(kept.words, question.term_vectors)
    return Relevance(tuple(scores), float(close @ question.shares))
