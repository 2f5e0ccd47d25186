"""Writes fitted probes of a language model, as ``rag.probe`` reads them."""

import json

import numpy as np

from rag.probe import ARRAYS, FOLDER, Kind, Probe

DIGITS = 5


def write_probe(kind: Kind, model: str, layers: slice, probe: Probe) -> None:
    """Write a probe that was fitted to these layers."""
    arrays = {name: np.round(getattr(probe, name).astype(float), DIGITS).tolist() for name in ARRAYS}
    kept = {"first_layer": layers.start, "bias": round(probe.bias, DIGITS), **arrays}
    (FOLDER / kind / f"{model}.json").write_text(json.dumps(kept).replace("], [", "],\n  [") + "\n")
