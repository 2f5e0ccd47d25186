"""Late interaction: each word of a question against the word of a chunk that is closest in meaning.

A word's vector is the mean of its tokens' as the encoder reads them in their text, so that "bank" is another word by a
river. Of a chunk's words only the signs are kept, one bit a dimension: benchmarks/retrieval.md has what that costs.
After Khattab & Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT"
(SIGIR 2020), with words in place of tokens.
"""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from embeddings import Reading, Vectors
from embeddings.encoder import unit_length


def word_vectors(reading: Reading, spans: Sequence[tuple[int, int]]) -> Vectors:
    """Return a vector for each span of the text that was read, shape (number of spans, dimension).

    It is that of the tokens which begin in the span; zero where none does, as beyond what the encoder reads.
    """
    starts = [start for start, _ in reading.spans]
    vectors = np.zeros((len(spans), len(reading.vector)), dtype=np.float32)
    for row, (start, end) in zip(vectors, spans, strict=True):
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        if first < last:
            row[:] = reading.tokens[first:last].mean(axis=0)
    return unit_length(vectors)


def pack_signs(vectors: Vectors) -> bytes:
    """Return the signs of vectors, one bit each; rows of zeros are left out."""
    return np.packbits(vectors[vectors.any(axis=1)] > 0, axis=1).tobytes()


def closest_words(chunks: Sequence[bytes], asked: Vectors) -> Vectors:
    """Return how close the closest word of each chunk is to each word asked for, from 0 to 1.

    Args:
        chunks: for each chunk the signs of its words' vectors, as ``pack_signs`` gives them.
        asked: the question's words' vectors, shape (number of words, dimension).

    Returns:
        Shape (number of chunks, number of words); 0 where a chunk has no words.
    """
    words, dimension = asked.shape
    products = np.empty((len(chunks), words), dtype=np.float32)
    for row, signs in zip(products, chunks, strict=True):
        packed = np.frombuffer(signs, dtype=np.uint8).reshape(-1, -(-dimension // 8))
        bits = np.unpackbits(packed, axis=1, count=dimension).astype(np.float32)
        (bits @ asked.T).max(axis=0, initial=-np.inf, out=row)
    # The cosine with a vector of signs (bits 0 and 1 for -1 and 1), whose length is the root of the dimension.
    cosines = (2 * products - asked.sum(axis=1)) / np.sqrt(dimension, dtype=np.float32)
    closest: Vectors = np.maximum(cosines, 0)
    return closest
