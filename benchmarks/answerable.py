"""Fit the constants of rag/answerable.py for models without a probe: who says whether the articles answer a question.

    python benchmarks/answerable.py ask ../shared/eval  # minutes of the model, kept in benchmarks/runs/answerable.jsonl
    python benchmarks/answerable.py search ../shared/eval  # what search says anew, where it has changed
    python benchmarks/answerable.py fit                 # from what is kept: constants, and what a threshold costs

The questions are those to SQuAD 2.0's articles that are not among the 100 of cases-100.jsonl, which measure answers,
and CLAP NQ's answerable ones, whose subjects these articles lack.
"""

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rag.answerable import (
    LEAST_LIKELY,
    OF_CONTRADICTION,
    OF_WORD,
    REPLIES,
    best_relevance,
    surer_yes,
)
from rag.assistant import Assistant
from rag.contradictions import contradicted_words
from rag.datatypes import Hit
from rag.evaluate.cases import read_cases
from rag.library import Library
from rag.prompt import lay_out, render_prompt, select_evidence
from rag.settings import Settings

KEPT = Path(__file__).parent / "runs" / "answerable.jsonl"
SAMPLES = {"answerable": 100, "adversarial": 80, "absent": 40}
THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


def ask(data: Path) -> None:
    """Weigh each sampled question, and keep a line for each; a second start goes on where the first was stopped."""
    library = Library.open(Path(".rag-benchmark"), Settings.read())
    library.index(data / "squad2" / "articles")
    assistant = Assistant(library)
    done = {json.loads(line)["id"] for line in KEPT.read_text().splitlines()} if KEPT.exists() else set()
    with KEPT.open("a") as file:
        for kind, case_id, question in sample(data):
            if case_id in done:
                continue
            hits = assistant.search(question)
            evidence = select_evidence(hits, assistant.generator.count_tokens, assistant.settings.evidence_tokens)
            messages = render_prompt("answerable", passages=lay_out(evidence), question=question)
            yes, no = assistant.generator.weigh(messages, REPLIES, question).replies
            row = {"id": case_id, "kind": kind, "yes": yes, "no": no, **judge(question, hits)}
            file.write(json.dumps(row) + "\n")
            file.flush()


def search(data: Path) -> None:
    """Write what search says of each kept question now; what the model said of its evidence then is kept."""
    library = Library.open(Path(".rag-benchmark"), Settings.read())
    library.index(data / "squad2" / "articles")
    assistant = Assistant(library)
    questions = {case_id: question for _, case_id, question in sample(data)}
    rows = [json.loads(line) for line in KEPT.read_text().splitlines()]
    for row in rows:
        question = questions[row["id"]]
        row |= judge(question, assistant.search(question))
    KEPT.write_text("".join(json.dumps(row) + "\n" for row in rows))


def judge(question: str, hits: Sequence[Hit]) -> dict[str, float]:
    """Return what search alone says."""
    return {"relevance": best_relevance(hits), "contradicted": float(bool(contradicted_words(question, hits)))}


def sample(data: Path) -> list[tuple[str, str, str]]:
    """Return kind, id and question of the sample, in an order that keeps the kinds mixed."""
    held_out = {case.id for case in read_cases(data / "squad2" / "cases-100.jsonl").cases}
    pools: dict[str, list[tuple[str, str, str]]] = {kind: [] for kind in SAMPLES}
    for case in read_cases(data / "squad2" / "cases.jsonl").cases:
        if case.id not in held_out:
            kind = "answerable" if case.answerable else "adversarial"
            pools[kind].append((kind, case.id, case.question))
    for case in read_cases(data / "clapnq" / "cases.jsonl").cases:
        if case.answerable and f"absent-{case.id}" not in held_out:
            pools["absent"].append(("absent", case.id, case.question))
    chosen = [row for kind, size in SAMPLES.items() for row in random.Random(0).sample(pools[kind], size)]
    random.Random(0).shuffle(chosen)
    return chosen


def fit() -> None:
    """Print the constants that the kept rows ask for, and what each threshold on the likelihood costs and gains."""
    rows = [json.loads(line) for line in KEPT.read_text().splitlines()]
    kinds = np.array([row["kind"] for row in rows])
    log_odds = [surer_yes(row["yes"], row["no"]) for row in rows]
    features = np.column_stack([[row["relevance"] for row in rows], log_odds])
    model = LogisticRegression(C=10).fit(features, kinds == "answerable")
    print(f"{len(rows)} questions; fitted: {model.intercept_.round(2)} {model.coef_.round(2)}")
    print("in use:", *OF_WORD[:3])
    evidence = OF_WORD[0] + features @ OF_WORD[1:3]
    likely = 1 / (1 + np.exp(-evidence))
    for other in ("adversarial", "absent"):
        chosen = (kinds == "answerable") | (kinds == other)
        print(f"ROC-AUC against {other}: {roc_auc_score(kinds[chosen] == 'answerable', likely[chosen]):.3f}")
    # Contradicted words are rare: benchmarks/contradictions.py weighs them by all of SQuAD's questions.
    contradicted = np.array([row["contradicted"] for row in rows])
    likely = 1 / (1 + np.exp(-(evidence + OF_CONTRADICTION * contradicted)))
    chosen = kinds != "absent"
    area = roc_auc_score(kinds[chosen] == "answerable", likely[chosen])
    print(f"with contradicted words: ROC-AUC against adversarial: {area:.3f}")
    for threshold in THRESHOLDS:
        refused = {kind: f"{(likely[kinds == kind] < threshold).mean():.2f}" for kind in SAMPLES}
        chosen_by = "".join(f", --when-unsure {name}" for name, least in LEAST_LIKELY.items() if least == threshold)
        print(f"refused below {threshold}: {refused}{chosen_by}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["ask"] and len(sys.argv) == 3:
        ask(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["search"] and len(sys.argv) == 3:
        search(Path(sys.argv[2]))
    elif sys.argv[1:] == ["fit"]:
        fit()
    else:
        sys.exit(__doc__)
