"""Texts cut where marked spans begin and end, and shortened where nothing is marked."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Text this far from a mark is shown; a source that is no longer than all of it is shown whole.
CONTEXT = 300
WHOLE = 1200
MARKER = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a document that an answer cites under a marker, or, with marker None, that bears the right answer."""

    start: int
    end: int
    marker: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text that is marked throughout in the same way."""

    text: str
    markers: tuple[int, ...] = ()
    gold: bool = False
    begins: tuple[int, ...] = ()
    """The markers of the citations that begin here."""


def cut_at_marks(text: str, offset: int, marks: Sequence[Mark]) -> list[Part]:
    """Cut a document's text that begins at ``offset`` in it; the parts joined are the text."""
    end = offset + len(text)
    inside = [Mark(max(mark.start, offset), min(mark.end, end), mark.marker) for mark in marks]
    inside = [mark for mark in inside if mark.start < mark.end]
    places = sorted({offset, end, *(mark.start for mark in inside), *(mark.end for mark in inside)})
    parts = []
    for start, stop in pairwise(places):
        covering = [mark for mark in inside if mark.start <= start and stop <= mark.end]
        parts.append(
            Part(
                text[start - offset : stop - offset],
                _markers(covering),
                any(mark.marker is None for mark in covering),
                _markers(mark for mark in covering if mark.start == start),
            )
        )
    return parts


def shorten(parts: Sequence[Part]) -> list[Part]:
    """Shorten what is not marked, at white space, where the text is long; what is left out becomes " … "."""
    if sum(len(part.text) for part in parts) <= WHOLE:
        return list(parts)
    last = len(parts) - 1
    return [
        part
        if part.markers or part.gold
        else Part(_shorten_text(part.text, keep_start=place > 0, keep_end=place < last))
        for place, part in enumerate(parts)
    ]


def cut_at_markers(sentence: str, markers: Iterable[int]) -> list[tuple[str, int | None]]:
    """Cut an answer's sentence into texts and, after each, the marker that stands there; only given ones count."""
    known, found, done = set(markers), [], 0
    for match in MARKER.finditer(sentence):
        if int(match[1]) in known:
            found.append((sentence[done : match.start()], int(match[1])))
            done = match.end()
    return [*found, (sentence[done:], None)]


def _markers(marks: Iterable[Mark]) -> tuple[int, ...]:
    return tuple(sorted({mark.marker for mark in marks if mark.marker is not None}))


def _shorten_text(text: str, keep_start: bool, keep_end: bool) -> str:
    if len(text) <= CONTEXT * (keep_start + keep_end):
        return text
    head = text[:CONTEXT].rsplit(maxsplit=1)[0] if keep_start and text[:CONTEXT].strip() else ""
    tail = text[-CONTEXT:].split(maxsplit=1)[-1] if keep_end and text[-CONTEXT:].strip() else ""
    return f"{head} … {tail}"
