"""Workbooks and delimited text: each row as a sentence with the names of its columns."""

import csv
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO
from itertools import islice
from pathlib import PurePath
from typing import Any, TypeVar

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load.article import make_document
from rag.load.decode import decode_text
from rag.load.ooxml import office_metadata
from rag.load.package import Package
from rag.load.table import sentences_of_rows
from rag.load.writer import Writer

Row = TypeVar("Row", bound=Sequence[Any])

MOST_CELLS = 300_000
MOST_ROWS = 1_048_576  # of a sheet, in Excel too
CELL = b"<c "
DELIMITERS = ",;\t|"
LOOKED_AT = 20  # rows, to find the delimiter


def load_xlsx(data: bytes, source: str) -> list[Document]:
    """Read one Document from a workbook, a heading for each sheet; raises LoadError.

    Formulas count as what they last came to.
    """
    from openpyxl import load_workbook

    package = Package(data, source)
    # Counted before the slow library sees them; it also unpacks by itself, without bounds.
    cells = sum(package.read(name).count(CELL) * name.startswith("xl/worksheets/") for name in package.entries)
    if cells > MOST_CELLS:
        raise _too_large(source)
    writer = Writer()
    with warnings.catch_warnings():
        # It warns of every part that it passes over, such as drawings and rules for colours.
        warnings.simplefilter("ignore")
        book = load_workbook(BytesIO(data), read_only=True, data_only=True)
        room = MOST_CELLS
        for sheet in book.worksheets:
            # The size that a sheet declares may be wrong; then rows would be cut, or filled up to its width.
            sheet.reset_dimensions()
            rows = list(_within(sheet.iter_rows(values_only=True), room, source))
            room -= sum(map(len, rows))
            if any(value is not None for row in rows for value in row):
                writer.add_heading(sheet.title, 2)
                for sentence in sentences_of_rows([_written(value) for value in row] for row in rows):
                    writer.add(sentence)
    return [make_document(writer.text, source, office_metadata(package), places=writer.places)]


def read_delimited(data: bytes, source: str) -> list[list[str]]:
    """Return the rows of a CSV or TSV file; raises LoadError."""
    text = decode_text(data, source)
    delimiter = "\t" if PurePath(source).suffix.lower() == ".tsv" else _delimiter(text)
    try:
        return list(_within(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), MOST_CELLS, source))
    except csv.Error as error:
        raise LoadError(f"{source}: cannot be parted into columns ({error}); save it again as CSV.") from error


def document_of_rows(rows: Iterable[Sequence[str]], source: str) -> Document:
    """Make one Document of the rows of a table."""
    writer = Writer()
    for sentence in sentences_of_rows(rows):
        writer.add(sentence)
    return make_document(writer.text, source, {})


def _delimiter(text: str) -> str:
    """Return what parts the first rows into the same number of columns, the most if several do; else a comma."""

    def columns(delimiter: str) -> int:
        rows = islice(csv.reader(islice(text.splitlines(keepends=True), LOOKED_AT), delimiter=delimiter), LOOKED_AT)
        widths = {len(row) for row in rows if row}
        return widths.pop() if len(widths) == 1 else 1

    return max(DELIMITERS, key=columns)


def _within(rows: Iterable[Row], room: int, source: str) -> Iterator[Row]:
    for number, row in enumerate(rows):
        room -= len(row)
        # A row may claim any number; those before it, which are not there, are given as empty ones.
        if room < 0 or number >= MOST_ROWS:
            raise _too_large(source)
        yield row


def _too_large(source: str) -> LoadError:
    return LoadError(
        f"{source}: has more than {MOST_CELLS:,} cells or {MOST_ROWS:,} rows; keep what matters in a new file."
    )


def _written(value: object) -> str:
    """Write a cell's value as people do."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
