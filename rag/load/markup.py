"""All the text of an HTML fragment, as in mail, feeds and e-books: no guess at what is the article."""

import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree, html

from rag.datatypes import Place
from rag.load.table import sentences_of_rows
from rag.load.writer import Writer

SKIPPED = frozenset("head iframe noscript object script select style svg template textarea".split())
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark math meter o:p output q rp "
    "rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
HEADING = re.compile(r"h([1-6])")
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
BLANK_LINES = re.compile(r"\n\s*\n")
EMPTY = b"<html></html>"


def text_of_html(markup: str) -> tuple[str, tuple[Place, ...]]:
    """Return the text of an HTML page or fragment, paragraphs parted by blank lines, and where its headings stand.

    Rows of tables with header cells become sentences; scripts, styles and hidden elements are left out. Whatever is
    wrong with the markup is mended as browsers do; elements nested deeper than the parser's bound are passed over.
    """
    return _text_of(parse_html(markup))


def parse_html(markup: str) -> html.HtmlElement:
    """Return the root element of an HTML page or fragment, without comments."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        # As bytes, since a declaration of an encoding in it is refused in a string, and is wrong by now.
        return html.document_fromstring(markup.encode(errors="replace") or EMPTY, parser=parser)
    except etree.ParserError:
        return html.document_fromstring(EMPTY, parser=parser)


def _text_of(root: html.HtmlElement) -> tuple[str, tuple[Place, ...]]:
    walk = _Walk(root)
    elements = etree.iterwalk(root, events=("start", "end"))
    for event, element in elements:
        if event == "end":
            walk.leave(element)
        elif not walk.enter(element):
            elements.skip_subtree()
    return walk.writer.text, walk.writer.places


class _Walk:
    """A walk through a root element and those below it, whose text is written block by block."""

    def __init__(self, root: html.HtmlElement) -> None:
        self.writer = Writer()
        self._root = root
        self._pending: list[str] = []
        self._preformatted: list[html.HtmlElement] = []
        self._items: Counter[html.HtmlElement] = Counter()  # so far, of each list

    def enter(self, element: html.HtmlElement) -> bool:
        """Take an element in up to the first one below it; tell whether those are to be entered."""
        if element.tag in SKIPPED or _is_hidden(element):
            return False
        if _is_block(element):
            self._write_block(element.getparent())
        if element.tag == "table" and _is_data(element):
            for sentence in sentences_of_rows(_rows(element), has_header=element.find(".//th") is not None):
                self.writer.add(sentence)
            return False
        if element.tag == "pre":
            self._preformatted.append(element)
        self._pending.append("\n" if element.tag == "br" else self._collapsed(element.text))
        return True

    def leave(self, element: html.HtmlElement) -> None:
        """Take in an element's end, and what stands behind it."""
        if _is_block(element):
            self._write_block(element)
        if self._preformatted and self._preformatted[-1] is element:
            self._preformatted.pop()
        if element is not self._root:
            self._pending.append(self._collapsed(element.tail))

    def _collapsed(self, text: str | None) -> str:
        return (text or "") if self._preformatted else re.sub(r"\s+", " ", text or "")

    def _write_block(self, block: html.HtmlElement | None) -> None:
        """Write what is pending, the text of a block or of what is inline in it."""
        while block is not None and block.tag in INLINE:
            block = block.getparent()
        text = "\n".join(line.strip(" ") for line in re.sub(" {2,}", " ", "".join(self._pending)).split("\n"))
        self._pending.clear()
        for paragraph in filter(None, map(str.strip, BLANK_LINES.split(text))):
            if block is not None and (heading := HEADING.fullmatch(block.tag)):
                self.writer.add_heading(paragraph, int(heading[1]))
            elif (item := _item(block)) is not None:
                self.writer.add_item(paragraph, self._marker(item.getparent()))
            else:
                self.writer.add(paragraph)

    def _marker(self, container: html.HtmlElement | None) -> str:
        """Return the marker of the next item of a list."""
        self._items[container] += 1
        return f"{self._items[container]}." if container is not None and container.tag == "ol" else "-"


def _is_block(element: html.HtmlElement) -> bool:
    return element.tag not in INLINE and element.tag != "br"


def _is_hidden(element: html.HtmlElement) -> bool:
    return "hidden" in element.attrib or bool(HIDDEN.search(element.get("style", "")))


def _item(block: html.HtmlElement | None) -> html.HtmlElement | None:
    """Return the list item that a block is, or is the first paragraph of."""
    if block is None or block.tag == "li":
        return block
    parent = block.getparent()
    return parent if parent is not None and parent.tag == "li" and block.getprevious() is None else None


def _is_data(table: html.HtmlElement) -> bool:
    """Tell a table of data from one that lays out a page, whose cells hold other tables or blocks of text."""
    if table.find(".//table") is not None:
        return False
    inside = (element for cell in table.iter("td") for element in cell.iterdescendants())
    return table.find(".//th") is not None or all(element.tag in INLINE for element in inside)


def _rows(table: html.HtmlElement) -> Iterator[list[str]]:
    for row in table.iter("tr"):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            span = cell.get("colspan", "1")
            # A cell over several columns says the same of each; the bound is that of the HTML standard.
            width = min(int(span), 1000) if span.isdecimal() else 1
            cells += [_text_of(cell)[0], *[""] * (width - 1)]
        yield cells
