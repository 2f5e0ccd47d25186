"""Linear probes: what a language model makes of a question or a statement behind what it has read, told from its state.

A small model that is asked whether an excerpt answers a question mostly says yes. Yet its inner layers tell answerable
questions from misleading ones better than its words do (Slobodkin et al., "The Curious Case of Hallucinatory
(Un)answerability", EMNLP 2023): here, at the question's last token and on average over its tokens. They tell, too,
whether a statement is borne by what stands before it, best by how reading that has changed the statement's tokens. A
probe belongs to one model; ``benchmarks/probe.py`` and ``benchmarks/statements.py`` fit them.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "probes"

# Whether a question is answered by what was read, or whether a statement is borne by it.
Kind: TypeAlias = Literal["answerable", "borne"]


@dataclass(frozen=True, slots=True)
class Probe:
    """Weights of figures of some layers, the first of them ``first_layer``, and a bias."""

    first_layer: int
    weights: NDArray[np.float32]
    bias: float

    def log_odds(self, figures: NDArray[np.float32]) -> float:
        """Return the logarithm of how much likelier yes is than no.

        ``figures`` are those of every layer, as (layers, 2, width): what ``last_and_mean`` makes of a question's
        values, or ``mean_and_change`` of a statement's.
        """
        layers = figures[self.first_layer : self.first_layer + len(self.weights)]
        return float(np.sum(layers * self.weights)) + self.bias


def last_and_mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each layer's value of the last token and the mean of all, as (layers, 2, width)."""
    return np.stack([values[:, -1], values.mean(axis=1)], axis=1)


def mean_and_change(values: NDArray[np.float32], alone: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each layer's mean over all tokens, and by how much it differs from the mean where they stood alone.

    Both are (layers, tokens, width); the outcome is (layers, 2, width).
    """
    mean = values.mean(axis=1)
    return np.stack([mean, mean - alone.mean(axis=1)], axis=1)


@cache
def load_probe(kind: Kind, model: str) -> Probe | None:
    """Return a probe of the language model of this name in the catalogue; None where it has none of the kind."""
    path = _path(kind, model)
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Probe(kept["first_layer"], np.array(kept["weights"], dtype=np.float32), kept["bias"])


def probe_fingerprint(kind: Kind, model: str) -> str:
    """Return the SHA-256 of a model's probe; empty where it has none of the kind."""
    path = _path(kind, model)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _path(kind: Kind, model: str) -> Path:
    return FOLDER / kind / f"{model}.json"
