"""reStructuredText, read as text: its titles, and the fields at its head; directives stay as they are written."""

import re
from collections.abc import Iterator

from rag.datatypes import Document, Place
from rag.load.article import make_document
from rag.load.dates import iso_date
from rag.load.decode import decode_text

MARKS = r"[=\-`:'\"~^_*+#<>.]"
# A title has a line of marks below it, at least as long as it is, and may have one above it.
TITLE = re.compile(
    rf"^(?:(?P<above>{MARKS})(?P=above)+[ \t]*\n)?[ \t]?(?P<title>\w[^\n]*?)[ \t]*\n"
    rf"(?P<line>(?P<mark>{MARKS})(?P=mark)+)[ \t]*$",
    re.MULTILINE,
)
FIELD = re.compile(r":(?P<name>[\w ]+):[ \t]+(?P<value>\S[^\n]*(?:\n[ \t]+\S[^\n]*)*)\n?")
NAMES = {
    "author": "author",
    "authors": "author",
    "date": "date",
    "organization": "publisher",
    "source": "publisher",
    "url": "url",
    "language": "language",
}


def load_restructured_text(data: bytes, source: str) -> list[Document]:
    """Read one Document from a reStructuredText file, with its titles as places; raises LoadError.

    The first title is the Document's, and with the fields below it no part of the text.
    """
    body = decode_text(data, source)
    metadata: dict[str, str] = {}
    title = next(iter(titles(body)), None)
    if title and not body[: title.start()].strip():
        metadata["title"] = title["title"]
        body = body[title.end() :]
    body = body.lstrip("\n")
    while field := FIELD.match(body):
        name = NAMES.get(field["name"].lower())
        if name:
            metadata[name] = iso_date(field["value"]) if name == "date" else field["value"]
        body = body[field.end() :]
    places = [Place(match.start(), None, match["title"]) for match in titles(body)]
    return [make_document(body, source, metadata, places=places)]


def titles(text: str) -> Iterator[re.Match[str]]:
    """Yield the underlined titles of a text, in order."""
    for match in TITLE.finditer(text):
        if len(match["line"]) >= min(len(match["title"]), 4):
            yield match
