"""Presentations: each slide with its title, text, tables, charts, diagrams and speaker's notes."""

from collections.abc import Iterator

from lxml import etree

from rag.datatypes import Document
from rag.load.article import make_document
from rag.load.ooxml import attribute, chart_sentences, local_name, main_part, office_metadata, references
from rag.load.package import Package
from rag.load.table import sentences_of_rows
from rag.load.writer import Writer

TITLES = {"title", "ctrTitle"}
# Placeholders that say the same on every slide, and on notes the picture of the slide.
REPEATED = {"dt", "ftr", "hdr", "sldImg", "sldNum"}


def load_pptx(data: bytes, source: str) -> list[Document]:
    """Read one Document from a presentation, its slides as pages; raises LoadError."""
    package = Package(data, source)
    name, root = main_part(package, "presentation")
    slides = references(package, name)
    writer = Writer()
    for page, entry in enumerate(root.iterfind("./{*}sldIdLst/{*}sldId"), start=1):
        key = next((value for attr, value in entry.attrib.items() if attr.endswith("}id")), "")
        writer.begin_page(page)
        _write_slide(package, slides.get(key, ""), writer)
    return [make_document(writer.text, source, office_metadata(package), places=writer.places)]


def _write_slide(package: Package, name: str, writer: Writer) -> None:
    slide = package.xml(name)
    if slide is None:
        return
    parts = references(package, name)
    shapes = list(_shapes(slide))
    for shape in sorted(shapes, key=lambda shape: _placeholder(shape) not in TITLES):
        if _placeholder(shape) in TITLES:
            writer.add_heading(" ".join(_paragraphs(shape)), 1)
        else:
            _write_shape(package, shape, parts, writer)
    for part in parts.values():
        notes = package.xml(part) if "/notesSlides/" in part else None
        for shape in _shapes(notes) if notes is not None else ():
            for paragraph in _paragraphs(shape):
                writer.add(paragraph)


def _shapes(slide: etree._Element) -> Iterator[etree._Element]:
    """Yield the shapes that hold text, those of groups too, in the order that the file has them."""
    for shape in slide.iter("{*}sp", "{*}graphicFrame"):
        if _placeholder(shape) not in REPEATED and all(
            local_name(above) != "Fallback" for above in shape.iterancestors()
        ):
            yield shape


def _placeholder(shape: etree._Element) -> str | None:
    kind = shape.find("./{*}nvSpPr/{*}nvPr/{*}ph")
    return None if kind is None else attribute(kind, "type") or "body"


def _write_shape(package: Package, shape: etree._Element, parts: dict[str, str], writer: Writer) -> None:
    for table in shape.iterfind(".//{*}tbl"):
        rows = [[" ".join(_paragraphs(cell)) for cell in row.iterfind("./{*}tc")] for row in table.iterfind("./{*}tr")]
        named = attribute(table.find("./{*}tblPr"), "firstRow") in {"1", "true"}
        for sentence in sentences_of_rows(rows, has_header=named or None):
            writer.add(sentence)
        return
    for found in shape.iterfind(".//{*}graphicData/{*}*"):
        related = package.xml(parts.get(attribute(found, "id") or attribute(found, "dm") or "", ""))
        if related is not None and local_name(found) == "chart":
            for sentence in chart_sentences(related):
                writer.add(sentence)
        elif related is not None and local_name(found) == "relIds":  # a diagram, whose text lies in its data
            for paragraph in _paragraphs(related):
                writer.add_item(paragraph)
    for paragraph in _paragraphs(shape):
        writer.add(paragraph)


def _paragraphs(element: etree._Element) -> Iterator[str]:
    for paragraph in element.iter("{*}p"):
        pieces = ("\n" if local_name(run) == "br" else run.text or "" for run in paragraph.iter("{*}t", "{*}br"))
        if text := "".join(pieces).strip():
            yield text
