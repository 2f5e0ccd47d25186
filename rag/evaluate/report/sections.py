"""What the page of each kind of run shows: its plots, and the rows of its table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.datatypes import Status
from rag.evaluate import answer, retrieve, verify
from rag.evaluate.metrics.confusion import count_decisions
from rag.evaluate.report.answers import FAILED, RIGHT, UNSCORED, WRONG, ShownAnswer, show_answer
from rag.evaluate.report.claims import share_sources, show_claim
from rag.evaluate.report.curves import refusal_curve, roc_curve
from rag.evaluate.report.plots import (
    Plot,
    plot_estimates,
    plot_histogram,
    plot_refusals,
    plot_roc,
    plot_score,
)
from rag.evaluate.report.searches import show_search
from rag.evaluate.run import Estimates, Record, Run
from rag.evaluate.scoring import Scorer

STATUSES = tuple(status.value for status in Status)
# Metrics of answers, by what they speak of; all lie between 0 and 1.
GROUPS: dict[str, tuple[str, ...]] = {
    "Answers": ("exact_match", "token_f1", "contains_gold", "contains_borne_gold", "rouge_l", "judge_agrees"),
    "Refusals": ("refusal_precision", "refusal_recall", "refusal_f1", "false_refusal"),
    "Citations": (
        "citation_precision",
        "citation_recall",
        "citation_hit_rate",
        "citation_neighbour_precision",
        "citation_neighbour_recall",
        "citation_paragraph_precision",
        "citation_paragraph_recall",
        "citation_exactness",
    ),
    "Sentences by status": STATUSES,
    "Failures": ("failed", "judge_failed"),
}
TOKENS = {"prompt_tokens": "Tokens of the prompt", "completion_tokens": "Tokens of the reply"}
REFUSED = {"answerable": "false_refusal", "unanswerable": "refusal_recall"}
DECISIONS: dict[str, tuple[str, ...]] = {"Decisions": ("accuracy", *verify.DECISIONS, "roc_auc")}


@dataclass(frozen=True, slots=True)
class Section:
    """Plots under a heading."""

    title: str
    plots: list[Plot]


def draw_sections(run: Run, records: Sequence[Record], scorer: Scorer) -> list[Section]:
    """Draw the plots of a run; a section without any is left out."""
    # Most kinds of edit hold wrong claims only, of which accuracy alone can speak.
    by_kind = ("accuracy", *scorer.headline) if run.kind == verify.KIND else scorer.headline
    drawn: dict[str, Sequence[Plot | None]] = {
        "Metrics": [
            plot_estimates(f"metric-{place}", title, estimates, scorer.lower_is_better)
            for place, (title, estimates) in enumerate(_group(run).items())
        ],
        "By kind": [
            plot_estimates(f"kind-{place}", f"{name} by kind", _by_kind(run, name))
            for place, name in enumerate(by_kind)
            if len(run.by_kind) > 1
        ],
        "Curves": _roc(records) if run.kind == verify.KIND else _thresholds(run, records),
        "Time and tokens" if run.kind == answer.KIND else "Time": _costs(records),
    }
    sections = [Section(title, [plot for plot in plots if plot]) for title, plots in drawn.items()]
    return [section for section in sections if section.plots]


def show_answers(run: Run, records: Sequence[Record]) -> dict[str, Any]:
    """Return what the page of an answer run shows beside its plots."""
    rows = [show_answer(record) for record in records]
    return {
        "rows": rows,
        "outcomes": _count_outcomes(rows),
        "filters": {
            "kind": _options(kind for row in rows for kind in row.record["kinds"]),
            "result": _options((row.result for row in rows), (RIGHT, WRONG, UNSCORED, FAILED)),
            "refused": ["yes", "no"],
            "status": _options((status for row in rows for status in row.statuses), STATUSES),
        },
    }


def show_searches(run: Run, records: Sequence[Record]) -> dict[str, Any]:
    """Return what the page of a retrieval run shows beside its plots."""
    cutoff = max(run.head["settings"]["cutoffs"])
    rows = [show_search(record, cutoff) for record in records]
    return {
        "rows": rows,
        "cutoff": cutoff,
        "filters": {
            "kind": _options(kind for row in rows for kind in row.record["kinds"]),
            "result": _options((row.result for row in rows), ("found", "missed", UNSCORED)),
        },
    }


def show_claims(run: Run, records: Sequence[Record]) -> dict[str, Any]:
    """Return what the page of a verifier run shows beside its plots; a source that claims share is shown once."""
    sources = share_sources(records)
    rows = [show_claim(record, sources) for record in records]
    return {
        "rows": rows,
        "sources": list(sources),
        "filters": {
            "kind": _options(kind for row in rows for kind in row.record["kinds"]),
            "result": [RIGHT, WRONG],
            "status": _options((row.record["status"] for row in rows), STATUSES),
        },
    }


SHOWN: Mapping[str, Callable[[Run, Sequence[Record]], dict[str, Any]]] = {
    answer.KIND: show_answers,
    retrieve.KIND: show_searches,
    verify.KIND: show_claims,
}


def _group(run: Run) -> dict[str, Estimates]:
    """Return the metrics that lie between 0 and 1, by what they speak of."""
    if run.kind == retrieve.KIND:
        return {f"{level.capitalize()} level": _of_level(run.metrics, level) for level in retrieve.LEVELS}
    groups = DECISIONS if run.kind == verify.KIND else GROUPS
    return {
        title: {name: run.metrics[name] for name in names if name in run.metrics} for title, names in groups.items()
    }


def _of_level(metrics: Estimates, level: str) -> Estimates:
    """Return a level's metrics without its name, those of one sort together: hits@1, hits@5, …, recall@1."""
    own = {
        name.removeprefix(f"{level}."): estimate for name, estimate in metrics.items() if name.startswith(f"{level}.")
    }
    order = list(retrieve.METRICS)
    return dict(sorted(own.items(), key=lambda item: order.index(item[0].partition("@")[0])))


def _by_kind(run: Run, metric: str) -> Estimates:
    kinds = {kind: metrics[metric] for kind, metrics in run.by_kind.items() if metric in metrics}
    return {"all": run.metrics[metric]} | kinds if metric in run.metrics else {}


def _thresholds(run: Run, records: Sequence[Record]) -> list[Plot]:
    """Draw what a threshold on the relevance would do; that takes questions of both sorts."""
    scored = [record for record in records if "relevance" in record]
    answerable = [record["answerable"] for record in scored]
    if all(answerable) or not any(answerable):
        return []
    points = refusal_curve([record["relevance"] for record in scored], answerable)
    real = {label: run.metrics[name].mean for label, name in REFUSED.items() if name in run.metrics}
    return [plot_refusals("refusals", points, real), plot_score("score", points)]


def _roc(records: Sequence[Record]) -> list[Plot]:
    points = roc_curve([record["score"] for record in records], [record["supported"] for record in records])
    if not points:
        return []
    decided = count_decisions((record["status"] in verify.BORNE, record["supported"]) for record in records)
    let_through = decided.false_positives / (decided.false_positives + decided.true_negatives)
    return [plot_roc("roc", points, (let_through, decided.recall or 0.0))]


def _costs(records: Sequence[Record]) -> list[Plot | None]:
    seconds = [record["seconds"] for record in records if record["seconds"] is not None]
    usages = [record["answer"]["usage"] for record in records if record.get("answer")]
    # Where the model was not asked, there is nothing to count.
    tokens = {part: [usage[part] for usage in usages if usage["prompt_tokens"]] for part in TOKENS}
    return [
        plot_histogram("seconds", "Time", "seconds", seconds),
        *(plot_histogram(part, title, "tokens", tokens[part]) for part, title in TOKENS.items()),
    ]


def _count_outcomes(rows: Iterable[ShownAnswer]) -> dict[str, dict[str, int]]:
    """Count how the answerable and the unanswerable questions came out."""
    outcomes: dict[str, dict[str, int]] = {}
    for row in rows:
        sort = "answerable" if row.record["answerable"] else "unanswerable"
        outcome = "refused" if row.refused else FAILED if row.refused is None else f"answered, {row.result}"
        of_sort = outcomes.setdefault(sort, {})
        of_sort[outcome] = of_sort.get(outcome, 0) + 1
    return outcomes


def _options(values: Iterable[str], order: Sequence[str] = ()) -> list[str]:
    """Return the values that occur, in the given order, else sorted."""
    occurring = set(values)
    return [value for value in order or sorted(occurring) if value in occurring]
