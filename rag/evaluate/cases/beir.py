"""A BEIR folder, as published: ``corpus.jsonl``, ``queries.jsonl`` and graded relevance in ``qrels/*.tsv``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from rag.datatypes import Document
from rag.errors import DataError
from rag.evaluate.cases.datatypes import Case, CaseSet, Text
from rag.evaluate.cases.records import Problems, read_lines, read_records

HEADER = [b"query-id", b"corpus-id", b"score"]


@dataclass(frozen=True, slots=True)
class _Query:
    id: Annotated[Text, Field(alias="_id")]
    text: Text


@dataclass(frozen=True, slots=True)
class _Document:
    id: Annotated[Text, Field(alias="_id")]
    text: str
    title: str = ""


def read_beir(folder: Path, problems: Problems) -> CaseSet:
    """Read a BEIR folder; its cases are the queries that the chosen split grades."""
    if not (folder / "corpus.jsonl").exists():
        raise DataError(
            f"{folder} has no corpus.jsonl; a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/*.tsv."
        )
    corpus = read_records(folder / "corpus.jsonl", _Document, problems)
    queries = read_records(folder / "queries.jsonl", _Query, problems)
    qrels: dict[str, dict[str, int]] = {}
    for place, line in read_lines(_qrels_file(folder / "qrels")):
        if line.split() == HEADER:
            continue
        with problems.at(place):
            query, document, grade = _qrel(line)
            if query not in queries:
                raise ValueError(f"query {query!r} is not in queries.jsonl")
            if qrels.setdefault(query, {}).setdefault(document, grade) != grade:
                raise ValueError(f"query {query!r} grades document {document!r} twice, differently")
    cases = tuple(
        Case(query, queries[query].text, answerable=any(grade > 0 for grade in grades.values()))
        for query, grades in qrels.items()
    )
    documents = tuple(Document(id=it.id, text=it.text, title=it.title, source=it.id) for it in corpus.values())
    return CaseSet(folder.resolve().name, cases, documents, qrels, problems.n)


def _qrels_file(folder: Path) -> Path:
    files = sorted(folder.glob("*.tsv"))
    test = folder / "test.tsv"
    if test in files:
        return test
    if len(files) != 1:
        raise DataError(f"{folder} must hold test.tsv or a single .tsv file, not {len(files)} of them.")
    return files[0]


def _qrel(line: bytes) -> tuple[str, str, int]:
    fields = line.decode().split("\t")
    if len(fields) != 3 or not all(fields):
        raise ValueError("expected a query's id, a document's id and a grade, parted by tabs")
    query, document, grade = fields
    try:
        return query, document, int(grade)
    except ValueError:
        raise ValueError(f"the grade {grade!r} is not a whole number") from None
