"""A linear probe: whether what a language model has read answers the question after it, told from the model's state.

A small model that is asked whether an excerpt answers a question mostly says yes. Yet its inner layers tell answerable
questions from misleading ones better than its words do (Slobodkin et al., "The Curious Case of Hallucinatory
(Un)answerability", EMNLP 2023): here, at the question's last token and on average over its tokens. A probe belongs to
one model, and ``benchmarks/probe.py`` fits it.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "probes"


@dataclass(frozen=True, slots=True)
class Probe:
    """Weights of what ``last_and_mean`` makes of some layers, the first of them ``first_layer``, and a bias."""

    first_layer: int
    weights: NDArray[np.float32]
    bias: float

    def log_odds(self, values: NDArray[np.float32]) -> float:
        """Return the logarithm of how much likelier the question is answered than not.

        ``values`` are every layer's values of the question's tokens, as (layers, tokens, width).
        """
        layers = last_and_mean(values[self.first_layer : self.first_layer + len(self.weights)])
        return float(np.sum(layers * self.weights)) + self.bias


def last_and_mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each layer's value of the last token and the mean of all, as (layers, 2, width)."""
    return np.stack([values[:, -1], values.mean(axis=1)], axis=1)


@cache
def load_probe(model: str) -> Probe | None:
    """Return the probe of the language model of this name in the catalogue; None where it has none."""
    path = _path(model)
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Probe(kept["first_layer"], np.array(kept["weights"], dtype=np.float32), kept["bias"])


def probe_fingerprint(model: str) -> str:
    """Return the SHA-256 of a model's probe; empty where it has none."""
    path = _path(model)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _path(model: str) -> Path:
    return FOLDER / f"{model}.json"
