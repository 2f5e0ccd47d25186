"""Probes: what a language model makes of a question or a statement behind what it has read, told from its state.

A small model that is asked whether an excerpt answers a question mostly says yes. Yet its inner layers tell answerable
questions from misleading ones better than its words do (Slobodkin et al., "The Curious Case of Hallucinatory
(Un)answerability", EMNLP 2023): here, at the question's last token, on average over its tokens, and at those that
matter most. In the same way they tell whether a statement is borne by what stands before it. A probe belongs to one
model; ``benchmarks/probe.py`` and ``benchmarks/statements.py`` fit them.
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
ARRAYS = ("weights", "attention", "attended")


@dataclass(frozen=True, slots=True)
class Probe:
    """Weights of some layers' values of a text's tokens, the first of these layers ``first_layer``, and a bias.

    A linear probe of a text's last token and of the mean over all, ``weights`` as (layers, 2, width). One wrong word is
    lost in a mean, so each token has a share, the softmax of ``attention`` times its values, in what is added:
    ``attended`` times its values. These are (layers, width).
    """

    first_layer: int
    bias: float
    weights: NDArray[np.float32]
    attention: NDArray[np.float32]
    attended: NDArray[np.float32]

    def log_odds(self, values: NDArray[np.float32]) -> float:
        """Return the logarithm of how much likelier yes is than no, from every layer's (layers, tokens, width)."""
        layers = values[self.first_layer : self.first_layer + len(self.weights)]
        drawn = np.einsum("ltw,lw->t", layers, self.attention)
        shares = np.exp(drawn - drawn.max())
        added = shares @ np.einsum("ltw,lw->t", layers, self.attended) / shares.sum()
        return float(np.sum(last_and_mean(layers) * self.weights) + added) + self.bias


def last_and_mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each layer's value of the last token and the mean of all, as (layers, 2, width)."""
    return np.stack([values[:, -1], values.mean(axis=1)], axis=1)


@cache
def load_probe(kind: Kind, model: str) -> Probe | None:
    """Return the probe of this kind of the model of this name in the catalogue; None where it has none."""
    path = _path(kind, model)
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    weights, attention, attended = (np.array(kept[name], dtype=np.float32) for name in ARRAYS)
    return Probe(kept["first_layer"], kept["bias"], weights, attention, attended)


def probe_fingerprint(kind: Kind, model: str) -> str:
    """Return the SHA-256 of a model's probe; empty where it has none of the kind."""
    path = _path(kind, model)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _path(kind: Kind, model: str) -> Path:
    return FOLDER / kind / f"{model}.json"
