"""A deterministic encoder that needs no weights: for tests, and for examples one can follow by eye."""

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from embeddings.encoder import Reading, Vectors, unit_length

WORD = re.compile(r"\w+")


class HashingEncoder:
    """A bag of words, each counted at one place of the vector (the hashing trick, Weinberger et al. 2009).

    Two texts are as similar as they share words: ``encode(["red fox"])`` and ``encode(["fox red"])`` are equal, and the
    score of ``"red fox"`` against ``"red hen"`` is 0.5.
    """

    def __init__(self, dimension: int = 256) -> None:
        self.dimension = dimension
        self.name = f"hashing-{dimension}"
        self.fingerprint = self.name
        self.max_tokens = 256

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's words, and two for the special tokens that real encoders add."""
        return [len(WORD.findall(text)) + 2 for text in texts]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions."""
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode pieces of documents."""
        return self._encode(texts)

    def read_query(self, text: str) -> Reading:
        """Encode a question, and show its words' vectors."""
        return self.read_passages([text])[0]

    def read_passages(self, texts: Sequence[str]) -> list[Reading]:
        """Encode pieces of documents, and show their words' vectors: a 1 at the word's place."""
        readings = []
        for vector, text in zip(self._encode(texts), texts, strict=True):
            found = [*WORD.finditer(text)]
            readings.append(Reading(vector, self._encode([word.group() for word in found]), [w.span() for w in found]))
        return readings

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in WORD.findall(text.lower()):
                row[int.from_bytes(blake2b(word.encode(), digest_size=8).digest()) % self.dimension] += 1
        return unit_length(vectors)
