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
    writer = Writer()
    numbers: Counter[html.HtmlElement] = Counter()  # the items so far of each numbered list
    pending: list[str] = []
    preformatted: list[html.HtmlElement] = []

    def end_paragraph(block: html.HtmlElement | None) -> None:
        """Write what is pending, the text of a block."""
        while block is not None and block.tag in INLINE:
            block = block.getparent()
        text = "\n".join(line.strip(" ") for line in re.sub(" {2,}", " ", "".join(pending)).split("\n"))
        pending.clear()
        for paragraph in filter(None, map(str.strip, BLANK_LINES.split(text))):
            if block is not None and (heading := HEADING.fullmatch(block.tag)):
                writer.add_heading(paragraph, int(heading[1]))
            elif (item := _item(block)) is not None:
                container = item.getparent()
                numbers[container] += 1
                numbered = container is not None and container.tag == "ol"
                writer.add_item(paragraph, f"{numbers[container]}." if numbered else "-")
            else:
                writer.add(paragraph)

    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        is_block = tag not in INLINE and tag != "br"
        if event == "end":
            if is_block:
                end_paragraph(element)
            if preformatted and preformatted[-1] is element:
                preformatted.pop()
            if element is not root:
                pending.append(_collapsed(element.tail, keep_lines=bool(preformatted)))
        elif tag in SKIPPED or _is_hidden(element):
            walker.skip_subtree()
        else:
            if is_block:
                end_paragraph(element.getparent())
            if tag == "pre":
                preformatted.append(element)
            if tag == "table" and _is_data(element):
                for sentence in sentences_of_rows(_rows(element), has_header=element.find(".//th") is not None):
                    writer.add(sentence)
                walker.skip_subtree()
            else:
                pending.append("\n" if tag == "br" else _collapsed(element.text, keep_lines=bool(preformatted)))
    return writer.text, writer.places


def _collapsed(text: str | None, *, keep_lines: bool) -> str:
    return (text or "") if keep_lines else re.sub(r"\s+", " ", text or "")


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
