"""Candidates in a better order: each chunk by its best sentence."""

from collections.abc import Mapping

from embeddings import Vectors
from rag.datatypes import Chunk
from rag.terms import content_words


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
