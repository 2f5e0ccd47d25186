"""Which loader reads each format; a later one joins by one entry in ``LOADERS``."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from rag.datatypes import Document
from rag.load.archive import load_archive, load_compressed
from rag.load.markdown import load_markdown
from rag.load.member import Member
from rag.load.text import load_text
from rag.load.web_page import load_html

Loader: TypeAlias = Callable[[bytes, str], Iterable[Document | Member]]
"""Reads a file's bytes, given its source; returns its Documents and the files within it, raises LoadError."""

LOADERS: dict[str, Loader] = {
    ".gz": load_compressed,
    ".htm": load_html,
    ".html": load_html,
    ".markdown": load_markdown,
    ".md": load_markdown,
    ".txt": load_text,
    ".xhtml": load_html,
    ".zip": load_archive,
}
