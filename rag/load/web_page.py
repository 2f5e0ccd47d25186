"""Web pages: the article of a page without menus, comments, banners and related links, and what is said of it."""

import logging
import re
from typing import Any
from urllib.parse import urlsplit

from rag.datatypes import Document
from rag.errors import NotAnArticle
from rag.load.article import make_document
from rag.load.decode import decode_page
from rag.load.table import sentences_of_rows
from rag.load.writer import Writer

# Where a date can stand, the most reliable first.
DATE_PLACES = {
    "JSON-LD": "//script[contains(@type, 'ld+json')]/text()",
    "meta tag": "//meta/@content",
    "time element": "//time/@datetime | //time/text() | //abbr/@title",
}
SEPARATOR = re.compile(r"\s+[|–—·:»-]\s+|\s*[|»]\s*")
OWN = "//meta[@name='generator' and @content='Footnoted']"
NO_LETTERS = re.compile(r"[\W_]+")
NOBODY = re.compile(r"admin\w*|webmaster|https?://.*", re.IGNORECASE)  # an account or an address, not an author


def load_html(data: bytes, source: str) -> list[Document]:
    """Read the article of a web page as one Document, with headings as its places; raises LoadError.

    trafilatura finds the article, its title, author, site, address and date. A headline that the article begins with
    is no part of the text.
    """
    # Imported here: with its date parser it takes half a second.
    from trafilatura import bare_extraction

    from rag.load.markup import parse_html

    # Without a handler of its own, what it logs would be printed.
    logging.getLogger("trafilatura").addHandler(logging.NullHandler())
    root = parse_html(decode_page(data, source))
    if root.xpath(OWN):
        raise NotAnArticle(f"{source}: an answer or a report of Footnoted, no article; index what it cites.")
    dates = {"original_date": True, "extensive_search": False}  # the extensive search takes any number for a date
    page = bare_extraction(root, include_comments=False, with_metadata=True, date_extraction_params=dates)
    if page is None:
        return []
    assert not isinstance(page, dict)  # only as_dict=True makes one
    title = _without_site(page.title or "", page.sitename or "", page.url or "")
    writer = Writer()
    _write(page.body, writer, title)
    found = {
        "title": title,
        "author": "; ".join(name for name in (page.author or "").split("; ") if name and not NOBODY.fullmatch(name)),
        "publisher": page.sitename,
        "url": page.url,
        "date": page.date,
        "date_from": _date_from(root, page.url, page.date) if page.date else None,
        "language": root.get("lang", root.get("xml:lang")),
    }
    metadata = {name: value for name, value in found.items() if value}
    return [make_document(writer.text, source, metadata, places=writer.places)]


def _write(element: Any, writer: Writer, title: str) -> None:
    """Write the blocks below an element of trafilatura's tree; the headline, if it comes first, is left out."""
    writer.add(_one_line(element.text))
    for block in element:
        if block.tag == "list":
            for item in block.iter("item"):
                writer.add_item(_words(item))
        elif block.tag == "table":
            rows = ([_words(cell) for cell in row.iter("cell")] for row in block.iter("row"))
            for sentence in sentences_of_rows(rows, has_header=False):
                writer.add(sentence)
        elif block.tag in {"quote", "div"} and block.find("p") is not None:
            _write(block, writer, title)
        elif writer.text or _letters(_words(block)) != _letters(title):
            if block.tag == "head":
                writer.add_heading(_words(block), int(block.get("rend", "h2")[-1]))
            else:
                writer.add(_words(block))
        writer.add(_one_line(block.tail))


def _words(element: Any) -> str:
    """Return an element's text with single spaces, and a line for each that the page breaks."""
    pieces = [_one_line(element.text)]
    for child in element:
        # An inner list is listed by itself.
        if child.tag != "list":
            pieces.append("\n" if child.tag == "lb" else _words(child))
        pieces.append(_one_line(child.tail))
    return "\n".join(filter(None, (" ".join(line.split()) for line in "".join(pieces).split("\n"))))


def _one_line(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _without_site(title: str, site: str, url: str) -> str:
    """Cut a site's name off a title: ``Talks fail | The Paper`` of The Paper gives ``Talks fail``."""
    separators = list(SEPARATOR.finditer(title))
    for separator in separators[-1:]:
        last = _letters(title[separator.end() :])
        names = (_letters(site), _letters(urlsplit(url).hostname or ""))
        if separator.start() and last and (names[0].startswith(last) or last in names[1]):
            return title[: separator.start()]
    return title


def _letters(text: str) -> str:
    return NO_LETTERS.sub("", text).casefold()


def _date_from(root: Any, url: str | None, date: str) -> str:
    """Tell where on the page a date stands."""
    for place, path in DATE_PLACES.items():
        if any(date in text for text in root.xpath(path)):
            return place
    in_address = r"{}\D?0?{}\D?0?{}(?!\d)".format(*map(int, date.split("-")))
    return "address" if re.search(in_address, url or "") else "text"
