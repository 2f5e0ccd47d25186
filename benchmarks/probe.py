"""Fit the probe of the default language model: what its state says of whether the excerpts answer the question.

    python benchmarks/probe.py read ../shared/eval  # an hour and a half of the model, kept in .rag-benchmark/probe
    python benchmarks/probe.py fit                  # from what is kept: the probe, and what it is worth

Questions to SQuAD 2.0's articles that are not among the 100 of cases-100.jsonl; to CLAP NQ's passages, that are not
among the 60 of the stored run; and of questions.jsonl, those to other passages than the 60 of its stored run. Questions
with the same best chunk are read behind the same excerpts, those of one of them, since the model then reads these only
once. The model's word is asked for in some groups only: it takes three times as long, and few weights need fewer
questions. Every figure printed is of articles that the fit left out. A sample that was kept is not read again.
"""

import math
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from rag.answerable import LEAST_LIKELY, OF_WORD_AND_STATE, REPLIES, surer_yes
from rag.assistant import Assistant
from rag.evaluate.cases import read_cases
from rag.evaluate.sample import draw_sample
from rag.library import Library
from rag.llama import LlamaCppGenerator
from rag.probe import Probe
from rag.settings import Settings

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.fit_probe import fit_probe
from benchmarks.probe_questions import Question, alone, behind_one, by_best_chunk
from benchmarks.together import Together
from benchmarks.write_probe import write_probe
from benchmarks.written import WRITTEN, passage_of

KEPT = Path(".rag-benchmark") / "probe"
MODEL = "qwen2.5-coder-1.5b-instruct"
LAYERS = slice(16, 20)
# The groups are taken from the largest; of every so manieth the model's word is asked for.
LARGEST, GROUPS, WORD_OF_EACH = 300, 170, 10
WRITTEN_GROUPS, WORD_OF_EACH_WRITTEN = 120, 3
ABSENT, STORED = 30, 60
# CLAP NQ's questions are people's own, to a search engine. There are a tenth as many, and each counts twice.
WEIGHTS = {"clapnq": 2.0, "absent": 1.0, "squad2": 1.0, "written": 1.0}
COST_OF_HEAD = 0.25
FOLDS = 10
COSTS = (0.03, 0.05, 0.08, 0.1)


@dataclass(frozen=True)
class Keeper(Probe):
    """In the probe's place: keeps what it would look at."""

    seen: list[NDArray[np.float32]] = field(default_factory=list)

    def log_odds(self, values: NDArray[np.float32]) -> float:
        self.seen.append(values)
        return 0.0


class Kept:
    """What is kept of each question of a sample, by column."""

    def __init__(self, sample: str) -> None:
        self.sample = sample
        self.columns: dict[str, list[object]] = defaultdict(list)
        self.tokens: list[NDArray[np.float16]] = []

    def add(self, question: Question, values: NDArray[np.float32], says_yes: float = math.nan) -> None:
        self.tokens.append(values[LAYERS].astype(np.float16))
        row = {
            "sample": self.sample,
            "tokens": values.shape[1],
            "says_yes": says_yes,
            "relevance": question.relevance,
            "answerable": question.answerable,
            "document": question.document,
        }
        for name, value in row.items():
            self.columns[name].append(value)
        print(f"\r{self.sample} {len(self.tokens)}", end="", file=sys.stderr)

    def save(self) -> None:
        columns: dict[str, Any] = {name: np.array(column) for name, column in self.columns.items()}
        # Questions differ in length: the values of all their tokens stand one behind another.
        np.savez_compressed(KEPT / self.sample, values=np.concatenate(self.tokens, axis=1), **columns)


def read(data: Path) -> None:
    """Have the model read each question behind its excerpts, and keep its state at the question's end."""
    squad = open_assistant(data / "squad2" / "articles")
    clapnq = open_assistant(data / "clapnq" / "articles")
    measured = {case.id for case in read_cases(data / "squad2" / "cases-100.jsonl").cases}
    of_squad = [case for case in read_cases(data / "squad2" / "cases.jsonl").cases if case.id not in measured]
    of_clapnq = read_cases(data / "clapnq" / "cases.jsonl").cases
    stored = {case.id for case in draw_sample(of_clapnq, STORED, 0, None)}
    written = read_cases(WRITTEN).cases
    of_stored = {passage_of(case) for case in draw_sample(written, STORED, 0, None)}
    generator = squad.generator
    assert isinstance(generator, LlamaCppGenerator)
    nothing = np.zeros((0, 0), dtype=np.float32)
    generator.answerable_probe = keeper = Keeper(0, 0.0, nothing, nothing, nothing)
    together = Together(generator)

    def read_alone(kept: Kept, question: Question) -> None:
        weighed = generator.weigh(question.prompt, REPLIES, question.asked)
        kept.add(question, keeper.seen.pop(), surer_yes(*weighed.replies))

    def read_groups(kept: Kept, groups: Iterable[Sequence[Question]], word_of_each: int) -> None:
        for number, group in enumerate(groups):
            if number % word_of_each == 0:
                for question in group:
                    read_alone(kept, question)
            else:
                all_values = together.values([question.prompt for question in group], [each.asked for each in group])
                for question, values in zip(group, all_values, strict=True):
                    kept.add(question, values)

    def read_clapnq(kept: Kept) -> None:
        for question in alone(clapnq, generator, [case for case in of_clapnq if case.id not in stored]):
            read_alone(kept, question)

    def read_absent(kept: Kept) -> None:
        # What CLAP NQ's passages answer is nowhere in SQuAD's.
        absent = [case for case in of_clapnq if case.answerable and f"absent-{case.id}" not in measured]
        for question in alone(squad, generator, random.Random(4).sample(absent, ABSENT)):
            read_alone(kept, replace(question, answerable=False))

    def read_squad(kept: Kept) -> None:
        chosen = random.Random(2)
        largest = by_best_chunk(squad, of_squad)[:LARGEST]
        read_groups(kept, behind_one(squad, generator, chosen.sample(largest, GROUPS), chosen), WORD_OF_EACH)

    def read_written(kept: Kept) -> None:
        others = [case for case in written if passage_of(case) not in of_stored]
        largest = by_best_chunk(clapnq, others)[:WRITTEN_GROUPS]
        read_groups(kept, behind_one(clapnq, generator, largest, random.Random(2)), WORD_OF_EACH_WRITTEN)

    samples: dict[str, Callable[[Kept], None]] = {
        "clapnq": read_clapnq,
        "absent": read_absent,
        "squad2": read_squad,
        "written": read_written,
    }
    KEPT.mkdir(exist_ok=True)
    for sample, read_sample in samples.items():
        if not (KEPT / f"{sample}.npz").exists():
            kept = Kept(sample)
            read_sample(kept)
            kept.save()


def open_assistant(articles: Path) -> Assistant:
    """Return who answers from these articles."""
    library = Library.open(Path(".rag-benchmark") / articles.parent.name, Settings.read())
    library.index(articles)
    return Assistant(library)


def fit() -> None:
    """Write the probe, and print what it is worth and the constants of rag/answerable.py beside it."""
    samples = [np.load(KEPT / f"{sample}.npz") for sample in WEIGHTS]
    kept = {name: np.concatenate([of_one[name] for of_one in samples]) for name in samples[0].files if name != "values"}
    questions = [
        question
        for of_one in samples
        for question in np.split(of_one["values"].astype(np.float32), np.cumsum(of_one["tokens"])[:-1], axis=1)
    ]
    answerable, sample = kept["answerable"], kept["sample"]
    folds = list(GroupKFold(FOLDS, shuffle=True, random_state=0).split(questions, answerable, kept["document"]))
    everyone = np.arange(len(answerable))
    counts = np.array([WEIGHTS[name] for name in sample])
    asked = ~np.isnan(kept["says_yes"])

    def fitted_to(rows: NDArray[np.int64]) -> Probe:
        return fit_probe([questions[row] for row in rows], answerable[rows], counts[rows], COST_OF_HEAD)

    def left_out(model: ClassifierMixin, columns: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.full(len(columns), np.nan, dtype=np.float32)
        for others, fold in folds:
            known, unknown = others[asked[others]], fold[asked[fold]]
            fitted = clone(model).fit(columns[known], answerable[known], sample_weight=counts[known])
            found[unknown] = fitted.decision_function(columns[unknown])
        return found

    state = np.empty(len(answerable), dtype=np.float32)
    for others, fold in folds:
        probe = fitted_to(others)
        state[fold] = [probe.log_odds(questions[row]) for row in fold]
    without = np.column_stack([kept["relevance"], kept["says_yes"]])
    columns = np.column_stack([without, state])
    joint = LogisticRegression(C=10)
    weights = clone(joint).fit(columns[asked], answerable[asked], sample_weight=counts[asked])
    print(f"{len(answerable)} questions, {asked.sum()} with the model's word")
    print(f"fitted: {weights.intercept_.round(2)} {weights.coef_.round(2)}; in use: {OF_WORD_AND_STATE}")
    decisions = {
        "relevance and word": left_out(joint, without),
        "state": state,
        "relevance, word and state": left_out(joint, columns),
        "in use": OF_WORD_AND_STATE[0] + columns @ OF_WORD_AND_STATE[1:],
    }
    for name, decision in decisions.items():
        for data in ("squad2", "clapnq", "written"):
            there = (sample == data) & ~np.isnan(decision)
            yes, no = decision[there & answerable], decision[there & ~answerable]
            refused = ", ".join(f"{(no < np.quantile(yes, cost)).mean():.2f} at {cost:.2f}" for cost in COSTS)
            area = roc_auc_score(answerable[there], decision[there])
            print(f"{name}, {there.sum()} of {data}: ROC-AUC {area:.3f}; refused {refused}")
    for threshold in sorted(set(LEAST_LIKELY.values())):
        below = decisions["in use"][asked] < math.log(threshold / (1 - threshold))
        kinds = np.array([f"{data} {kind}" for data, kind in zip(sample[asked], answerable[asked], strict=True)])
        shares = {str(kind): f"{below[kinds == kind].mean():.2f}" for kind in sorted(set(kinds))}
        print(f"refused below {threshold}: {shares}")
    write_probe("answerable", MODEL, LAYERS, fitted_to(everyone))


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"] and len(sys.argv) == 3:
        read(Path(sys.argv[2]))
    elif sys.argv[1:] == ["fit"]:
        fit()
    else:
        sys.exit(__doc__)
