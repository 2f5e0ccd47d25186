"""SQuAD 1.1 and 2.0, as published: articles of paragraphs, each with its questions."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rag.datatypes import Document
from rag.errors import DataError
from rag.evaluate.cases.datatypes import Case, CaseSet, Evidence, Text
from rag.evaluate.cases.records import Problems, add_record, fault_of, open_data


@dataclass(frozen=True, slots=True)
class _Answer:
    text: str


@dataclass(frozen=True, slots=True)
class _Question:
    id: Text
    question: Text
    answers: list[_Answer]
    is_impossible: bool = False  # SQuAD 1.1 has only questions that can be answered


@dataclass(frozen=True, slots=True)
class _Paragraph:
    context: Text
    qas: list[Any]


@dataclass(frozen=True, slots=True)
class _Article:
    title: Text
    paragraphs: list[_Paragraph]


@dataclass(frozen=True, slots=True)
class _File:
    data: list[_Article]


def read_squad(path: Path, problems: Problems) -> CaseSet:
    """Read a SQuAD file; one question can be left out as malformed, a broken frame around them cannot."""
    with open_data(path) as file:
        content = file.read().removeprefix(codecs.BOM_UTF8)
    try:
        articles = TypeAdapter(_File).validate_json(content, strict=True).data
    except ValidationError as error:
        raise DataError(f"{path} is not SQuAD's JSON: {fault_of(error)}.") from error
    question_type = TypeAdapter(_Question)
    documents: dict[str, Document] = {}
    cases: dict[str, Case] = {}
    for article_at, article in enumerate(articles):
        title = article.title.replace("_", " ")
        name = f"{_slug(title)}.md"
        if name in documents:
            raise DataError(f"{path}, data.{article_at}: a second article would be named {name}; rename one of them.")
        text = "\n\n".join(paragraph.context for paragraph in article.paragraphs)
        documents[name] = Document(id=name, text=text, title=title, source=name)
        for paragraph_at, paragraph in enumerate(article.paragraphs):
            for question_at, raw in enumerate(paragraph.qas):
                with problems.at(f"{path}, data.{article_at}.paragraphs.{paragraph_at}.qas.{question_at}"):
                    question = question_type.validate_python(raw)
                    add_record(cases, _case_of(question, Evidence(name, paragraph.context)))
    return CaseSet(path.stem, tuple(cases.values()), tuple(documents.values()), skipped=problems.n)


def _case_of(question: _Question, evidence: Evidence) -> Case:
    answers = tuple(dict.fromkeys(answer.text for answer in question.answers))
    if question.is_impossible:
        return Case(question.id, question.question, answerable=False, answers=answers, kind="adversarial")
    if not answers:
        raise ValueError("the question has no answer, yet is_impossible is not true")
    return Case(question.id, question.question, True, answers, (evidence,), kind="answerable")


def _slug(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower()).strip("-")
