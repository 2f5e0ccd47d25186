"""Fit what contradicted words say: how often a question has one that is answered, and one that was made to mislead.

    python benchmarks/contradictions.py ../shared/eval > benchmarks/runs/contradictions.txt

The questions are all those to SQuAD 2.0's articles that are not among the 100 of cases-100.jsonl, and CLAP NQ's. What
is fitted is judged on articles that were left out of the fit.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from rag.answerable import OF_CONTRADICTION, best_relevance
from rag.assistant import Assistant
from rag.contradictions import find_contradictions
from rag.evaluate.cases import read_cases
from rag.library import Library
from rag.settings import Settings

RULES = ("number", "opposite", "denial")
FALSE_REFUSALS = (0.04, 0.08)
# Of SQuAD's articles, each time two are left out.
FOLDS = 10


def judge(data: Path, name: str) -> Iterator[tuple[bool, str, list[float]]]:
    """Yield for each question whether it can be answered, the best article, the relevance, and what each rule finds."""
    library = Library.open(Path(f".rag-benchmark-{name}"), Settings.read())
    library.index(data / name / "articles")
    assistant = Assistant(library)
    held_out = {case.id for case in read_cases(data / "squad2" / "cases-100.jsonl").cases}
    for case in read_cases(data / name / "cases.jsonl").cases:
        if case.id not in held_out and (hits := assistant.search(case.question)):
            found = find_contradictions(case.question, hits)
            by_rule = [float(bool(found.get(rule))) for rule in RULES]
            yield bool(case.answerable), hits[0].document.source, [best_relevance(hits), *by_rule]


def report(name: str, rows: list[tuple[bool, str, list[float]]]) -> None:
    """Print the share of questions that each rule finds something in, and what it adds to relevance."""
    answerable = np.array([row[0] for row in rows])
    articles = [row[1] for row in rows]
    relevance, *rules = np.array([row[2] for row in rows]).T
    contradicted = np.maximum.reduce(rules)
    print(f"{name}: {answerable.sum()} answerable, {(~answerable).sum()} not")
    for rule, found in zip((*RULES, "any of them"), (*rules, contradicted), strict=True):
        print(f"  {rule:12} in {found[answerable].mean():.3f} and {found[~answerable].mean():.3f}")
    both = np.column_stack([relevance, contradicted])
    for what, features in (("relevance", both[:, :1]), ("with contradictions", both)):
        likely = cross_val_predict(
            LogisticRegression(C=10),
            features,
            answerable,
            groups=articles,
            cv=GroupKFold(FOLDS),
            method="decision_function",
        )
        refused = [
            f"{(likely[~answerable] < np.quantile(likely[answerable], share)).mean():.3f} at {share}"
            for share in FALSE_REFUSALS
        ]
        print(f"  {what}: ROC-AUC {roc_auc_score(answerable, likely):.3f}, refused {', '.join(refused)}")
    fitted = LogisticRegression(C=10).fit(both, answerable).coef_[0, 1]
    print(f"  contradiction fitted: {fitted:.2f}, in use: {OF_CONTRADICTION}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for corpus in ("squad2", "clapnq"):
        report(corpus, list(judge(Path(sys.argv[1]), corpus)))
