"""Candidates in a better order: by their best sentence, or by a cross-encoder."""

from collections.abc import Sequence, Set
from pathlib import Path
from typing import Protocol

from rag.datatypes import Hit
from rag.models import locate_reranker
from rag.parts import Part
from rag.settings import DEFAULT_RERANKER

NO_RERANKER = "none"
# What weighs scores beside other figures, as the choice of evidence does, need not know which reranker gave them.
HIGHEST_SCORE = 2.5
# benchmarks/retrieval.md compares these weights with others; those of a sentence's relevance are in rag/relevance.py.
FUSED, LATE_INTERACTION = 0.5, 0.5


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
    """The built-in reranker: the relevance of the best sentence, and half of the fused score and late interaction.

    Args:
        without: which of these are left out.
    """

    name = fingerprint = DEFAULT_RERANKER

    def __init__(self, without: Set[Part] = frozenset()) -> None:
        weights = {Part.BEST_SENTENCE: 1.0, Part.FUSED_SCORE: FUSED, Part.LATE_INTERACTION: LATE_INTERACTION}
        self._weights = [0.0 if part in without else weight for part, weight in weights.items()]

    def score(self, question: str, hits: Sequence[Hit]) -> list[float]:
        """Score each Hit by what was found out about its sentences."""
        best, fused, late = self._weights
        return [best * max(hit.relevance) + fused * hit.score + late * hit.late_interaction for hit in hits]


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
