"""Write the README's table of measured figures from the stored runs, or check that it is theirs.

    python benchmarks/table.py            # write it
    python benchmarks/table.py --check    # exit 1 where the README says something else

benchmarks/README.md has the command of each run.
"""

import sys
from pathlib import Path

from rag.evaluate.run import Run
from rag.evaluate.statistics import Estimate

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- measured: made by benchmarks/table.py from benchmarks/runs/ -->\n", "<!-- /measured -->"

# The run, the kind of its cases (None for all), the metric, and what to call it.
ROWS: tuple[tuple[str, str, tuple[tuple[str | None, str, str], ...]], ...] = (
    (
        "squad2-100",
        "100 questions to 19 Wikipedia articles (SQuAD 2.0), default models",
        (
            ("answerable", "contains_gold", "answers that contain the gold answer"),
            ("answerable", "contains_borne_gold", "and cite words that bear it"),
            ("answerable", "citation_paragraph_precision", "cited passages that are the gold paragraph"),
            ("answerable", "false_refusal", "answerable questions refused"),
            ("absent", "refusal_recall", "questions on other subjects refused"),
            ("adversarial", "refusal_recall", "questions made to mislead refused"),
            (None, "citation_exactness", "answers whose citations are all exact quotes"),
            (None, "prompt_tokens", "prompt tokens, mean"),
            (None, "seconds_p50", "seconds per question, median, 2 cores"),
        ),
    ),
    (
        "clapnq-60",
        "60 natural questions with long answers (CLAP NQ), half of them without one, default models",
        (
            (None, "citation_paragraph_precision", "cited passages that hold a supporting sentence"),
            (None, "citation_precision", "cited sentences that are supporting sentences"),
            (None, "citation_recall", "supporting sentences that are cited"),
            (None, "citation_neighbour_precision", "citations of a supporting sentence or one beside it"),
            (None, "citation_neighbour_recall", "supporting sentences that are cited, or one beside"),
            (None, "refusal_f1", "refusals, F1"),
            (None, "false_refusal", "answerable questions refused"),
        ),
    ),
    (
        "written-60",
        "60 questions written for other passages of CLAP NQ, most of them near what these say, default models",
        (
            (None, "refusal_recall", "questions without an answer refused"),
            (None, "false_refusal", "answerable questions refused"),
        ),
    ),
    (
        "seeds",
        "66 questions to the sample articles, most of them hard, on which the rules were made, default models",
        (
            (None, "contains_gold", "answers that contain the right one"),
            (None, "false_refusal", "answerable questions refused"),
            (None, "refusal_recall", "questions without an answer refused"),
        ),
    ),
    (
        "squad2-retrieve",
        "3,018 questions to the same articles, search alone",
        (
            (None, "chunk.hits@1", "hit@1, chunks of at most 256 tokens"),
            (None, "chunk.hits@5", "hit@5"),
            (None, "chunk.mrr@10", "MRR@10"),
        ),
    ),
    (
        "scifact-retrieve",
        "300 claims against 5,183 abstracts (BEIR scifact), search alone",
        ((None, "document.ndcg@10", "nDCG@10"),),
    ),
    (
        "scifact-lexical",
        "the same by BM25 alone (published: .679)",
        ((None, "document.ndcg@10", "nDCG@10"),),
    ),
    (
        "summedits-verify",
        "418 one-edit news summaries, the verifier alone",
        ((None, "balanced_accuracy", "balanced accuracy"),),
    ),
    (
        "summedits-state",
        "the same with the default model's state as a further verifier (`--verifier`)",
        (
            (None, "entailment_balanced_accuracy", "balanced accuracy of its state alone"),
            (None, "balanced_accuracy", "balanced accuracy of all checks and it"),
        ),
    ),
)


def table() -> str:
    """Return the table in Markdown."""
    lines = ["| data | figure | value | 95 % interval | cases |", "|---|---|---|---|---|"]
    for folder, data, rows in ROWS:
        run = Run.read(HERE / "runs" / folder)
        for kind, metric, name in rows:
            estimate = (run.by_kind[kind] if kind else run.metrics)[metric]
            lines.append(f"| {data} | {name} | {_figures(estimate)} | {estimate.n} |")
            data = ""
    return "\n".join(lines) + "\n"


def _figures(estimate: Estimate) -> str:
    assert estimate.mean is not None
    digits = 0 if estimate.mean > 20 else 1 if estimate.mean > 1 else 2
    interval = "–" if estimate.low is None else f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}"
    return f"{estimate.mean:.{digits}f} | {interval}"


def main() -> None:
    """Write or check the table."""
    readme = README.read_text(encoding="utf-8")
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    made = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if sys.argv[1:] == ["--check"]:
        if made != readme:
            sys.exit("The README's table is not that of the stored runs; run `python benchmarks/table.py`.")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        README.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
