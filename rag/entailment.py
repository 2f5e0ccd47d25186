"""A further check of the verifier: whether the cited sentences entail what is said, by a model trained for that."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from rag.attribute import Attribution
from rag.prompt import Evidence

if TYPE_CHECKING:
    from rag.cross_encoder import CrossEncoderFolder

# What models call it that the first text bears the second.
ENTAILMENT = frozenset({"entailment", "entailed", "entails", "supported", "consistent"})
LEAST_LIKELY = 0.5


class EntailmentVerifier:
    """A cross-encoder that tells how likely one text entails another.

    Args:
        encoder: has one label for entailment among several, or gives one score, which is how likely it is.

    Raises:
        ModelDamaged: it has several labels, none of which is entailment.
    """

    def __init__(self, encoder: "CrossEncoderFolder") -> None:
        self._encoder = encoder
        labels = [str(name).lower() for _, name in sorted(encoder.model.config.id2label.items())]
        found = [number for number, label in enumerate(labels) if label in ENTAILMENT]
        if len(labels) > 1 and not found:
            raise encoder.damaged(f"none of its labels is entailment ({', '.join(labels)})")
        self._label = found[0] if len(labels) > 1 else None

    @property
    def fingerprint(self) -> str:
        """A digest of its weights, tokenizer and settings."""
        return self._encoder.fingerprint

    def check_entailment(self, attribution: Attribution) -> bool | None:
        """Check that the sources, below their titles, entail the sentence; without sources it does not apply."""
        if not attribution.sources:
            return None
        premise = _premise([source for source, _ in attribution.sources])
        return self.likely_entailed(premise, attribution.sentence.text) >= LEAST_LIKELY

    def likely_entailed(self, premise: str, hypothesis: str) -> float:
        """Return how likely it is, from 0 to 1, that one text entails the other."""
        # Slow to import, and here alone needed.
        from torch.nn import Identity

        [logits] = self._encoder.score([(premise, hypothesis)], Identity())
        if self._label is None:
            return float(1 / (1 + np.exp(-np.float64(logits))))
        exponents = np.exp(np.asarray(logits, dtype=np.float64) - np.max(logits))
        return float(exponents[self._label] / exponents.sum())


def _premise(sources: Sequence[Evidence]) -> str:
    ordered = sorted(sources, key=lambda item: (item.document.id, item.sentence.start))
    return "\n\n".join(
        "\n".join(filter(None, (document.title, " ".join(item.sentence.text for item in items))))
        for document, items in groupby(ordered, key=lambda item: item.document)
    )
