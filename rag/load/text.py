"""Plain text, with or without front matter."""

from rag.datatypes import Document
from rag.load.article import make_document
from rag.load.decode import decode_text
from rag.load.front_matter import split_front_matter


def load_text(data: bytes, source: str) -> list[Document]:
    """Read one Document from a plain text file; raises LoadError."""
    metadata, body = split_front_matter(decode_text(data, source), source)
    return [make_document(body, source, metadata)]
