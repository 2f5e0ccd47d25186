"""From the lines of a PDF's pages to its paragraphs and headings, words that a line's end broke mended."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.load.pdf_lines import Line

BULLET = re.compile(r"[•●○▪■□◦‣∙➢✓·\ue000-\uf8ff]\s*|[-–*]\s+")
SENTENCE_END = re.compile(r"[.!?:;。！？…؟۔।][\"”’»)\]\d]*$")
# Chinese and Japanese do not part words by spaces.
UNSPACED = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
LAST_WORD, FIRST_WORD = re.compile(r"[^\W\d_]+$"), re.compile(r"[^\W\d_]+")
# Fonts write lam and alef as one sign, which PDF readers take apart the wrong way round.
ARABIC_LIGATURE = re.compile(r"(?<=ا)([أإآ])ل")
DOT_LEADER = re.compile(r"(?:\.\s?){4,}\s*\w{1,6}$")  # of a table of contents
LONGEST_HEADING = 150  # characters


@dataclass(slots=True)
class Paragraph:
    """A paragraph of a page; ``size`` is its font's in points, ``item`` tells that it is an item of a list."""

    page: int
    size: float
    text: str
    item: bool = False


def paragraphs_of(pages: Iterable[tuple[int, Sequence[Line]]]) -> list[Paragraph]:
    """Return the paragraphs of numbered pages in order."""
    pages = list(pages)
    words = Counter(word.casefold() for _, lines in pages for line in lines for word in WORD.findall(line.text))
    found = []
    for number, lines in pages:
        for group in _groups(lines):
            text = ARABIC_LIGATURE.sub(r"ل\1", _joined(group, words))
            bullet = BULLET.match(text)
            text = text[bullet.end() :] if bullet else text
            if text:
                found.append(Paragraph(number, median(line.size for line in group), text, bool(bullet)))
    return found


def body_size(paragraphs: Sequence[Paragraph]) -> float:
    """Return the size that most of the text is printed in."""
    sizes: Counter[float] = Counter()
    for paragraph in paragraphs:
        sizes[round(paragraph.size, 1)] += len(paragraph.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def is_heading(paragraph: Paragraph, body: float) -> bool:
    """Tell a heading: printed larger than the text, short, with words, and no sentence."""
    return (
        paragraph.size > body * 1.1
        and len(paragraph.text) <= LONGEST_HEADING
        and not paragraph.text.endswith((".", ",", ";"))
        and bool(WORD.search(paragraph.text))
    )


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Group lines into paragraphs: by the gaps between them, their sizes, indents, bullets and short last lines."""
    steps = [last.bottom - line.bottom for last, line in pairwise(lines)]
    usual = median([step for step in steps if step > 1] or [0.0])
    group: list[Line] = []
    for line in lines:
        if group and _begins(group, line, usual):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _begins(group: Sequence[Line], line: Line, usual: float) -> bool:
    last = group[-1]
    if last.broken:
        return False
    if abs(line.size - last.size) > 0.1 * last.size or BULLET.match(line.text):
        return True
    ended = bool(SENTENCE_END.search(last.text))
    step = last.bottom - line.bottom
    # A line that stands higher than the last one begins another column.
    if step < -usual / 2:
        return ended
    width = max(part.right for part in group) - min(part.left for part in group)
    indented = len(group) > 1 and line.left - last.left > line.size * 0.8
    short = len(group) > 1 and max(part.right for part in group) - last.right > 0.2 * width
    gap = step > usual * 1.3 and step > line.size * 1.35
    return gap or bool(DOT_LEADER.search(last.text)) or (ended and (indented or short))


def _joined(lines: Sequence[Line], words: Counter[str]) -> str:
    text = lines[0].text
    for last, line in pairwise(lines):
        if last.broken or last.text.endswith("\u00ad"):
            text = _mended(text.removesuffix("\u00ad"), line.text, words)
        elif UNSPACED.match(text[-1]) and UNSPACED.match(line.text):
            text += line.text
        else:
            text += f" {line.text}"
    return text


def _mended(text: str, following: str, words: Counter[str]) -> str:
    """Join a broken word; its hyphen stays where the document writes the word with one elsewhere."""
    begun, ending = LAST_WORD.search(text), FIRST_WORD.match(following)
    if begun and ending:
        first, second = begun[0].casefold(), ending[0].casefold()
        if words[f"{first}-{second}"] > words[f"{first}{second}"]:
            return f"{text}-{following}"
    return text + following
