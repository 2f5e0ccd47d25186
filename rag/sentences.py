"""Where the sentences of a text begin and end: sentencex's rules, mended where news prose and Markdown need it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import TypeAlias

from sentencex import get_sentence_boundaries

from rag.datatypes import Sentence

Span: TypeAlias = tuple[int, int]

# Lines of Markdown and its like that are a sentence (or more) of their own: headings, table rows, rules.
HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
LONE_LINE = re.compile(rf"{HEADING.pattern}|[ \t]*\||[ \t]*(?:[-*_=~^+][ \t]*){{3,}}$")
BULLET = re.compile(r"\A[-*+•][ \t]+(?=\S)")
LIST_MARKER = re.compile(r"[ \t]*(?:[-*+•]|\(?(?P<number>\d{1,3}|[a-z])[.)])[ \t]+(?=\S)")

WORD = re.compile(r"\w")

# sentencex does not end a sentence at a bracket's end, an ellipsis or words that it takes for abbreviations, and ends
# one after these abbreviations, in an abbreviation with a hyphen, before a time zone, and between quoted words and who
# said them.
MISSED_END = re.compile(
    r"(?:(?<=[a-z]{3}[.!?]\))|(?<=…)|(?<=…[”\"’])|(?<=\b(?:me|no)\.)|(?<=\b(?:art|ill|[mM]ay)\.))"
    r"\s+(?=[\"“‘(]?[A-Z](?:[a-z]|\s))"
)
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


def without_list_markers(sentences: Sequence[Sentence]) -> list[Sentence]:
    """Return sentences without the markers of a list; a number alone is none, as in "3. Oktober".

    ``document.text[start:end] == text`` holds for them as it does for the sentences.
    """
    markers = [LIST_MARKER.match(sentence.text) for sentence in sentences]
    is_numbered = sum(bool(marker and marker["number"]) for marker in markers) > 1
    lengths = [marker.end() if marker and (is_numbered or not marker["number"]) else 0 for marker in markers]
    return [
        Sentence(sentence.text[length:], sentence.start + length, sentence.end)
        for sentence, length in zip(sentences, lengths, strict=True)
    ]


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
    return trimmed_spans(text, [start, *inner, end])


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


def trimmed_spans(text: str, offsets: Iterable[int]) -> Iterator[Span]:
    """Yield the spans between the offsets without surrounding white space, the empty ones left out."""
    for left, right in pairwise(offsets):
        piece = text[left:right]
        if piece.strip():
            yield right - len(piece.lstrip()), left + len(piece.rstrip())
