"""Fit the constants of rag/near_miss.py: how likely it is that something in a library bears on a question.

    python benchmarks/near_miss.py search ../shared/eval  # kept in benchmarks/runs/near-miss.jsonl
    python benchmarks/near_miss.py fit                    # constants, and areas under the ROC curve

Two libraries, SQuAD 2.0's articles and CLAP NQ's, are each asked their own questions and the other's, whose subjects
they lack. Half of the questions are fitted on, the other half is measured.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rag.answerable import best_relevance
from rag.evaluate.cases import read_cases
from rag.library import Library
from rag.near_miss import MIDDLE, STEEPNESS
from rag.retrieve import Retriever
from rag.settings import Settings

KEPT = Path(__file__).parent / "runs" / "near-miss.jsonl"
SETS = ("squad2", "clapnq")
QUESTIONS = 300


def search(data: Path) -> None:
    """Ask each library a sample of the questions of each set."""
    cases = {name: read_cases(data / name / "cases.jsonl").cases for name in SETS}
    sampled = {name: random.Random(0).sample(all_, min(QUESTIONS, len(all_))) for name, all_ in cases.items()}
    settings = Settings.read()
    with KEPT.open("w") as file:
        for name in SETS:
            library = Library.open(Path(f".rag-benchmark-{name}"), settings)
            library.index(data / name / "articles")
            retriever = Retriever(library, settings.candidates)
            for asked, of_set in sampled.items():
                for case in of_set:
                    kind = "absent" if asked != name else "answerable" if case.answerable else "adversarial"
                    relevance = best_relevance(retriever.search(case.question, settings.hits))
                    row = {"library": name, "id": case.id, "kind": kind, "relevance": round(relevance, 4)}
                    file.write(json.dumps(row) + "\n")


def fit() -> None:
    """Print the constants that one half of the kept rows asks for, and what they reach on the other half."""
    rows = [json.loads(line) for line in KEPT.read_text().splitlines()]
    random.Random(0).shuffle(rows)
    kinds, libraries = (np.array([row[key] for row in rows]) for key in ("kind", "library"))
    relevance = np.array([row["relevance"] for row in rows])
    first = np.arange(len(rows)) < len(rows) // 2
    fitted = first & (kinds != "adversarial")
    # Questions of both kinds count alike, whatever their numbers.
    model = LogisticRegression(C=1000, class_weight="balanced")
    model.fit(relevance[fitted, None], kinds[fitted] == "answerable")
    steepness = model.coef_[0][0]
    print(f"{len(rows)} questions; fitted: {steepness:.1f} {-model.intercept_[0] / steepness:.3f}")
    print(f"in use: {STEEPNESS} {MIDDLE}")
    likely = 1 / (1 + np.exp(-STEEPNESS * (relevance - MIDDLE)))
    for library in SETS:
        for other in ("absent", "adversarial"):
            chosen = ~first & (libraries == library) & ((kinds == "answerable") | (kinds == other))
            area = roc_auc_score(kinds[chosen] == "answerable", likely[chosen])
            print(f"{library}: ROC-AUC against {other}: {area:.3f} of {chosen.sum()} questions")
    for kind in ("answerable", "adversarial", "absent"):
        print(f"below 0.5: {(likely[~first & (kinds == kind)] < 0.5).mean():.3f} of {kind}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["search"] and len(sys.argv) == 3:
        search(Path(sys.argv[2]))
    elif sys.argv[1:] == ["fit"]:
        fit()
    else:
        sys.exit(__doc__)
