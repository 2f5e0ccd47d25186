"""Writes fitted probes of a language model, as ``rag.probe`` reads them."""

import json

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from rag.probe import FOLDER, Kind, TokenProbe

DIGITS = 5


def write_probe(kind: Kind, model: str, layers: slice, fitted: Pipeline) -> None:
    """Write a scaler and a logistic regression, fitted to two figures of each of these layers, as one linear probe."""
    scaler, regression = fitted
    weights = (regression.coef_[0] / scaler.scale_).reshape(layers.stop - layers.start, 2, -1)
    bias = regression.intercept_[0] - regression.coef_[0] @ (scaler.mean_ / scaler.scale_)
    _write(kind, model, layers.start, float(bias), weights=weights)


def write_token_probe(kind: Kind, model: str, layers: slice, fitted: TokenProbe) -> None:
    """Write a probe of tokens that was fitted to these layers."""
    whole = fitted.whole
    head = {"attention": fitted.attention, "attended": fitted.attended}
    _write(kind, model, layers.start, whole.bias, weights=whole.weights, **head)


def _write(kind: Kind, model: str, first_layer: int, bias: float, **arrays: NDArray[np.floating]) -> None:
    rounded = {name: np.round(array.astype(float), DIGITS).tolist() for name, array in arrays.items()}
    probe = {"first_layer": first_layer, "bias": round(bias, DIGITS), **rounded}
    (FOLDER / kind / f"{model}.json").write_text(json.dumps(probe).replace("], [", "],\n  [") + "\n")
