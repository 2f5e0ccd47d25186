"""Fit the probe of the default language model: what its state says of whether the excerpts answer the question.

    python benchmarks/probe.py read ../shared/eval  # an hour of the model, kept in .rag-benchmark/probe.npz
    python benchmarks/probe.py fit                  # from what is kept: the probe, and what it is worth

Questions to SQuAD 2.0's articles that are not among the 100 of cases-100.jsonl, and to CLAP NQ's passages that are not
among the 60 of the stored run. Questions with the same best chunk are read behind the same excerpts, those of one of
them, since the model then reads the excerpts once. Every figure printed is of articles that the fit left out.
"""

import json
import math
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rag.answerable import LEAST_LIKELY, LEAST_RELEVANCE, OF_WORD_AND_STATE, REPLIES, best_relevance, surer_yes
from rag.assistant import Assistant
from rag.datatypes import Hit
from rag.evaluate.cases import Case, read_cases
from rag.evaluate.sample import draw_sample
from rag.generate import LlamaCppGenerator
from rag.library import Library
from rag.probe import FOLDER, Probe
from rag.prompt import Passage, lay_out, render_prompt, select_evidence
from rag.settings import Settings

KEPT = Path(".rag-benchmark") / "probe.npz"
MODEL = "qwen2.5-coder-1.5b-instruct"
FIRST_LAYER, LAST_LAYER = 16, 19
STRENGTH = 0.003  # of the probe's regression, on standardised figures: the larger, the freer
# Of SQuAD's questions so many are searched for, and the groups are taken from the largest.
SEARCHED, LARGEST, GROUPS, MOST_OF_A_GROUP = 3600, 300, 112, 12
OF_EACH_KIND, STORED_CLAPNQ = 60, 60
FOLDS = 10
COSTS = (0.03, 0.05, 0.08, 0.1)


@dataclass(frozen=True)
class Keeper(Probe):
    """In the probe's place: keeps what it would look at."""

    seen: list[NDArray[np.float32]] = field(default_factory=list)

    def log_odds(self, values: NDArray[np.float32]) -> float:
        self.seen.append(values)
        return 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what search found for it."""

    text: str
    answerable: bool
    document: str
    relevance: float
    passages: Sequence[Passage]


def read(data: Path) -> None:
    """Have the model read each sampled question behind its excerpts, and keep its state at the question's end."""
    kept: dict[str, list[object]] = defaultdict(list)
    for name, assistant, questions in samples(data):
        generator = assistant.generator
        assert isinstance(generator, LlamaCppGenerator)
        keeper = Keeper(0, np.zeros((0, 0), dtype=np.float32), 0.0)
        generator.probe = keeper
        for question in questions:
            asked = f"{question.text.rstrip(' ?.')}?"
            messages = render_prompt("answerable", passages=question.passages, question=asked)
            weighed = generator.weigh(messages, REPLIES, asked)
            kept["values"].append(keeper.seen.pop().astype(np.float16))
            kept["says_yes"].append(surer_yes(*weighed.replies))
            kept["relevance"].append(question.relevance)
            kept["answerable"].append(question.answerable)
            kept["document"].append(question.document)
            kept["sample"].append(name)
            print(f"\r{name} {len(kept['sample'])}", end="", file=sys.stderr)
    columns: dict[str, Any] = {name: np.array(column) for name, column in kept.items()}
    np.savez_compressed(KEPT, **columns)


def samples(data: Path) -> Iterator[tuple[str, Assistant, Iterator[Question]]]:
    """Give each sample's name, who answers from its articles, and its questions."""
    squad = open_assistant(data / "squad2" / "articles")
    clapnq = open_assistant(data / "clapnq" / "articles")
    of_squad = read_cases(data / "squad2" / "cases.jsonl").cases
    of_clapnq = read_cases(data / "clapnq" / "cases.jsonl").cases
    measured = {case.id for case in read_cases(data / "squad2" / "cases-100.jsonl").cases}
    stored = {case.id for case in draw_sample(of_clapnq, STORED_CLAPNQ, 0, None)}
    yield "squad2", squad, together(squad, [case for case in of_squad if case.id not in measured])
    yield "clapnq", clapnq, alone(clapnq, [case for case in of_clapnq if case.id not in stored], (True, False))
    # What CLAP NQ's passages answer is nowhere in SQuAD's.
    absent = [case for case in of_clapnq if f"absent-{case.id}" not in measured]
    yield "absent", squad, (replace(each, answerable=False) for each in alone(squad, absent, (True,)))


def together(assistant: Assistant, cases: Sequence[Case]) -> Iterator[Question]:
    """Give questions in groups with the same best chunk, behind the excerpts of one of the group."""
    groups: dict[int, list[tuple[Case, list[Hit]]]] = defaultdict(list)
    for case in random.Random(5).sample(cases, SEARCHED):
        if hits := assistant.search(case.question):
            groups[hits[0].chunk.id].append((case, hits))
    largest = sorted(groups.values(), key=len, reverse=True)[:LARGEST]
    for group in random.Random(2).sample(largest, GROUPS):
        passages = show(assistant, random.Random(2).choice(group)[1])
        for case, hits in group[:MOST_OF_A_GROUP]:
            yield Question(case.question, case.answerable, hits[0].document.source, best_relevance(hits), passages)


def alone(assistant: Assistant, cases: Sequence[Case], kinds: Sequence[bool]) -> Iterator[Question]:
    """Give questions with their own excerpts, of each kind the same number."""
    for answerable in kinds:
        for case in random.Random(4).sample([case for case in cases if case.answerable is answerable], OF_EACH_KIND):
            hits = assistant.search(case.question)
            if best_relevance(hits) >= LEAST_RELEVANCE:
                # The subject is the question's own: no two of them share an article.
                yield Question(case.question, answerable, case.id, best_relevance(hits), show(assistant, hits))


def show(assistant: Assistant, hits: Sequence[Hit]) -> list[Passage]:
    """Return what the model is shown of the Hits."""
    return lay_out(select_evidence(hits, assistant.generator.count_tokens, assistant.settings.evidence_tokens))


def open_assistant(articles: Path) -> Assistant:
    """Return who answers from these articles."""
    library = Library.open(Path(".rag-benchmark") / articles.parent.name, Settings.read())
    library.index(articles)
    return Assistant(library)


def fit() -> None:
    """Write the probe, and print what it is worth and the constants of rag/answerable.py beside it."""
    kept = np.load(KEPT)
    answerable, sample = kept["answerable"], kept["sample"]
    layers = kept["values"][:, FIRST_LAYER : LAST_LAYER + 1].astype(np.float32)
    figures = layers.reshape(len(layers), -1)
    folds = list(GroupKFold(FOLDS, shuffle=True, random_state=0).split(figures, answerable, kept["document"]))

    def left_out(model: ClassifierMixin, columns: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.zeros(len(columns), dtype=np.float32)
        for others, fold in folds:
            found[fold] = clone(model).fit(columns[others], answerable[others]).decision_function(columns[fold])
        return found

    regression = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=500))
    state = left_out(regression, figures)
    without = np.column_stack([kept["relevance"], kept["says_yes"]])
    columns = np.column_stack([without, state])
    joint = LogisticRegression(C=10)
    weights = clone(joint).fit(columns, answerable)
    print(f"{len(answerable)} questions; fitted: {weights.intercept_.round(2)} {weights.coef_.round(2)}")
    print(f"in use: {OF_WORD_AND_STATE}")
    decisions = {
        "relevance and word": left_out(joint, without),
        "state": state,
        "relevance, word and state": left_out(joint, columns),
        "in use": OF_WORD_AND_STATE[0] + columns @ OF_WORD_AND_STATE[1:],
    }
    for name, decision in decisions.items():
        for data in ("squad2", "clapnq"):
            there = sample == data
            yes, no = decision[there & answerable], decision[there & ~answerable]
            refused = ", ".join(f"{(no < np.quantile(yes, cost)).mean():.2f} at {cost:.2f}" for cost in COSTS)
            print(f"{name}, {data}: ROC-AUC {roc_auc_score(answerable[there], decision[there]):.3f}; refused {refused}")
    for threshold in sorted(set(LEAST_LIKELY.values())):
        below = decisions["in use"] < math.log(threshold / (1 - threshold))
        kinds = {(data, kind) for data, kind in zip(sample, answerable, strict=True)}
        shares = {
            f"{data} {kind}": f"{below[(sample == data) & (answerable == kind)].mean():.2f}" for data, kind in kinds
        }
        print(f"refused below {threshold}: {dict(sorted(shares.items()))}")
    scaler, model = regression.fit(figures, answerable)
    scaled = (model.coef_[0] / scaler.scale_).reshape(layers.shape[1:])
    bias = model.intercept_[0] - model.coef_[0] @ (scaler.mean_ / scaler.scale_)
    rows = [[round(float(weight), 5) for weight in row] for row in scaled]
    probe = {"first_layer": FIRST_LAYER, "bias": round(float(bias), 5), "weights": rows}
    (FOLDER / f"{MODEL}.json").write_text(json.dumps(probe).replace("], [", "],\n  [") + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"] and len(sys.argv) == 3:
        read(Path(sys.argv[2]))
    elif sys.argv[1:] == ["fit"]:
        fit()
    else:
        sys.exit(__doc__)
