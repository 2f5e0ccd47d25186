"""Fit the probe of the default language model that tells from its state whether a text bears a statement.

    python benchmarks/statements.py read FOLDER  # half an hour of the model, kept in .rag-benchmark/statements.npz
    python benchmarks/statements.py fit          # from what is kept: the probe, and what it is worth

FOLDER holds SummEdits' files of kinds of text (summedits_ectsum.json and so on), as in data/summedits of the repository
salesforce/factualNLG. The probe is fitted to short ones: reports of companies' calls, chats, abstracts, meetings. News,
on which the verifier is measured, is none of them. Every figure printed is of kinds of text that the fit left out.
"""

import json
import random
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rag.llama import LlamaCppGenerator
from rag.models import locate_language_model
from rag.probe import FOLDER
from rag.settings import Settings
from rag.state_verifier import borne_prompt
from rag.statement_reader import StatementReader

KEPT = Path(".rag-benchmark") / "statements.npz"
MODEL = "qwen2.5-coder-1.5b-instruct"
KINDS = ("ectsum", "samsum", "scitldr", "qmsumm")
OF_EACH_TEXT, MOST_CHARACTERS = 12, 4500
LAYERS = slice(16, 20)
STRENGTH = 0.003  # of the regression, on standardised figures: the larger, the freer


def read(folder: Path) -> None:
    """Have the model read statements behind their texts, and keep what that makes of its state."""
    path = locate_language_model(MODEL).path
    assert path is not None
    reader = StatementReader(LlamaCppGenerator(path, MODEL, Settings.read().context_tokens))
    figures, borne, kinds = [], [], []
    for kind in KINDS:
        about = defaultdict(list)
        for pair in json.loads((folder / f"summedits_{kind}.json").read_text(encoding="utf-8")):
            about[pair["doc"]].append(pair)
        chosen = random.Random(0)
        for text, pairs in about.items():
            for pair in pairs if len(pairs) <= OF_EACH_TEXT else chosen.sample(pairs, OF_EACH_TEXT):
                line = " ".join(pair["summary"].split())
                found = reader.figures(borne_prompt(text[:MOST_CHARACTERS], line), borne_prompt("", line), line)
                assert found is not None
                figures.append(found[LAYERS].astype(np.float16))
                borne.append(pair["label"] == 1)
                kinds.append(kind)
                print(f"\r{kind} {len(kinds)}", end="", file=sys.stderr)
    np.savez_compressed(KEPT, figures=np.array(figures), borne=np.array(borne), kinds=np.array(kinds))


def fit() -> None:
    """Write the probe, and print what it is worth."""
    kept = np.load(KEPT)
    borne, kinds = kept["borne"], kept["kinds"]
    layers = kept["figures"].astype(np.float32)
    columns = layers.reshape(len(layers), -1)
    regression = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=500, class_weight="balanced"))
    for others, left_out in LeaveOneGroupOut().split(columns, borne, kinds):
        decision = regression.fit(columns[others], borne[others]).decision_function(columns[left_out])
        area = roc_auc_score(borne[left_out], decision)
        balanced = balanced_accuracy_score(borne[left_out], decision > 0)
        name = kinds[left_out][0]
        print(f"{name}, {len(left_out)}: ROC-AUC {area:.3f}, balanced accuracy {balanced:.3f}")
    scaler, model = regression.fit(columns, borne)
    scaled = (model.coef_[0] / scaler.scale_).reshape(layers.shape[1:])
    bias = model.intercept_[0] - model.coef_[0] @ (scaler.mean_ / scaler.scale_)
    rounded = np.round(scaled.astype(float), 5).tolist()
    probe = {"first_layer": LAYERS.start, "bias": round(float(bias), 5), "weights": rounded}
    (FOLDER / "borne" / f"{MODEL}.json").write_text(json.dumps(probe).replace("], [", "],\n  [") + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"] and len(sys.argv) == 3:
        read(Path(sys.argv[2]))
    elif sys.argv[1:] == ["fit"]:
        fit()
    else:
        sys.exit(__doc__)
