"""From a Document to Chunks of whole sentences, with exact offsets into its text."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import TypeAlias

from sentencex import get_sentence_boundaries

from rag.datatypes import Chunk, Document, Sentence
from rag.errors import SettingsError

TokenCounter: TypeAlias = Callable[[Sequence[str]], list[int]]
Span: TypeAlias = tuple[int, int]

# No tokeniser makes more than one token of a byte, so a title costs at most this many.
TITLE_BYTES = 120

# Lines of Markdown and its like that are a sentence (or more) of their own: headings, table rows, rules.
HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
LONE_LINE = re.compile(rf"{HEADING.pattern}|[ \t]*\||[ \t]*(?:[-*_=~^+][ \t]*){{3,}}$")
LIST_MARKER = re.compile(r"[ \t]*(?:[-*+•]|\(?(?P<number>\d{1,3}|[a-z])[.)])[ \t]+(?=\S)")

WORD = re.compile(r"\w")

# sentencex does not end a sentence at a bracket's end, an ellipsis or the word no, and ends one after these
# abbreviations, in an abbreviation with a hyphen, before a time zone, and between quoted words and who said them.
MISSED_END = re.compile(r"(?:(?<=[a-z]{3}[.!?]\))|(?<=…)|(?<=…[”\"’])|(?<=\bno\.))\s+(?=[\"“‘(]?[A-Z](?:[a-z]|\s))")
ABBREVIATION = re.compile(r"(?:\b(?:Amb|Div|Ft|Inf|Intl|Ms|Pub|Vol|approx|ch|est)|डॉ)\.\s*$")
WITHIN_INITIALS = re.compile(r"\b[A-Z]\.$")  # of "anti-U.S."
MISTER = re.compile(r"(?:^|\s)M\.\s*$")  # in French
TIME, TIME_ZONE = re.compile(r"\b[ap]\.m\.\s*$"), re.compile(r"(?:Eastern|Central|Mountain|Pacific|[A-Z]{2,4}T)\b")
SPEAKER = re.compile(r"と|って|\w{1,6}[说說问問道答喊]|\S{1,8}\s(?:물었|말했|답했|외쳤)")
LOWER_CASE = re.compile(r"[\"“‘(]?[^\W\d_A-Z]+(?![^\W\d_])")  # but not iPhone
LOOK_BACK = 16  # characters, enough for the longest of them
# It keeps a quotation of several sentences whole, with its speaker. Beyond this length, or where the marks do not
# pair, the marks are hidden from it.
QUOTATION_LENGTH = 300
MARKS = re.compile(r"[\"“”„«»`()\[\]]")
CLOSING_MARKS = re.compile(r"[.!?…。！？][\"”’»)\]」』]+\s*$")
OPENING_MARKS = re.compile(r"(?<=\s)[\"“„«`(\[]+\s*$")

# Where a sentence that is too long may be cut, the best first.
CUTS = (re.compile(r"(?<=[,;:)—–])\s|(?<=[，、；：])"), re.compile(r"\s"))


def split_sentences(text: str, language: str | None = None) -> list[Sentence]:
    """Find the sentences of a text, in order; each character that is no white space is in exactly one.

    A blank line ends a sentence, and so does the end of a heading, a list item or a table row; the end of a line
    within a paragraph does not. A quotation of a few sentences is one, with its speaker. The rules for the rest
    (abbreviations, initials, decimals, other scripts) are sentencex's for the language, a code of ISO 639; English
    where it is not known.
    """
    code = language or "en"
    spans = chain.from_iterable(_sentence_spans(text, start, end, code) for start, end in _blocks(text))
    return [Sentence(text[start:end], start, end) for start, end in spans]


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


def _blocks(text: str) -> Iterator[Span]:
    """Yield the spans of the paragraphs, list items and lone lines."""
    start: int | None = None
    position = 0
    for line in text.splitlines(keepends=True):
        lone = LONE_LINE.match(line)
        if start is not None and (lone or not line.strip() or _begins_item(text, position, start)):
            yield start, position
            start = None
        if lone:
            yield position, position + len(line)
        elif start is None and line.strip():
            start = position
        position += len(line)
    if start is not None:
        yield start, position


def _begins_item(text: str, line: int, block: int) -> bool:
    """Tell a list item from a wrapped line that happens to begin with a number, by CommonMark's rule."""
    marker = LIST_MARKER.match(text, line)
    return bool(marker and (marker["number"] in {None, "1", "a"} or LIST_MARKER.match(text, block)))


def _sentence_spans(text: str, start: int, end: int, language: str) -> Iterator[Span]:
    marker = LIST_MARKER.match(text, start, end)
    ends = _sentence_ends(text, marker.end() if marker else start, end, language)
    # Marks alone, such as an ellipsis between two sentences, belong to what stands before them.
    inner = [left for left, right in pairwise(ends) if WORD.search(text, left, right)]
    return _trimmed(text, [start, *inner, end])


def _sentence_ends(text: str, start: int, end: int, language: str) -> Iterator[int]:
    """Yield where the sentences of one block end, white space that follows them included."""
    # sentencex takes wrapped lines that begin with numbers for a list; which lines are a list is settled here.
    block = text[start:end].replace("\r", " ").replace("\n", " ")
    hidden = MARKS.sub(" ", block)
    left = 0
    for boundary in get_sentence_boundaries(language, hidden if block.count('"') % 2 else block):
        right = boundary["end_index"]
        cuts = {right} | {match.end() for match in MISSED_END.finditer(block, left, right)}
        if right - left > QUOTATION_LENGTH:
            cuts |= {left + found["end_index"] for found in get_sentence_boundaries(language, hidden[left:right])}
        for cut in sorted(cuts):
            if cut == len(block):
                yield end
            elif not _goes_on(block, cut, language):
                opening = OPENING_MARKS.search(block, left, cut)
                left = opening.start() if opening else cut
                yield start + left


def _goes_on(block: str, cut: int, language: str) -> bool:
    """Tell whether a sentence is not over: after an abbreviation, in lower case, or with who said the quoted words."""
    before = block[max(0, cut - LOOK_BACK) : cut]
    if CLOSING_MARKS.search(before):
        return block[cut].islower() or bool(SPEAKER.match(block, cut))
    return (
        bool(ABBREVIATION.search(before))
        or (block[cut] == "-" and not before[-1].isspace())
        or bool(WITHIN_INITIALS.search(before) and block[cut].isupper())
        or (language == "fr" and bool(MISTER.search(before)))
        or bool(TIME.search(before) and TIME_ZONE.match(block, cut))
        # Where nothing begins with a capital letter, a small one says nothing.
        or (before.rstrip().endswith(".") and _in_lower_case(block, cut) and block[:1].isupper())
    )


def _in_lower_case(block: str, cut: int) -> bool:
    word = LOWER_CASE.match(block, cut)
    return bool(word and word[0].islower())


def _trimmed(text: str, offsets: Iterable[int]) -> Iterator[Span]:
    """Yield the spans between the offsets without surrounding white space, the empty ones left out."""
    for left, right in pairwise(offsets):
        piece = text[left:right]
        if piece.strip():
            yield right - len(piece.lstrip()), left + len(piece.rstrip())


def _cut(sentence: Sentence, times_too_long: float) -> list[Sentence]:
    """Cut into pieces of like length, a few more than needed, each cut at the best place near where it is due."""
    text = sentence.text
    parts = min(math.ceil(times_too_long * 4 / 3), len(text))
    length = len(text) / parts
    inner = {_best_place(text, round(length * number), length / 3) for number in range(1, parts)}
    return [
        Sentence(text[left:right], sentence.start + left, sentence.start + right)
        for left, right in _trimmed(text, sorted({0, *inner, len(text)}))
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
