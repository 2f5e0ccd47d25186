"""The parts of a search that can be left out, to measure what each of them brings."""

from enum import StrEnum


class Part(StrEnum):
    """A part of a search."""

    DENSE = "dense search"
    LEXICAL = "lexical search"
    FUSED_SCORE = "fused score"
    """In the order of the candidates; both searches propose them as before."""
    BEST_SENTENCE = "best sentence"
    COSINE = "cosine of sentences"
    SHARED_WORDS = "shared words of sentences"
    WORDS_BESIDE = "words of the title and beside"
    LATE_INTERACTION = "late interaction"
    TIME = "time preference"
    FOLDING = "folding"
