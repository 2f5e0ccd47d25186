"""What the page shows of each answered question: how it came out, and the sources with their marked words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.datatypes import Status
from rag.evaluate.answer import answer_metrics
from rag.evaluate.report.spans import Mark, Part, cut_at_markers, cut_at_marks, shorten
from rag.evaluate.run import Record

# How a case came out; the words are those of the page's filter.
RIGHT, WRONG, UNSCORED, FAILED = "right", "wrong", "not scored", "failed"


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence of an answer, cut at its markers; ``failed`` names the checks that it did not pass."""

    status: str
    pieces: list[tuple[str, int | None]]
    failed: tuple[str, ...]
    said: bool


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A part of an article around the words that are cited or that bear the right answer."""

    title: str
    source: str
    date: str | None
    parts: list[Part]
    cited: bool


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """A case with its answer, as a row of the page's table; ``others`` are the articles found but not cited."""

    record: Record
    metrics: Mapping[str, float | None]
    result: str
    sentences: list[ShownSentence]
    sources: list[ShownSource]
    others: list[dict[str, Any]]

    @property
    def refused(self) -> bool | None:
        """Whether no answer was given; None where the question could not be asked."""
        answer = self.record["answer"]
        return None if answer is None else bool(answer["refused"])

    @property
    def statuses(self) -> list[str]:
        """The statuses that its sentences have, the best first."""
        return [status.value for status in Status if any(shown.status == status for shown in self.sentences)]


def show_answer(record: Record) -> ShownAnswer:
    """Prepare a record of ``rag.evaluate.answer`` for the page."""
    metrics, answer = answer_metrics(record), record["answer"]
    if answer is None:
        return ShownAnswer(record, metrics, FAILED, [], [], [])
    sentences = [
        ShownSentence(
            sentence["status"],
            cut_at_markers(sentence["text"], sentence["citations"]),
            tuple(name for name, passed in sentence["checks"].items() if not passed),
            sentence["start"] is not None,
        )
        for sentence in answer["sentences"]
    ]
    sources = _show_sources(record)
    cited = {citation["chunk_id"] for citation in answer["citations"]}
    others = [hit for hit in answer["hits"] if hit["chunk_id"] not in cited]
    return ShownAnswer(record, metrics, judge_result(record, metrics), sentences, sources, others)


def judge_result(record: Record, metrics: Mapping[str, float | None]) -> str:
    """Say how a case came out: right is a refusal where nothing answers it, else an answer that holds a gold one."""
    if not record["answerable"]:
        return RIGHT if record["answer"]["refused"] else WRONG
    if record["answer"]["refused"]:
        return WRONG
    if metrics["contains_gold"] is None:
        return UNSCORED
    return RIGHT if metrics["contains_gold"] or metrics["exact_match"] else WRONG


def _show_sources(record: Record) -> list[ShownSource]:
    """Return the parts of articles that hold every cited and every gold span; those that are cited come first."""
    answer = record["answer"]
    marks: dict[str, list[Mark]] = {}
    for citation in answer["citations"]:
        marks.setdefault(citation["document_id"], []).append(
            Mark(citation["start"], citation["end"], citation["marker"])
        )
    for span in record["gold"]:
        marks.setdefault(span["document"], []).append(Mark(span["start"], span["end"]))
    texts = [*answer["hits"], *record["passages"]]
    sources = []
    for document, of_document in marks.items():
        for text in _choose_texts(texts, document, of_document):
            held = [mark for mark in of_document if _holds(text, mark)]
            sources.append(
                ShownSource(
                    text["title"],
                    text["source"],
                    text.get("date"),
                    shorten(cut_at_marks(text["text"], text["start"], held)),
                    any(mark.marker is not None for mark in held),
                )
            )
    return sorted(sources, key=lambda source: not source.cited)


def _choose_texts(texts: Sequence[Mapping[str, Any]], document: str, marks: Iterable[Mark]) -> list[Mapping[str, Any]]:
    """Return, of a document's texts, the longest that holds each mark, each text once and in the document's order."""
    own = [text for text in texts if text["document_id"] == document]
    chosen: dict[int, Mapping[str, Any]] = {}
    for mark in marks:
        holding = [text for text in own if _holds(text, mark)]
        if holding:
            longest = max(holding, key=lambda text: len(text["text"]))
            chosen[id(longest)] = longest
    return sorted(chosen.values(), key=lambda text: int(text["start"]))


def _holds(text: Mapping[str, Any], mark: Mark) -> bool:
    return bool(text["start"] <= mark.start and mark.end <= text["end"])
