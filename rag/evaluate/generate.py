"""Writes cases from the user's own articles, and keeps those that hold in a round trip.

The language model is given a chunk and writes a question, its answer, and the sentence that bears it. What it writes is
believed only as far as it can be checked: the quote stands in the chunk and holds the answer, the question finds the
quote, and the model answers it with the quote and not without. A question that the articles should not answer is kept
where they are found and the model, given them, finds no answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rag.assistant import Assistant
from rag.conditions import Condition
from rag.datatypes import Chunk, Document, Hit
from rag.evaluate.answer import plain_text
from rag.evaluate.cases import Case, Evidence
from rag.evaluate.gold import overlaps
from rag.evaluate.metrics.answer import contains_gold
from rag.evaluate.metrics.citation import Span, locate_quote
from rag.prompt import render_prompt
from rag.retrieve import Retriever

MOST_TOKENS = 200
# One case in so many is to be one that the articles cannot answer.
UNANSWERABLE_EVERY = 5
LINE = re.compile(r"^\W*(question|answer|quote)\W*:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
QUOTATION_MARKS = "\"'“”‘’*"


class Outcome(StrEnum):
    """What came of a question that the model wrote."""

    KEPT = "kept"
    NOT_UNDERSTOOD = "the model did not write what it was asked for"
    QUOTE_NOT_FOUND = "the quote does not stand in the article"
    ANSWER_NOT_QUOTED = "the quote does not hold the answer"
    NOT_RETRIEVED = "the question does not find its source"
    NOT_ANSWERED = "the model does not answer it with its source"
    ANSWERED_WITHOUT = "the model answers it without its source"
    ANSWERED = "the model answers what the article should not say"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A question with what came of it; the case is None unless it was kept."""

    outcome: Outcome
    case: Case | None = None


class _RetrieverWithout(Retriever):
    """Finds what the library would offer if it lacked a quote."""

    def __init__(self, like: Retriever, quote: Span) -> None:
        super().__init__(like.library, like.candidates, like.mode, like.reranker)
        self.quote = quote

    def search(self, question: str, count: int, where: Sequence[Condition] = ()) -> list[Hit]:
        hits = super().search(question, self.candidates, where)
        return [hit for hit in hits if not overlaps(hit.chunk, hit.document, [self.quote])][:count]


def generate_cases(assistant: Assistant, count: int, seed: int = 0) -> Iterator[Attempt]:
    """Write cases until ``count`` of them are kept or every chunk was tried once; yield each attempt."""
    library = assistant.library
    ids = [key for document in library.documents() for key in library.database.chunk_ids(document.id)]
    kept = unanswerable = 0
    for key in np.random.default_rng(seed).permutation(ids).tolist():
        if kept == count:
            return
        chunk, document = library.chunks([key])[key]
        if (kept + 1) // UNANSWERABLE_EVERY > unanswerable:
            attempt = _try_unanswerable(assistant, chunk, document)
        else:
            attempt = _try_answerable(assistant, chunk, document)
        if attempt.case:
            kept += 1
            unanswerable += not attempt.case.answerable
        yield attempt


def _try_answerable(assistant: Assistant, chunk: Chunk, document: Document) -> Attempt:
    written = _write(assistant, "generate", chunk, document)
    if written.keys() != {"question", "answer", "quote"}:
        return Attempt(Outcome.NOT_UNDERSTOOD)
    question, answer = written["question"], written["answer"].rstrip(".")
    found = locate_quote(document.id, chunk.text, written["quote"])
    if not found:
        return Attempt(Outcome.QUOTE_NOT_FOUND)
    quote = Span(document.id, chunk.start + found.start, chunk.start + found.end)
    if not contains_gold(document.text[quote.start : quote.end], [answer]):
        return Attempt(Outcome.ANSWER_NOT_QUOTED)
    if not any(overlaps(hit.chunk, hit.document, [quote]) for hit in assistant.search(question)):
        return Attempt(Outcome.NOT_RETRIEVED)
    if not _answers(assistant, question, answer):
        return Attempt(Outcome.NOT_ANSWERED)
    without = Assistant(assistant.library, settings=assistant.settings, generator=assistant.generator)
    without.retriever = _RetrieverWithout(assistant.retriever, quote)
    if _answers(without, question, answer):
        return Attempt(Outcome.ANSWERED_WITHOUT)
    evidence = Evidence(document.source, document.text[quote.start : quote.end])
    case = Case(_id(chunk, document), question, True, (answer,), (evidence,), kind="generated")
    return Attempt(Outcome.KEPT, case)


def _try_unanswerable(assistant: Assistant, chunk: Chunk, document: Document) -> Attempt:
    question = _write(assistant, "generate-unanswerable", chunk, document).get("question")
    if not question:
        return Attempt(Outcome.NOT_UNDERSTOOD)
    answer = assistant.ask(question)
    if all(hit.document.id != document.id for hit in answer.hits):
        return Attempt(Outcome.NOT_RETRIEVED)
    if not answer.refused:
        return Attempt(Outcome.ANSWERED)
    return Attempt(Outcome.KEPT, Case(_id(chunk, document), question, False, kind="generated-unanswerable"))


def _write(assistant: Assistant, template: str, chunk: Chunk, document: Document) -> dict[str, str]:
    messages = render_prompt(template, assistant.settings.prompts, title=document.title, text=chunk.text)
    reply = "".join(piece.text for piece in assistant.generator.stream(messages, MOST_TOKENS))
    found = ((name.lower(), text.strip(QUOTATION_MARKS).strip()) for name, text in LINE.findall(reply))
    return {name: text for name, text in found if text}


def _answers(assistant: Assistant, question: str, gold: str) -> bool:
    return bool(contains_gold(plain_text(assistant.ask(question).to_dict()), [gold]))


def _id(chunk: Chunk, document: Document) -> str:
    return f"{document.source}:{chunk.start}"
