"""Plain text, with or without front matter."""

import re

from rag.datatypes import Document, Place
from rag.load.article import make_document
from rag.load.decode import decode_text
from rag.load.front_matter import split_front_matter

# What is surely a heading: a line that is underlined, or stands alone in capitals and ends no sentence.
HEADING = re.compile(
    r"^(?P<underlined>[^\W_][^\n]{0,99})\n(?P<mark>[=\-~])(?P=mark){3,}[ \t]*$"
    r"|(?:\A|(?<=\n\n))(?P<capitals>(?=[^\n]*[^\W\d_]{4})[^\n]{4,80})(?<![.,;:!?])(?=\n\s*\n)",
    re.MULTILINE,
)


def load_text(data: bytes, source: str) -> list[Document]:
    """Read one Document from a plain text file, with the headings that are plain to see as places; raises LoadError."""
    metadata, body = split_front_matter(decode_text(data, source), source)
    places = [
        Place(match.start(), None, heading.strip())
        for match in HEADING.finditer(body)
        if (heading := match["underlined"] or match["capitals"]) and (match["underlined"] or heading.isupper())
    ]
    return [make_document(body, source, metadata, places=places)]
