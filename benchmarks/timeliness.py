"""How much an article's date should count where a question names a time, or asks for what is newest.

    python benchmarks/timeliness.py > benchmarks/runs/timeliness.txt

The sample articles and tests/cases/dated-articles.jsonl, 35 further ones in series that say nearly the same with other
figures, and the questions of tests/cases/dated-questions.jsonl: some want the article of the time that they name, or
the newest; others name a time, or ask for the newest, and want an older article or one of another date. A column is the
share whose first Hit is of the article that is wanted.
"""

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rag.library import Library
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.time_words import read_time
from rag.timeliness import WEIGHT, weigh_dates

ROOT = Path(__file__).parent.parent
WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.7, 1.0)
TODAY = date(2025, 11, 22)


def main() -> None:
    """Print a row for each weight."""
    questions = read("dated-questions.jsonl")
    kinds = list(dict.fromkeys(question["kind"] for question in questions))
    print("weight  " + "  ".join(kinds) + "  all")
    with TemporaryDirectory() as folder:
        retriever = Retriever(make_library(Path(folder)), Settings.read().candidates)
        proposed = [propose(retriever, question["question"]) for question in questions]
        for weight in WEIGHTS:
            right: dict[str, list[bool]] = {kind: [] for kind in kinds}
            for question, candidates in zip(questions, proposed, strict=True):
                right[question["kind"]].append(first(question["question"], candidates, weight) in question["want"])
            everything = [each for of_kind in right.values() for each in of_kind]
            cells = [f"{sum(right[kind]) / len(right[kind]):{len(kind)}.2f}" for kind in kinds]
            used = "  in use" if weight == WEIGHT else ""
            print(f"{weight:6.2f}  " + "  ".join(cells) + f"  {sum(everything) / len(everything):.3f}{used}")


def make_library(folder: Path) -> Library:
    """Index the sample articles and those in series."""
    for path in (ROOT / "seeds").glob("*.md"):
        (folder / path.name).write_bytes(path.read_bytes())
    for article in read("dated-articles.jsonl"):
        head = f"---\ntitle: {json.dumps(article['title'])}\ndate: {article['date']}\n---\n"
        (folder / f"{article['name']}.md").write_text(head + article["text"], encoding="utf-8")
    library = Library.open(folder / ".rag", Settings.read())
    library.index(folder)
    return library


def propose(retriever: Retriever, question: str) -> list[tuple[str, str | None, float]]:
    """Return the source, the date and the reranker's score of each candidate."""
    hits = retriever.propose(retriever.find(question, retriever.candidates))
    scores = retriever.reranker.score(question, hits)
    return [(hit.document.source, hit.document.date, score) for hit, score in zip(hits, scores, strict=True)]


def first(question: str, candidates: list[tuple[str, str | None, float]], weight: float) -> str:
    """Return the source of the best candidate."""
    sources, dates, scores = zip(*candidates, strict=True)
    added = weigh_dates(read_time(question, TODAY), dates, scores, weight)
    best = max(range(len(candidates)), key=lambda number: scores[number] + added[number])
    return str(sources[best])


def read(name: str) -> list[dict[str, Any]]:
    """Return the objects of a file of tests/cases, one a line."""
    lines = (ROOT / "tests" / "cases" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
