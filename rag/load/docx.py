"""Word documents, of the strict standard too: all the text that is in the body, in the order it is written.

python-docx, mammoth and docx2python each pass over some of it (equations, text boxes, content controls, charts), so
the document's XML is walked here.
"""

from collections.abc import Iterator

from lxml import etree

from rag.datatypes import Document
from rag.load.article import make_document
from rag.load.docx_styles import Numbering, heading_levels
from rag.load.ooxml import attribute, chart_sentences, local_name, main_part, office_metadata, references
from rag.load.package import Package
from rag.load.table import sentences_of_rows
from rag.load.writer import Writer

# What holds blocks, apart from the body and cells; what was deleted or moved away is in none of them.
CONTAINERS = frozenset("body customXml ins moveTo sdt sdtContent smartTag txbxContent footnote endnote".split())
# Properties, field codes, what was deleted or moved away, and what older programs show in place of a drawing.
SKIPPED = frozenset("del delText Fallback instrText moveFrom pPr rPr sdtPr tblGrid tblPr tcPr trPr".split())
WRITTEN = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
BEFORE = {"den": "/", "sup": "^", "sub": "_"}  # the parts of equations


def load_docx(data: bytes, source: str) -> list[Document]:
    """Read one Document from a Word file; raises LoadError."""
    package = Package(data, source)
    name, root = main_part(package, "document")
    body = _Body(package, name)
    for child in root:
        body.write(child)
    metadata = office_metadata(package)
    metadata["title"] = metadata["title"] or body.title
    return [make_document(body.writer.text, source, metadata, places=body.writer.places)]


class _Body:
    """Writes the blocks of a document, with what its other parts say of them."""

    def __init__(self, package: Package, name: str) -> None:
        self.writer = Writer()
        self.title = ""
        self._package = package
        self._parts = references(package, name)
        related = {part.rpartition("/")[2]: package.xml(part) for part in self._parts.values() if part.endswith(".xml")}
        self._headings = heading_levels(related.get("styles.xml"))
        self._numbering = Numbering(related.get("numbering.xml"))
        self._notes = {
            (kind, attribute(note, "id")): note
            for kind in ("footnote", "endnote")
            for note in _children(related.get(f"{kind}s.xml"))
            if attribute(note, "type") is None
        }

    def write(self, element: etree._Element) -> None:
        """Write a block, or the blocks that it holds."""
        name = local_name(element)
        if name == "p":
            self._write_paragraph(element)
        elif name == "tbl":
            self._write_table(element)
        elif name in CONTAINERS:
            for child in element:
                self.write(child)

    def _write_paragraph(self, paragraph: etree._Element) -> None:
        pieces: list[str] = []
        aside: list[etree._Element] = []
        self._gather(paragraph, pieces, aside)
        text = "".join(pieces)
        style = attribute(paragraph.find("./{*}pPr/{*}pStyle"), "val")
        level = self._headings.get(style, 0)
        if level:
            if not self.title and style == "Title":
                self.title = " ".join(text.split())
            self.writer.add_heading(text, level)
        elif marker := self._numbering.marker(paragraph) if text.strip() else None:
            self.writer.add_item(text, marker)
        else:
            self.writer.add(text)
        for element in aside:
            self._write_aside(element)

    def _gather(self, element: etree._Element, pieces: list[str], aside: list[etree._Element]) -> None:
        """Collect the text of a paragraph, and apart from it what is set beside it: boxes, notes, charts."""
        for child in element:
            name = local_name(child)
            if name == "t":
                pieces.append(child.text or "")
            elif name in WRITTEN:
                pieces.append(WRITTEN[name])
            elif name in {"txbxContent", "chart", "footnoteReference", "endnoteReference"}:
                aside.append(child)
            elif name == "sdt" and (box := child.find("./{*}sdtPr/{*}checkbox")) is not None:
                checked = attribute(box.find("./{*}checked"), "val") in {"1", "true"}
                pieces.append("[x]" if checked else "[ ]")
            elif name not in SKIPPED:
                pieces.append(BEFORE.get(name, " " if name == "oMath" else ""))
                self._gather(child, pieces, aside)

    def _write_aside(self, element: etree._Element) -> None:
        name = local_name(element)
        if name == "txbxContent":
            self.write(element)
        elif name == "chart":
            chart = self._package.xml(self._parts.get(attribute(element, "id") or "", ""))
            for sentence in chart_sentences(chart) if chart is not None else ():
                self.writer.add(sentence)
        else:
            note = self._notes.get((name.removesuffix("Reference"), attribute(element, "id")))
            if note is not None and (text := self._apart(note)):
                self.writer.add(f"({text})")

    def _write_table(self, table: etree._Element) -> None:
        rows = [list(self._cells(row)) for row in _inside(table, "tr")]
        if max(map(len, rows), default=0) <= 1:  # a frame around blocks
            for row in _inside(table, "tr"):
                for cell in _inside(row, "tc"):
                    for child in cell:
                        self.write(child)
            return
        named = table.find("./{*}tr/{*}trPr/{*}tblHeader") is not None
        for sentence in sentences_of_rows(rows, has_header=named or None):
            self.writer.add(sentence)

    def _cells(self, row: etree._Element) -> Iterator[str]:
        """Yield the text of each column; a cell over several columns stands in the first."""
        for cell in _inside(row, "tc"):
            yield self._apart(cell)
            span = attribute(cell.find("./{*}tcPr/{*}gridSpan"), "val") or "1"
            yield from [""] * (min(int(span), 100) - 1)

    def _apart(self, element: etree._Element) -> str:
        """Return the text of the blocks in an element, in one line."""
        outer, self.writer = self.writer, Writer()
        for child in element:
            self.write(child)
        inner, self.writer = self.writer, outer
        return " ".join(inner.text.split())


def _inside(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the rows of a table or the cells of a row, those in content controls too."""
    for child in element:
        if local_name(child) == name:
            yield child
        elif local_name(child) in CONTAINERS:
            yield from _inside(child, name)


def _children(root: etree._Element | None) -> list[etree._Element]:
    return [] if root is None else list(root)
