"""Writes a fitted regression as the probe of a language model, as ``rag.probe`` reads it."""

import json

import numpy as np
from sklearn.pipeline import Pipeline

from rag.probe import FOLDER, Kind


def write_probe(kind: Kind, model: str, layers: slice, fitted: Pipeline) -> None:
    """Write a scaler and a logistic regression, fitted to two figures of each of these layers, as one linear probe."""
    scaler, regression = fitted
    weights = (regression.coef_[0] / scaler.scale_).reshape(layers.stop - layers.start, 2, -1)
    bias = regression.intercept_[0] - regression.coef_[0] @ (scaler.mean_ / scaler.scale_)
    rounded = np.round(weights.astype(float), 5).tolist()
    probe = {"first_layer": layers.start, "bias": round(float(bias), 5), "weights": rounded}
    (FOLDER / kind / f"{model}.json").write_text(json.dumps(probe).replace("], [", "],\n  [") + "\n")
