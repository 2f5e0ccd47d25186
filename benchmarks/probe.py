"""Fit the probe of the default language model: what its state says of whether the excerpts answer the question.

    python benchmarks/probe.py read ../shared/eval  # an hour of the model, kept in .rag-benchmark/probe.npz
    python benchmarks/probe.py fit                  # from what is kept: the probe, and what it is worth

Questions to SQuAD 2.0's articles that are not among the 100 of cases-100.jsonl, and to CLAP NQ's passages that are not
among the 60 of the stored run. Questions with the same best chunk are read behind the same excerpts, those of one of
them, since the model then reads the excerpts once. The model's word is asked for in some groups only: it takes three
times as long, and few weights need fewer questions. Every figure printed is of articles that the fit left out.
"""

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

from rag.answerable import LEAST_LIKELY, LEAST_RELEVANCE, OF_WORD_AND_STATE, REPLIES, best_relevance, surer_yes
from rag.assistant import Assistant
from rag.datatypes import Hit
from rag.evaluate.cases import Case, read_cases
from rag.evaluate.sample import draw_sample
from rag.generate import Generator, Message
from rag.library import Library
from rag.llama import LlamaCppGenerator
from rag.probe import Probe
from rag.prompt import Passage, lay_out, render_prompt, select_evidence
from rag.settings import Settings

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.fit_probe import fit_probe
from benchmarks.together import Together
from benchmarks.write_probe import write_probe

KEPT = Path(".rag-benchmark") / "probe.npz"
MODEL = "qwen2.5-coder-1.5b-instruct"
LAYERS = slice(16, 20)
# The groups are taken from the largest; of every so manieth the model's word is asked for.
LARGEST, GROUPS, WORD_OF_EACH = 300, 170, 10
ABSENT, STORED_CLAPNQ = 30, 60
# CLAP NQ's questions are people's own, to a search engine. There are a tenth as many, and each counts twice.
WEIGHT_OF_CLAPNQ = 2
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


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what search found for it."""

    text: str
    answerable: bool
    document: str
    relevance: float
    passages: Sequence[Passage]

    @property
    def asked(self) -> str:
        """The question as it stands in the prompt."""
        return f"{self.text.rstrip(' ?.')}?"

    @property
    def prompt(self) -> list[Message]:
        """What the model is asked."""
        return render_prompt("answerable", passages=self.passages, question=self.asked)


class Kept:
    """What is kept of each question, by column."""

    def __init__(self) -> None:
        self.columns: dict[str, list[object]] = defaultdict(list)
        self.tokens: list[NDArray[np.float16]] = []

    def add(self, sample: str, question: Question, values: NDArray[np.float32], says_yes: float) -> None:
        self.tokens.append(values[LAYERS].astype(np.float16))
        row = {
            "sample": sample,
            "tokens": values.shape[1],
            "says_yes": says_yes,
            "relevance": question.relevance,
            "answerable": question.answerable,
            "document": question.document,
        }
        for name, value in row.items():
            self.columns[name].append(value)
        print(f"\r{sample} {len(self.columns[name])}", end="", file=sys.stderr)

    def save(self) -> None:
        columns: dict[str, Any] = {name: np.array(column) for name, column in self.columns.items()}
        # Questions differ in length: the values of all their tokens stand one behind another.
        np.savez_compressed(KEPT, values=np.concatenate(self.tokens, axis=1), **columns)


def read(data: Path) -> None:
    """Have the model read each question behind its excerpts, and keep its state at the question's end."""
    squad = open_assistant(data / "squad2" / "articles")
    clapnq = open_assistant(data / "clapnq" / "articles")
    of_squad = read_cases(data / "squad2" / "cases.jsonl").cases
    of_clapnq = read_cases(data / "clapnq" / "cases.jsonl").cases
    measured = {case.id for case in read_cases(data / "squad2" / "cases-100.jsonl").cases}
    stored = {case.id for case in draw_sample(of_clapnq, STORED_CLAPNQ, 0, None)}
    kept = Kept()
    generator = squad.generator
    assert isinstance(generator, LlamaCppGenerator)

    def read_alone(sample: str, question: Question) -> None:
        weighed = generator.weigh(question.prompt, REPLIES, question.asked)
        kept.add(sample, question, keeper.seen.pop(), surer_yes(*weighed.replies))

    nothing = np.zeros((0, 0), dtype=np.float32)
    generator.answerable_probe = keeper = Keeper(0, 0.0, nothing, nothing, nothing)
    for question in alone(clapnq, generator, [case for case in of_clapnq if case.id not in stored]):
        read_alone("clapnq", question)
    # What CLAP NQ's passages answer is nowhere in SQuAD's.
    absent = [case for case in of_clapnq if case.answerable and f"absent-{case.id}" not in measured]
    for question in alone(squad, generator, random.Random(4).sample(absent, ABSENT)):
        read_alone("absent", replace(question, answerable=False))
    together = Together(generator)
    for number, group in enumerate(groups(squad, generator, [case for case in of_squad if case.id not in measured])):
        if number % WORD_OF_EACH == 0:
            for question in group:
                read_alone("squad2", question)
        else:
            all_values = together.values([question.prompt for question in group], [each.asked for each in group])
            for question, values in zip(group, all_values, strict=True):
                kept.add("squad2", question, values, math.nan)
    kept.save()


def groups(assistant: Assistant, generator: Generator, cases: Sequence[Case]) -> Iterator[list[Question]]:
    """Give questions in groups with the same best chunk, behind the excerpts of one of the group.

    Those whose answer does not stand there are left out.
    """
    found: dict[int, list[tuple[Case, list[Hit]]]] = defaultdict(list)
    for case in cases:
        if hits := assistant.search(case.question):
            found[hits[0].chunk.id].append((case, hits))
    chosen = random.Random(2)
    for group in chosen.sample(sorted(found.values(), key=len, reverse=True)[:LARGEST], GROUPS):
        passages = show(assistant, generator, chosen.choice(group)[1])
        shown = " ".join(passage.text for passage in passages).casefold()
        yield [
            Question(case.question, case.answerable, hits[0].document.source, best_relevance(hits), passages)
            for case, hits in group
            if not case.answerable or any(answer.casefold() in shown for answer in case.answers)
        ]


def alone(assistant: Assistant, generator: Generator, cases: Sequence[Case]) -> Iterator[Question]:
    """Give questions with their own excerpts, but for those to which nothing relevant is found."""
    for case in cases:
        hits = assistant.search(case.question)
        if best_relevance(hits) >= LEAST_RELEVANCE:
            # The subject is the question's own: no two of them share an article.
            passages = show(assistant, generator, hits)
            yield Question(case.question, case.answerable, case.id, best_relevance(hits), passages)


def show(assistant: Assistant, generator: Generator, hits: Sequence[Hit]) -> list[Passage]:
    """Return what the model is shown of the Hits."""
    return lay_out(select_evidence(hits, generator.count_tokens, assistant.settings.evidence_tokens))


def open_assistant(articles: Path) -> Assistant:
    """Return who answers from these articles."""
    library = Library.open(Path(".rag-benchmark") / articles.parent.name, Settings.read())
    library.index(articles)
    return Assistant(library)


def fit() -> None:
    """Write the probe, and print what it is worth and the constants of rag/answerable.py beside it."""
    kept = np.load(KEPT)
    answerable, sample = kept["answerable"], kept["sample"]
    ends = np.cumsum(kept["tokens"])[:-1]
    questions = np.split(kept["values"].astype(np.float32), ends, axis=1)
    folds = list(GroupKFold(FOLDS, shuffle=True, random_state=0).split(questions, answerable, kept["document"]))
    everyone = np.arange(len(answerable))
    counts = np.where(sample == "clapnq", WEIGHT_OF_CLAPNQ, 1)
    asked = ~np.isnan(kept["says_yes"])

    def fitted_to(rows: NDArray[np.int64]) -> Probe:
        return fit_probe([questions[row] for row in rows], answerable[rows], counts[rows], COST_OF_HEAD)

    def left_out(model: ClassifierMixin, columns: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.full(len(columns), np.nan, dtype=np.float32)
        for others, fold in folds:
            known, unknown = np.repeat(others, counts[others]), fold[asked[fold]]
            known = known[asked[known]]
            found[unknown] = clone(model).fit(columns[known], answerable[known]).decision_function(columns[unknown])
        return found

    state = np.empty(len(answerable), dtype=np.float32)
    for others, fold in folds:
        probe = fitted_to(others)
        state[fold] = [probe.log_odds(questions[row]) for row in fold]
    without = np.column_stack([kept["relevance"], kept["says_yes"]])
    columns = np.column_stack([without, state])
    joint = LogisticRegression(C=10)
    weights = clone(joint).fit(columns[asked], answerable[asked])
    print(f"{len(answerable)} questions, {asked.sum()} with the model's word")
    print(f"fitted: {weights.intercept_.round(2)} {weights.coef_.round(2)}; in use: {OF_WORD_AND_STATE}")
    decisions = {
        "relevance and word": left_out(joint, without),
        "state": state,
        "relevance, word and state": left_out(joint, columns),
        "in use": OF_WORD_AND_STATE[0] + columns @ OF_WORD_AND_STATE[1:],
    }
    for name, decision in decisions.items():
        for data in ("squad2", "clapnq"):
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
