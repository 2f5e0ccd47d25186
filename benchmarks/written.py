"""The questions that were written here about CLAP NQ's passages."""

from pathlib import Path

from rag.evaluate.cases import Case

WRITTEN = Path(__file__).parent / "questions.jsonl"


def passage_of(case: Case) -> str:
    """Return the passage that a question was written for: the name of its article's file, without the suffix."""
    return case.id.rpartition("-")[0]
