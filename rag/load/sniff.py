"""What a file is, by its first bytes, where its name says otherwise."""

import re
from pathlib import PurePath

from rag.errors import LoadError
from rag.load.package import Package

# Beginnings that no other format has, with what they are called and the suffixes that they may have.
BEGINNINGS = (
    (re.compile(rb"%PDF-"), "a PDF", (".pdf",)),
    (re.compile(rb"\x1f\x8b\x08"), "a gzip file", (".gz",)),
    (
        re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE),
        "a web page",
        (".html", ".htm", ".xhtml"),
    ),
)
RICH_TEXT = b"{\\rtf"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
# What is in a zip file that is more than an archive.
PACKAGES = (
    ("word/document.xml", "a Word document", (".docx", ".docm")),
    ("ppt/presentation.xml", "a presentation", (".pptx",)),
    ("xl/workbook.xml", "a workbook", (".xlsx", ".xlsm")),
    ("META-INF/container.xml", "an e-book", (".epub",)),
    ("content.xml", "an OpenDocument file", (".odt",)),
)
ARCHIVE = "a zip archive", (".zip",)


def refuse_wrong_suffix(data: bytes, source: str, suffix: str) -> None:
    """Raise LoadError where a file's bytes show that it is of another kind than its suffix says."""
    if data.startswith(OLD_OFFICE):
        raise LoadError(f"{source}: an old Office file, or one with a password; save it as .docx or .xlsx without one.")
    if data.startswith(RICH_TEXT):
        raise LoadError(f"{source}: a file in Rich Text Format; save it as .docx or .txt.")
    name, suffixes = _kind(data, source)
    if suffixes and suffix not in suffixes:
        raise LoadError(f"{source}: is {name} despite its name; rename it to '{PurePath(source).stem}{suffixes[0]}'.")


def _kind(data: bytes, source: str) -> tuple[str, tuple[str, ...]]:
    if data.startswith(ZIP):
        entries = Package(data, source).entries
        return next(((name, suffixes) for entry, name, suffixes in PACKAGES if entry in entries), ARCHIVE)
    return next(((name, suffixes) for beginning, name, suffixes in BEGINNINGS if beginning.match(data)), ("", ()))
