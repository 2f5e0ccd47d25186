"""Which loader reads each format; a later one joins by one entry in ``LOADERS``."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol, TypeAlias

from rag.datatypes import Document
from rag.load.archive import load_archive, load_compressed
from rag.load.crawl import load_warc
from rag.load.docx import load_docx
from rag.load.epub import load_epub
from rag.load.export import Fields, load_csv, load_json, load_json_lines
from rag.load.feed import load_feed, load_xml
from rag.load.mail import load_mail, load_mailbox
from rag.load.markdown import load_markdown
from rag.load.member import Member
from rag.load.odt import load_odt
from rag.load.pdf import load_pdf
from rag.load.pptx import load_pptx
from rag.load.restructured_text import load_restructured_text
from rag.load.spreadsheet import load_xlsx
from rag.load.text import load_text
from rag.load.web_page import load_html

Loader: TypeAlias = Callable[[bytes, str], Iterable[Document | Member]]
"""Reads a file's bytes, given its source; returns its Documents and the files within it, raises LoadError."""


class ExportLoader(Protocol):
    """A Loader that can be told what the keys of records are called."""

    def __call__(self, data: bytes, source: str, fields: Fields) -> Iterable[Document]:
        """Read a file's bytes."""
        ...


EXPORTS: dict[str, ExportLoader] = {
    ".csv": load_csv,
    ".json": load_json,
    ".jsonl": load_json_lines,
    ".ndjson": load_json_lines,
    ".tsv": load_csv,
}

LOADERS: dict[str, Loader] = {
    ".atom": load_feed,
    ".docm": load_docx,
    ".docx": load_docx,
    ".eml": load_mail,
    ".epub": load_epub,
    ".gz": load_compressed,
    ".htm": load_html,
    ".html": load_html,
    ".markdown": load_markdown,
    ".md": load_markdown,
    ".mbox": load_mailbox,
    ".odt": load_odt,
    ".pdf": load_pdf,
    ".pptx": load_pptx,
    ".rss": load_feed,
    ".rst": load_restructured_text,
    ".txt": load_text,
    ".warc": load_warc,
    ".xhtml": load_html,
    ".xlsm": load_xlsx,
    ".xlsx": load_xlsx,
    ".xml": load_xml,
    ".zip": load_archive,
    **{suffix: partial(loader, fields={}) for suffix, loader in EXPORTS.items()},
}
