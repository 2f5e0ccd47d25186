"""PDF: its text in reading order, with pages and headings as places; scanned pages by OCR where that is installed."""

import re
import threading
from collections.abc import Iterable
from datetime import date

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load.article import make_document
from rag.load.ocr import can_recognise, recognise_text
from rag.load.pdf_lines import Line, read_lines, without_running_lines
from rag.load.pdf_paragraphs import Paragraph, body_size, is_heading, paragraphs_of
from rag.load.writer import Writer

DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)")
# What programs put where nobody wrote a title.
NO_TITLE = re.compile(
    r"untitled.*|.*\.(?:docx?|pptx?|xlsx?|pdf|indd|qxd|tex|dvi|html?)|microsoft .* - .*|powerpoint pr[eé]sentation"
    r"|\(.*\)|slide \d+|document\d*|[\W\d_]*",
    re.IGNORECASE | re.DOTALL,
)
WORD = re.compile(r"\w")
ENDED = re.compile(r"[.!?:。！？…؟।][\"”’»)\]\d]*$")

_pdfium = threading.Lock()  # its library must not be entered by two threads


def load_pdf(data: bytes, source: str) -> list[Document]:
    """Read a PDF as one Document, a place for each page and heading; raises LoadError.

    Words broken at a line's end are joined; running headers, footers and page numbers are left out. The title is the
    one in the document's information where it is sound, else the largest heading of its first page.
    """
    with _pdfium:
        pages, information = _read(data, source)
    paragraphs = paragraphs_of(pages)
    body = body_size(paragraphs)
    first_page = [paragraph for paragraph in paragraphs if paragraph.page == 1 and is_heading(paragraph, body)]
    largest = max(first_page, key=lambda heading: heading.size, default=None)
    metadata = {}
    if not NO_TITLE.fullmatch(information.get("Title", "")):
        metadata["title"] = " ".join(information["Title"].split())
    elif largest:
        metadata["title"] = largest.text
    if author := " ".join(information.get("Author", "").split()):
        metadata["author"] = author
    if created := _date(information.get("CreationDate", "")):
        metadata |= {"date": created, "date_from": "document information"}
    writer = _written(paragraphs, body)
    return [make_document(writer.text, source, metadata, places=writer.places)]


def _read(data: bytes, source: str) -> tuple[list[tuple[int, list[Line]]], dict[str, str]]:
    """Return the lines of each page, without running headers and the like, and the document's information."""
    from pypdfium2 import PdfDocument, PdfiumError, raw

    try:
        document = PdfDocument(data)
    except PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise LoadError(f"{source}: is encrypted; remove its password.") from error
        raise LoadError(f"{source}: damaged, or no PDF; open it in a viewer and save it anew.") from error
    try:
        pages = list(without_running_lines([read_lines(page) for page in document]))
        recognises = can_recognise()
        for number, lines in enumerate(pages):
            if recognises and not _has_words(lines):
                pages[number] = recognise_text(document[number])
        if not any(map(_has_words, pages)):
            advice = (
                "Tesseract finds no words in them; leave it out"
                if recognises
                else "install Tesseract and footnoted[ocr], or save it with its text recognised"
            )
            raise LoadError(f"{source}: its pages are pictures without text (scanned); {advice}.")
        return list(enumerate(pages, start=1)), document.get_metadata_dict()
    finally:
        document.close()


def _has_words(lines: Iterable[Line]) -> bool:
    return any(WORD.search(line.text) for line in lines)


def _date(written: str) -> str | None:
    """Return the day of a PDF's date, as in ``D:20240305101500Z``, None where there is no such day."""
    match = DATE.match(written)
    try:
        return date(*map(int, match.groups())).isoformat() if match else None
    except ValueError:
        return None


def _written(paragraphs: list[Paragraph], body: float) -> Writer:
    writer = Writer()
    page, open_end = 0, False
    heading = None
    for paragraph in paragraphs:
        goes_on = open_end and not paragraph.item and paragraph.text[0].islower()
        if paragraph.page != page:
            page = paragraph.page
            if goes_on:
                writer.go_on(paragraph.text, page, heading)
                open_end = not ENDED.search(paragraph.text)
                continue
            writer.begin_page(page, heading)
        if is_heading(paragraph, body):
            heading = paragraph.text
            writer.add_heading(heading, 2)
        elif paragraph.item:
            writer.add_item(paragraph.text)
        else:
            writer.add(paragraph.text)
        open_end = not is_heading(paragraph, body) and not ENDED.search(paragraph.text)
    return writer
