"""Citations against gold evidence, by the characters they share.

Sentence grain compares the spans as they are; for paragraph grain, widen both the cited and the gold spans with
``widen_to_paragraphs`` first. Where a sentence beside the evidence is as good as it, widen one of the two with
``widen_to_neighbours``: the gold spans for precision, the cited ones for recall. A metric is None where there is no
gold evidence, and a precision also where nothing is cited.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")


@dataclass(frozen=True, slots=True)
class Span:
    """The characters ``start`` to ``end`` of a document's text, ``end`` not included."""

    document: str
    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Say whether the two share a character."""
        return self.document == other.document and max(self.start, other.start) < min(self.end, other.end)


def locate_quote(document: str, text: str, quote: str) -> Span | None:
    """Return where the quote first stands in the document's text, or None where it does not.

    White space around the quote is left out. It is looked for as it is, then with any run of white space equal to any
    other.
    """
    wanted = quote.strip()
    if not wanted:
        return None
    start = text.find(wanted)
    if start >= 0:
        return Span(document, start, start + len(wanted))
    found = re.search(r"\s+".join(map(re.escape, wanted.split())), text)
    return Span(document, *found.span()) if found else None


def widen_to_paragraphs(span: Span, text: str) -> Span:
    """Return the span grown to the borders of the paragraphs that it touches; blank lines part paragraphs."""
    breaks = list(_BLANK_LINES.finditer(text))
    start = max((gap.end() for gap in breaks if gap.end() <= span.start), default=0)
    end = min((gap.start() for gap in breaks if gap.start() >= span.end), default=len(text))
    return Span(span.document, start, end)


def widen_to_neighbours(span: Span, sentences: Sequence[Span]) -> Span:
    """Return the span grown by the sentence before those that it touches, and by the one after them.

    ``sentences`` are those of its paragraph, in order; a span that touches none of them stays as it is.
    """
    touched = [place for place, sentence in enumerate(sentences) if sentence.overlaps(span)]
    if not touched:
        return span
    around = sentences[max(0, touched[0] - 1) : touched[-1] + 2]
    return Span(span.document, min(span.start, around[0].start), max(span.end, around[-1].end))


def citation_precision(cited: Sequence[Span], gold: Sequence[Span]) -> float | None:
    """Return the share of cited characters, each counted once, that lie inside gold evidence."""
    characters = _characters(cited)
    return len(characters & _characters(gold)) / len(characters) if characters and gold else None


def citation_hit_rate(cited: Sequence[Span], gold: Sequence[Span]) -> float | None:
    """Return the share of citations that overlap gold evidence: precision with every citation counting the same."""
    return _share_overlapping(cited, gold) if gold else None


def citation_recall(cited: Sequence[Span], gold: Sequence[Span]) -> float | None:
    """Return the share of gold spans that a citation overlaps; 0 where nothing is cited."""
    return _share_overlapping(gold, cited)


def citation_exactness(quotes: Sequence[tuple[Span, str]], texts: Mapping[str, str]) -> float | None:
    """Return the share of quotes that are, letter by letter, the text that they point at; None without a quote.

    ``texts`` maps a document's name to its text; a quote of an unknown document is not exact.
    """
    exact = [
        0 <= span.start < span.end and texts.get(span.document, "")[span.start : span.end] == quote
        for span, quote in quotes
    ]
    return sum(exact) / len(exact) if exact else None


def _characters(spans: Iterable[Span]) -> set[tuple[str, int]]:
    return {(span.document, place) for span in spans for place in range(span.start, span.end)}


def _share_overlapping(spans: Sequence[Span], others: Sequence[Span]) -> float | None:
    touched = [any(span.overlaps(other) for other in others) for span in spans]
    return sum(touched) / len(touched) if touched else None
