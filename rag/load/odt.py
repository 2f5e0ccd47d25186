"""OpenDocument text, as LibreOffice writes it."""

from collections.abc import Iterator

from lxml import etree

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load.article import make_document
from rag.load.dates import iso_date
from rag.load.ooxml import attribute, local_name
from rag.load.package import Package
from rag.load.table import sentences_of_rows
from rag.load.writer import Writer

# What was deleted, what is generated again from the headings, and what is said of the text.
SKIPPED = frozenset("annotation sequence-decls tracked-changes table-of-content-source title desc".split())
MOST_REPEATED = 100  # of cells and spaces that the file counts instead of writing them


def load_odt(data: bytes, source: str) -> list[Document]:
    """Read one Document from an OpenDocument text; raises LoadError."""
    package = Package(data, source)
    content = package.xml("content.xml")
    body = content.find("./{*}body/{*}text") if content is not None else None
    if body is None:
        raise LoadError(f"{source}: damaged or no OpenDocument text; save it again as .odt.")
    writer = Writer()
    _write(body, writer)
    return [make_document(writer.text, source, _metadata(package), places=writer.places)]


def _metadata(package: Package) -> dict[str, str]:
    root = package.xml("meta.xml")
    said = {local_name(field): field.text or "" for field in root.iter("{*}*")} if root is not None else {}
    metadata = {"title": said.get("title", ""), "author": said.get("initial-creator") or said.get("creator", "")}
    if date := said.get("creation-date") or said.get("date"):
        metadata |= {"date": iso_date(date), "date_from": "document properties"}
    return metadata


def _write(element: etree._Element, writer: Writer, *, in_item: bool = False) -> None:
    for child in element:
        name = local_name(child)
        if name in {"p", "h"}:
            pieces: list[str] = []
            aside: list[etree._Element] = []
            _gather(child, pieces, aside)
            text = "".join(pieces)
            if name == "h":
                writer.add_heading(text, int(attribute(child, "outline-level") or 1))
            elif in_item:
                writer.add_item(text)
            else:
                writer.add(text)
            for box in aside:
                _write(box, writer)
        elif name == "table":
            for sentence in sentences_of_rows(_rows(child), has_header=_has_header(child) or None):
                writer.add(sentence)
        elif name not in SKIPPED:
            _write(child, writer, in_item=in_item or name == "list-item")


def _gather(element: etree._Element, pieces: list[str], aside: list[etree._Element]) -> None:
    """Collect the text of a paragraph, and apart from it its boxes and notes."""
    pieces.append(element.text or "")
    for child in element:
        name = local_name(child)
        if name == "s":
            pieces.append(" " * min(int(attribute(child, "c") or 1), MOST_REPEATED))
        elif name in {"tab", "line-break"}:
            pieces.append(" " if name == "tab" else "\n")
        elif name in {"text-box", "note-body"}:
            aside.append(child)
        elif name not in SKIPPED and name != "note-citation":
            _gather(child, pieces, aside)
        pieces.append(child.tail or "")


def _has_header(table: etree._Element) -> bool:
    return table.find("./{*}table-header-rows") is not None


def _rows(table: etree._Element) -> Iterator[list[str]]:
    """Yield the rows of a table, those of a table in a cell being part of that cell."""
    for child in table:
        name = local_name(child)
        if name == "table-row":
            yield [text for cell in child for text in _cell(cell)]
        elif name.startswith(("table-header-rows", "table-row")):
            yield from _rows(child)


def _cell(cell: etree._Element) -> list[str]:
    inner = Writer()
    _write(cell, inner)
    return [" ".join(inner.text.split())] * min(int(attribute(cell, "number-columns-repeated") or 1), MOST_REPEATED)
