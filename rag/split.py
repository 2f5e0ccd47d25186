"""From a Document to Chunks of whole sentences, with exact offsets into its text."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from sentencex import get_sentence_boundaries

from rag.datatypes import Chunk, Document, Sentence
from rag.errors import SettingsError

TokenCounter: TypeAlias = Callable[[Sequence[str]], list[int]]

# A byte is the least that any tokeniser makes a token of, so a title costs at most this many tokens.
TITLE_BYTES = 120

HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]")
LIST_MARKER = re.compile(r"[ \t]*(?:[-*+•]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ \t]+(?=\S)")
# Lines that are a sentence (or more) of their own: headings, table rows, rules.
LONE_LINE = re.compile(rf"{HEADING.pattern}|[ \t]*\||[ \t]*(?:[-*_=][ \t]*){{3,}}$")
BLANK_LINE = re.compile(r"\n[ \t]*\n")
# Where a sentence that is too long may be cut, the best first.
CUTS = (re.compile(r"(?<=[,;:)—–])\s|(?<=[，、；：])"), re.compile(r"\s"))


def split_sentences(text: str) -> list[Sentence]:
    """Find the sentences of a text, in order; each non-space character is in exactly one.

    A blank line ends a sentence, and so does the end of a heading, a list item or a table row; the end of a line
    within a paragraph does not. The rules for the rest (abbreviations, initials, quotes, scripts) are sentencex's.
    """
    spans = (span for start, end in _blocks(text) for span in _sentence_spans(text, start, end))
    return [Sentence(text[start:end], start, end) for start, end in spans]


def passage_text(title: str, text: str) -> str:
    """Return what is encoded for a chunk: the title, cut to what an encoder can afford, and below it the text."""
    if len(title.encode(errors="replace")) > TITLE_BYTES:
        cut = title.encode(errors="replace")[:TITLE_BYTES].decode(errors="ignore")
        title = cut.rsplit(maxsplit=1)[0]
    return f"{title}\n{text}"


def split_document(document: Document, count_tokens: TokenCounter, max_tokens: int) -> list[Chunk]:
    """Pack a document's sentences, all and in order, into chunks of at most ``max_tokens``, title included.

    A chunk that is at least half full ends with its paragraph if the next paragraph does not fit whole; a heading
    stays with what follows it. A sentence that is too long is cut into several. ``count_tokens`` counts each text
    with the special tokens; ``passage_text`` of the title and the chunk is what is kept within the bound. Raises
    SettingsError where the bound leaves no room for text.
    """
    sentences = split_sentences(document.text)
    special, heading, *costs = count_tokens(["", passage_text(document.title, ""), *(s.text for s in sentences)])
    priced = [(sentence, cost - special) for sentence, cost in zip(sentences, costs, strict=True)]
    budget = max_tokens - heading
    while True:
        priced = _cut_long(priced, lambda texts: [n - special for n in count_tokens(texts)], budget)
        chunks = [_chunk(document, group) for group in _pack(document.text, priced, budget)]
        counts = count_tokens([passage_text(document.title, chunk.text) for chunk in chunks])
        # Sentences counted one by one come close to the whole, but not every tokeniser adds up exactly.
        excess = max(counts, default=0) - max_tokens
        if excess <= 0:
            return chunks
        budget -= excess


def _chunk(document: Document, sentences: Sequence[Sentence]) -> Chunk:
    start, end = sentences[0].start, sentences[-1].end
    return Chunk(document.id, document.text[start:end], start, end, tuple(sentences))


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of lines that form one paragraph, list item or lone line."""
    start = None
    position = 0
    for line in text.splitlines(keepends=True):
        lone = LONE_LINE.match(line)
        if start is not None and (lone or not line.strip() or LIST_MARKER.match(line)):
            yield start, position
            start = None
        if start is None and line.strip():
            start = position
        position += len(line)
        if lone and start is not None:
            yield start, position
            start = None
    if start is not None:
        yield start, position


def _sentence_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    marker = LIST_MARKER.match(text, start, end)
    body = marker.end() if marker else start
    ends = [body + boundary["end_index"] for boundary in get_sentence_boundaries("en", text[body:end])]
    for left, right in pairwise([start, *ends]):
        piece = text[left:right]
        if piece.strip():
            yield right - len(piece.lstrip()), left + len(piece.rstrip())


def _cut_long(priced: list[tuple[Sentence, int]], count: TokenCounter, budget: int) -> list[tuple[Sentence, int]]:
    """Cut every sentence that costs more than the budget, again and again until each piece fits."""
    while any(cost > budget for _, cost in priced):
        pieces = [
            _cut(sentence, math.ceil(cost / max(budget, 1))) if cost > budget else [sentence]
            for sentence, cost in priced
        ]
        if not all(len(cut) > 1 or cost <= budget for cut, (_, cost) in zip(pieces, priced, strict=True)):
            raise SettingsError("chunk_tokens leaves no room for text beside the title; raise it.")
        costs = iter(count([piece.text for cut in pieces if len(cut) > 1 for piece in cut]))
        priced = [
            (piece, next(costs) if len(cut) > 1 else cost)
            for cut, (_, cost) in zip(pieces, priced, strict=True)
            for piece in cut
        ]
    return priced


def _cut(sentence: Sentence, parts: int) -> list[Sentence]:
    """Cut into about ``parts`` pieces of like length, each cut at the best place near where it is due."""
    length = len(sentence.text) / max(parts, 2)
    offsets = {0, len(sentence.text)}
    offsets |= {_best_cut(sentence.text, round(length * n), length / 3) for n in range(1, max(parts, 2))}
    spans = []
    for left, right in pairwise(sorted(offsets)):
        piece = sentence.text[left:right]
        if piece.strip():
            start = sentence.start + right - len(piece.lstrip())
            spans.append(Sentence(piece.strip(), start, start + len(piece.strip())))
    return spans


def _best_cut(text: str, due: int, reach: float) -> int:
    low, high = math.ceil(due - reach), math.floor(due + reach)
    for cut in CUTS:
        places = [match.start() for match in cut.finditer(text, max(low, 1), max(high, 1))]
        if places:
            return min(places, key=lambda place: abs(place - due))
    return due


def _pack(text: str, priced: list[tuple[Sentence, int]], budget: int) -> Iterator[list[Sentence]]:
    """Group sentences greedily, so that each group costs at most the budget."""
    group: list[tuple[Sentence, int]] = []
    for paragraph in _paragraphs(text, priced):
        used = sum(cost for _, cost in group)
        if used * 2 >= budget and used + sum(cost for _, cost in paragraph) > budget:
            yield [sentence for sentence, _ in group]
            group = []
        for item in paragraph:
            while group and sum(cost for _, cost in group) + item[1] > budget:
                kept = len(group)
                while kept and HEADING.match(group[kept - 1][0].text):
                    kept -= 1
                kept = kept or len(group)
                yield [sentence for sentence, _ in group[:kept]]
                group = group[kept:]
            group.append(item)
    if group:
        yield [sentence for sentence, _ in group]


def _paragraphs(text: str, priced: list[tuple[Sentence, int]]) -> Iterator[list[tuple[Sentence, int]]]:
    """Part the sentences where a blank line stands between them, but not below a heading."""
    paragraph: list[tuple[Sentence, int]] = []
    for item in priced:
        if paragraph:
            last = paragraph[-1][0]
            if BLANK_LINE.search(text, last.end, item[0].start) and not HEADING.match(last.text):
                yield paragraph
                paragraph = []
        paragraph.append(item)
    if paragraph:
        yield paragraph
