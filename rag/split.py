"""From a Document to Chunks of whole sentences, with exact offsets into its text."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import TypeAlias

from rag.datatypes import Chunk, Document, Sentence
from rag.errors import SettingsError
from rag.sentences import HEADING, split_sentences, trimmed_spans

TokenCounter: TypeAlias = Callable[[Sequence[str]], list[int]]

# No tokeniser makes more than one token of a byte, so a title costs at most this many.
TITLE_BYTES = 120

# Where a sentence that is too long may be cut, the best first.
CUTS = (re.compile(r"(?<=[,;:)—–])\s|(?<=[，、；：])"), re.compile(r"\s"))


def passage_text(title: str, text: str) -> str:
    """Return what is encoded for a chunk: the title, cut to what an encoder can afford, and below it the text."""
    if len(title.encode()) > TITLE_BYTES:
        title = title.encode()[:TITLE_BYTES].decode(errors="ignore").rsplit(maxsplit=1)[0]
    return f"{title}\n{text}"


def split_document(
    document: Document, count_tokens: TokenCounter, max_tokens: int, sentences: list[Sentence] | None = None
) -> list[Chunk]:
    """Pack a document's sentences, all and in order, into chunks whose ``passage_text`` has at most ``max_tokens``.

    A chunk that is at least half full ends with its paragraph if the next paragraph does not fit whole; a heading
    stays with what follows it. A sentence that is too long is cut into several. ``count_tokens`` counts each of many
    texts, special tokens included. ``sentences`` are the document's, where they have been found already. Raises
    SettingsError where the bound leaves no room for text.
    """
    sentences = split_sentences(document.text, document.language) if sentences is None else sentences
    special, frame, *counts = count_tokens(
        ["", passage_text(document.title, ""), *(sentence.text for sentence in sentences)]
    )
    costs = {sentence: count - special for sentence, count in zip(sentences, counts, strict=True)}
    budget = max_tokens - frame
    while True:
        while too_long := [sentence for sentence in sentences if costs[sentence] > budget]:
            if budget < 1 or any(len(sentence.text) == 1 for sentence in too_long):
                raise SettingsError(
                    f"{document.source}: {max_tokens} tokens a chunk leave no room for text beside the title; "
                    "raise chunk_tokens."
                )
            pieces = {sentence: _cut(sentence, costs[sentence] / budget) for sentence in too_long}
            new = list(chain.from_iterable(pieces.values()))
            counts = count_tokens([piece.text for piece in new])
            costs |= {piece: count - special for piece, count in zip(new, counts, strict=True)}
            sentences = [piece for sentence in sentences for piece in pieces.get(sentence, [sentence])]
        chunks = [_chunk(document, group) for group in _pack(document.text, sentences, costs, budget)]
        counts = count_tokens([passage_text(document.title, chunk.text) for chunk in chunks])
        # Not every tokeniser adds up: the whole may have a few tokens more than its sentences.
        excess = max(counts, default=0) - max_tokens
        if excess <= 0:
            return chunks
        budget -= excess


def _chunk(document: Document, sentences: Sequence[Sentence]) -> Chunk:
    start, end = sentences[0].start, sentences[-1].end
    return Chunk(document.id, document.text[start:end], start, end, tuple(sentences))


def _cut(sentence: Sentence, times_too_long: float) -> list[Sentence]:
    """Cut into pieces of like length, a few more than needed, each cut at the best place near where it is due."""
    text = sentence.text
    parts = min(math.ceil(times_too_long * 4 / 3), len(text))
    length = len(text) / parts
    inner = {_best_place(text, round(length * number), length / 3) for number in range(1, parts)}
    return [
        Sentence(text[left:right], sentence.start + left, sentence.start + right)
        for left, right in trimmed_spans(text, sorted({0, *inner, len(text)}))
    ]


def _best_place(text: str, due: int, reach: float) -> int:
    for cut in CUTS:
        if places := [match.start() for match in cut.finditer(text, int(due - reach) + 1, int(due + reach))]:
            return min(places, key=lambda place: abs(place - due))
    return due


def _pack(
    text: str, sentences: Sequence[Sentence], costs: Mapping[Sentence, int], budget: int
) -> Iterator[list[Sentence]]:
    """Group sentences greedily, so that the costs of each group add up to at most the budget."""

    def cost(group: Iterable[Sentence]) -> int:
        return sum(costs[sentence] for sentence in group)

    group: list[Sentence] = []
    for paragraph in _paragraphs(text, sentences):
        if group and 2 * cost(group) >= budget and cost(group) + cost(paragraph) > budget:
            yield group
            group = []
        for sentence in paragraph:
            while group and cost(group) + costs[sentence] > budget:
                headings = _headings_at_end(group)
                kept = len(group) - headings or len(group)
                yield group[:kept]
                group = group[kept:]
            group.append(sentence)
    if group:
        yield group


def _headings_at_end(sentences: Sequence[Sentence]) -> int:
    return next((n for n, s in enumerate(reversed(sentences)) if not HEADING.match(s.text)), len(sentences))


def _paragraphs(text: str, sentences: Sequence[Sentence]) -> Iterator[Sequence[Sentence]]:
    """Part the sentences at blank lines, but not below a heading."""
    starts = [
        number
        for number, (last, sentence) in enumerate(pairwise(sentences), start=1)
        if text.count("\n", last.end, sentence.start) > 1 and not HEADING.match(last.text)
    ]
    for left, right in pairwise([0, *starts, len(sentences)]):
        yield sentences[left:right]
