"""Markdown, with or without front matter; the text stays as it is written."""

import re

from rag.datatypes import Document, Place
from rag.load.article import make_document
from rag.load.decode import decode_text
from rag.load.front_matter import split_front_matter

# A fenced block is matched first and whole, so that a comment in its code is not taken for a heading.
FENCE_OR_HEADING = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:^ {0,3}(?P=fence)|\Z)"
    r"|^ {0,3}(?P<level>#{1,6})[ \t]+(?P<heading>[^\n]*?)(?:[ \t]+#+)?[ \t]*$"
    r"|(?:^|(?<=\n\n)) {0,3}(?P<underlined>[^\s#>|*+-][^\n]*)\n {0,3}(?:=+|-{3,})[ \t]*$",
    re.DOTALL | re.MULTILINE,
)


def load_markdown(data: bytes, source: str) -> list[Document]:
    """Read one Document from a Markdown file, with its headings as places; raises LoadError.

    Without a title in the front matter the first heading of level 1 is the title and no part of the text.
    """
    metadata, body = split_front_matter(decode_text(data, source), source)
    if "title" not in metadata:
        title = next((match for match in FENCE_OR_HEADING.finditer(body) if match["level"] == "#"), None)
        if title and title["heading"]:
            metadata["title"] = title["heading"]
            body = body[: title.start()] + body[title.end() :]
    places = [
        Place(match.start(), None, heading)
        for match in FENCE_OR_HEADING.finditer(body)
        if (heading := (match["heading"] or match["underlined"] or "").strip())
    ]
    return [make_document(body, source, metadata, places=places)]
