"""The lines of a PDF's pages with where they stand, without running headers, footers and page numbers."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# pdfium puts U+FFFE for a hyphen at which a word is broken, and then goes on with the next line.
BROKEN = "\ufffe"
LINE = re.compile(rf"[^\r\n{BROKEN}]*[^\s{BROKEN}][^\r\n{BROKEN}]*{BROKEN}?")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffd\ufeff]")
MARGIN = 0.12  # of the page's height: running headers and footers stand in it
PAGE_NUMBER = re.compile(
    r"(?:\w+ )?[-–—|\s]*(?:\d{1,4}|[ivxlc]{1,7})[-–—|\s]*(?:(?:of|/|von|de|sur) \d{1,4})?\.?", re.IGNORECASE
)
NUMBER = re.compile(r"\d+|\b[ivxlc]+\b")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page, in points from the page's lower left corner; ``size`` is its font's.

    ``broken`` tells that its last word goes on in the next line, ``margin`` that it stands where running headers and
    footers do.
    """

    text: str
    left: float
    right: float
    bottom: float
    size: float
    broken: bool
    margin: bool


def read_lines(page: Any) -> list[Line]:
    """Return the lines of one of pypdfium2's pages, in the order in which the page says them."""
    from pypdfium2 import raw

    textpage = page.get_textpage()
    _, low, _, high = page.get_bbox()
    height = (high - low) or 1
    found = []
    for match in LINE.finditer(textpage.get_text_range()):
        written = match[0]
        start = match.start() + len(written) - len(written.lstrip())
        first = raw.FPDFText_GetCharIndexFromTextIndex(textpage, start)
        last = raw.FPDFText_GetCharIndexFromTextIndex(textpage, match.start() + len(written.rstrip(f" {BROKEN}")) - 1)
        text = " ".join(CONTROLS.sub(_bullet, written.rstrip(BROKEN)).split())
        if not text or first < 0 or last < 0:
            continue
        # The loose box is as high as the font, whatever the sign; a font's nominal size can be scaled by the page.
        left, bottom, _, top = textpage.get_charbox(first, loose=True)
        right = textpage.get_charbox(last, loose=True)[2]
        margin = not MARGIN < (bottom - low) / height < 1 - MARGIN
        found.append(Line(text, left, right, bottom, round(top - bottom, 1), BROKEN in written, margin))
    textpage.close()
    return found


def without_running_lines(pages: Sequence[Sequence[Line]]) -> Iterator[list[Line]]:
    """Leave out of each page what stands in its margins and is a page number, or comes again on another page."""
    margins = [{_masked(line) for line in page if line.margin} for page in pages]
    times = Counter(masked for margin in margins for masked in margin)
    for page in pages:
        yield [
            line
            for line in page
            if not (line.margin and (times[_masked(line)] > 1 or PAGE_NUMBER.fullmatch(line.text)))
        ]


def _masked(line: Line) -> str:
    return NUMBER.sub("#", line.text.casefold())


def _bullet(control: re.Match[str]) -> str:
    """Symbol fonts have their bullets where other fonts have control characters."""
    return "• " if control.start() == 0 else " "
