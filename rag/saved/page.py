"""Writes an answer as one HTML page, fit to be sent to someone: it holds all that it shows and may fetch nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from rag.errors import RagError
from rag.evaluate.report.spans import Mark, Part, cut_at_markers, cut_at_marks, shorten

# What each status means, for a reader who has never seen one.
MEANING = {
    "quoted": "word for word in the source",
    "supported": "borne by the source in other words",
    "partial": "only part of it is borne by the source",
    "unsupported": "not borne by the articles, and so left out of the answer",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of an article around the words that are cited."""

    citation: Mapping[str, Any]
    parts: list[Part]


def render_answer(answer: Mapping[str, Any]) -> str:
    """Return an answer, as the contract of an answer has it, as an HTML page."""
    return (
        _environment()
        .get_template("page.jinja")
        .render(
            answer=answer,
            meaning=MEANING,
            sentences=[
                (sentence, cut_at_markers(sentence["text"], sentence["citations"])) for sentence in answer["sentences"]
            ],
            sources=show_sources(answer["citations"], answer["hits"]),
        )
    )


def write_page(answer: Mapping[str, Any], path: Path) -> None:
    """Write an answer's page to a file; raises RagError where that cannot be done."""
    try:
        path.write_text(render_answer(answer), encoding="utf-8")
    except OSError as error:
        raise RagError(f"The page cannot be written to {path}: {error.strerror}.") from error


def show_sources(citations: Sequence[Mapping[str, Any]], hits: Sequence[Mapping[str, Any]]) -> list[Source]:
    """Return each passage that is cited, once, with every cited span in it marked."""
    sources = []
    shown: set[int] = set()
    for citation in citations:
        if citation["marker"] in shown:
            continue
        text, start = _passage(citation, hits)
        end = start + len(text)
        held = [
            Mark(other["start"], other["end"], other["marker"])
            for other in citations
            if other["document_id"] == citation["document_id"] and start <= other["start"] and other["end"] <= end
        ]
        shown.update(mark.marker for mark in held if mark.marker is not None)
        sources.append(Source(citation, shorten(cut_at_marks(text, start, held))))
    return sources


def _passage(citation: Mapping[str, Any], hits: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """Return the text of the Hit that a citation stands in, with its offset; without one, the quote itself."""
    for hit in hits:
        if (
            hit["document_id"] == citation["document_id"]
            and hit["start"] <= citation["start"]
            and citation["end"] <= hit["end"]
        ):
            return hit["text"], hit["start"]
    return citation["quote"], citation["start"]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rag", "saved"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals["style"] = resources.files("rag.saved").joinpath("page.css").read_text(encoding="utf-8")
    return environment
