"""What a text encoder must offer, whatever stands behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]


class EncoderError(Exception):
    """An encoder cannot be loaded or used; the message says what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A text as an encoder reads it: one vector for the whole, and one for each of its tokens.

    Attributes:
        vector: shape (dimension,), the one that ``encode_queries`` or ``encode_passages`` gives.
        tokens: shape (number of tokens, dimension), unit length; no rows where the encoder has no tokens to show.
        spans: where each token stands in the text.
    """

    vector: Vectors
    tokens: Vectors
    spans: Sequence[tuple[int, int]]


class Encoder(Protocol):
    """Turns texts into vectors whose inner product is their similarity.

    Vectors are float32, shape (number of texts, ``dimension``), of unit length, so that the inner product is the
    cosine and the best possible score is 1.
    """

    @property
    def name(self) -> str:
        """The name under which the encoder was asked for."""
        ...

    @property
    def fingerprint(self) -> str:
        """A digest that changes whenever the encoder would produce other vectors."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """How many tokens of one text are read; what is beyond is ignored by the model."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count each text's tokens as the encoder does, its special tokens included, without truncation."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode pieces of documents."""
        ...

    def read_query(self, text: str) -> Reading:
        """Encode a question, and show its tokens' vectors."""
        ...

    def read_passages(self, texts: Sequence[str]) -> list[Reading]:
        """Encode pieces of documents, and show their tokens' vectors."""
        ...


def unit_length(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; a row of zeros stays one."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(norms, np.finfo(np.float32).tiny)
    return scaled
