"""Markdown, with or without front matter; the text stays as it is written."""

import re

from rag.datatypes import Document
from rag.load.article import make_document
from rag.load.decode import decode_text
from rag.load.front_matter import split_front_matter

# A fenced block is matched first and whole, so that a comment in its code is not taken for a heading.
FENCE_OR_TITLE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,}).*?(?:^ {0,3}(?P=fence)|\Z)"
    r"|^ {0,3}#[ \t]+(?P<title>[^\n]*?)(?:[ \t]+#+)?[ \t]*$",
    re.DOTALL | re.MULTILINE,
)


def load_markdown(data: bytes, source: str) -> list[Document]:
    """Read one Document from a Markdown file; raises LoadError.

    Without a title in the front matter the first heading of level 1 is the title and no part of the text.
    """
    metadata, body = split_front_matter(decode_text(data, source), source)
    if "title" not in metadata:
        heading = next((match for match in FENCE_OR_TITLE.finditer(body) if match["title"]), None)
        if heading:
            metadata["title"] = heading["title"]
            body = body[: heading.start()] + body[heading.end() :]
    return [make_document(body, source, metadata)]
