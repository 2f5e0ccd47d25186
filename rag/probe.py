"""Probes: what a language model makes of a question or a statement behind what it has read, told from its state.

A small model that is asked whether an excerpt answers a question mostly says yes. Yet its inner layers tell answerable
questions from misleading ones better than its words do (Slobodkin et al., "The Curious Case of Hallucinatory
(Un)answerability", EMNLP 2023): here, at the question's last token, on average over its tokens, and at those that
matter most. They tell, too, whether a statement is borne by what stands before it, best by how reading that has changed
the statement's tokens. A probe belongs to one model; ``benchmarks/probe.py`` and ``benchmarks/statements.py`` fit them.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

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


@dataclass(frozen=True, slots=True)
class TokenProbe:
    """A probe of a text's last token and mean, and of the tokens that matter most.

    What one word of a question asks for that was not read is lost in a mean over all of them. So each token has a
    share, the softmax of ``attention`` times its values, in what is added: ``attended`` times its values. ``attention``
    and ``attended`` are of the layers of the probe of the whole, as (layers, width).
    """

    whole: Probe
    attention: NDArray[np.float32]
    attended: NDArray[np.float32]

    def log_odds(self, values: NDArray[np.float32]) -> float:
        """Return the logarithm of how much likelier yes is than no, from every layer's (layers, tokens, width)."""
        first = self.whole.first_layer
        layers = values[first : first + len(self.attended)]
        drawn = np.einsum("ltw,lw->t", layers, self.attention)
        shares = np.exp(drawn - drawn.max())
        added = shares @ np.einsum("ltw,lw->t", layers, self.attended) / shares.sum()
        return self.whole.log_odds(last_and_mean(values)) + float(added)


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
def load_answerable_probe(model: str) -> TokenProbe | None:
    """Return the probe of a question, of the model of this name in the catalogue; None where it has none."""
    kept = _read("answerable", model)
    if kept is None:
        return None
    return TokenProbe(_probe(kept), _array(kept["attention"]), _array(kept["attended"]))


@cache
def load_borne_probe(model: str) -> Probe | None:
    """Return the probe of a statement, of the model of this name in the catalogue; None where it has none."""
    kept = _read("borne", model)
    return None if kept is None else _probe(kept)


def probe_fingerprint(kind: Kind, model: str) -> str:
    """Return the SHA-256 of a model's probe; empty where it has none of the kind."""
    path = _path(kind, model)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _read(kind: Kind, model: str) -> dict[str, Any] | None:
    path = _path(kind, model)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _probe(kept: dict[str, Any]) -> Probe:
    return Probe(kept["first_layer"], _array(kept["weights"]), kept["bias"])


def _array(numbers: list[Any]) -> NDArray[np.float32]:
    return np.array(numbers, dtype=np.float32)


def _path(kind: Kind, model: str) -> Path:
    return FOLDER / kind / f"{model}.json"
