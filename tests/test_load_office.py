"""Office files, made by the libraries that people make them with."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import docx
import odfdo
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load import load_documents
from tests.samples import saved, zipped

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SHARED = Path(__file__).parents[2] / "shared" / "eval" / "ingest"


def load_one(data: bytes, source: str) -> Document:
    [document] = load_documents(data, source)
    return document


def headings(document: Document) -> list[tuple[int | None, str | None, str]]:
    return [(place.page, place.heading, document.text[place.start :].split("\n")[0]) for place in document.places]


class TestWord:
    def test_headings_lists_and_tables_are_read_in_order(self) -> None:
        made = docx.Document()
        made.core_properties.title, made.core_properties.author = "Talks", "Ana Ruiz"
        made.core_properties.created = datetime(2025, 3, 30, 12)
        made.add_heading("Day one", 1)
        made.add_paragraph("They met.")
        made.add_paragraph("Bread", "List Bullet")
        made.add_paragraph("Salt", "List Bullet")
        table = made.add_table(2, 2)
        for cell, text in zip(table._cells, ["Country", "Votes", "Peru", "12"], strict=True):
            cell.text = text
        made.add_heading("Day two", 2)
        made.add_paragraph("They\tleft\nearly.")
        document = load_one(saved(made), "news/talks.docx")
        assert document.text == (
            "# Day one\n\nThey met.\n\n- Bread\n- Salt\n\nCountry: Peru; Votes: 12.\n\n## Day two\n\nThey left\nearly."
        )
        assert (document.title, document.author) == ("Talks", "Ana Ruiz")
        assert (document.date, document.date_from) == ("2025-03-30T12:00:00+00:00", "document properties")
        assert headings(document) == [(None, "Day one", "# Day one"), (None, "Day two", "## Day two")]

    @pytest.mark.parametrize(
        ("inner", "text"),
        [
            ("<w:r><w:t>Kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>", "Kept"),
            ("<w:ins><w:r><w:t>Added</w:t></w:r></w:ins>", "Added"),
            ("<w:sdt><w:sdtContent><w:r><w:t>Chosen</w:t></w:r></w:sdtContent></w:sdt>", "Chosen"),
            ("<w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t></w:r>", "co-op"),
            ("<w:r><w:instrText>PAGE</w:instrText><w:t>7</w:t></w:r>", "7"),
            (
                "<w:r><w:t>Out</w:t><w:pict><w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent>"
                "</w:pict></w:r>",
                "Out\n\nBoxed",
            ),
            (
                '<m:oMath xmlns:m="m"><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den>'
                "</m:f></m:oMath>",
                "a/b",
            ),
            (
                '<w:sdt><w:sdtPr><x:checkbox xmlns:x="x"><x:checked x:val="1"/></x:checkbox></w:sdtPr><w:sdtContent>'
                "<w:r><w:t>☒</w:t></w:r></w:sdtContent></w:sdt><w:r><w:t> Done</w:t></w:r>",
                "[x] Done",
            ),
        ],
    )
    def test_text_that_python_docx_does_not_write_is_read(self, inner: str, text: str) -> None:
        made = docx.Document()
        made.element.body.insert(0, parse_xml(f"<w:p {W}>{inner}</w:p>"))
        assert load_one(saved(made), "a.docx").text == text

    def test_a_table_with_one_column_is_a_frame_around_its_blocks(self) -> None:
        made = docx.Document()
        cell = made.add_table(1, 1).cell(0, 0)
        cell.text = "First."
        cell.add_paragraph("Second.")
        assert load_one(saved(made), "a.docx").text == "First.\n\nSecond."

    def test_numbered_lists_count_on(self) -> None:
        made = docx.Document()
        for text in ["One", "Two"]:
            paragraph = made.add_paragraph(text)
            numbering = f'<w:numPr {W}><w:ilvl w:val="0"/><w:numId w:val="7"/></w:numPr>'
            paragraph._p.get_or_add_pPr().append(parse_xml(numbering))
        assert load_one(saved(made), "a.docx").text == "1. One\n2. Two"

    def test_without_properties_the_title_is_the_paragraph_styled_so(self) -> None:
        made = docx.Document()
        made.core_properties.title = ""
        made.add_heading("A long way", 0)
        made.add_paragraph("Text.")
        assert load_one(saved(made), "a.docx").title == "A long way"


def test_slides_are_pages_with_their_tables_charts_and_notes() -> None:
    made = pptx.Presentation()
    first = made.slides.add_slide(made.slide_layouts[1])
    first.shapes.title.text = "Harvest"
    first.placeholders[1].text_frame.text = "It was good.\nPrices fell."
    first.notes_slide.notes_text_frame.text = "Mention the rain."
    second = made.slides.add_slide(made.slide_layouts[6])
    table = second.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for number, text in enumerate(["Crop", "Tonnes", "Rye", "4.5"]):
        table.cell(number // 2, number % 2).text = text
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["East", "West"]
    data.add_series("Rye", (4.4, None))
    data.add_series("Oats", (2, 3))
    second.shapes.add_chart(XL_CHART_TYPE.LINE, Inches(1), Inches(3), Inches(4), Inches(3), data)
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(1), Inches(1), Inches(1)).text_frame.text = "In a group."
    document = load_one(saved(made), "harvest.pptx")
    assert document.text == (
        "# Harvest\n\nIt was good.\n\nPrices fell.\n\nMention the rain.\n\nCrop: Rye; Tonnes: 4.5.\n\n"
        "Line chart\n\nEast; Rye: 4.4; Oats: 2.\n\nWest; Oats: 3.\n\nIn a group."
    )
    assert headings(document) == [(1, "Harvest", "# Harvest"), (2, None, "Crop: Rye; Tonnes: 4.5.")]


def test_opendocument_text_is_read_with_lists_tables_and_properties() -> None:
    made = odfdo.Document("text")
    made.meta.title, made.meta.initial_creator = "Talks", "Bo Li"
    made.body.clear()
    made.body.append(odfdo.Header(2, "Day one"))
    paragraph = odfdo.Paragraph("They  met.")
    paragraph.insert_note(after="met", note_id="1", citation="1", body="In secret.")
    made.body.append(paragraph)
    made.body.append(odfdo.List(["Bread", "Salt"]))
    table = odfdo.Table("T", width=2, height=2)
    table.set_values([["Country", "Votes"], ["Peru", 12]])
    made.body.append(table)
    document = load_one(saved(made), "talks.odt")
    assert document.text == ("## Day one\n\nThey  met.\n\nIn secret.\n\n- Bread\n- Salt\n\nCountry: Peru; Votes: 12.")
    assert (document.title, document.author, document.date_from) == ("Talks", "Bo Li", "document properties")
    assert headings(document) == [(None, "Day one", "## Day one")]


class TestWorkbooks:
    def test_rows_are_sentences_below_the_name_of_their_sheet(self) -> None:
        made = openpyxl.Workbook()
        made.active.title = "Votes"
        for row in [["Country", "Day", "Share", "Final"], ["Peru", datetime(2020, 1, 2), 1 / 3, True], [], ["Chile"]]:
            made.active.append(row)
        made.create_sheet("Empty")
        made.create_sheet("More").append(["Only", 1])
        document = load_one(saved(made), "votes.xlsx")
        assert document.text == (
            "## Votes\n\nCountry: Peru; Day: 2020-01-02; Share: 0.333333333333; Final: true.\n\nCountry: Chile.\n\n"
            "## More\n\nOnly; 1."
        )
        assert [place.heading for place in document.places] == ["Votes", "More"]

    def test_a_sheet_that_is_nearly_empty_but_vast_is_read(self) -> None:
        made = openpyxl.Workbook()
        made.active["A1"], made.active["XFD1048576"] = "first", "last"
        assert load_one(saved(made), "vast.xlsx").text == "## Sheet\n\nfirst.\n\nlast."

    def test_a_sheet_of_a_million_cells_is_refused_before_it_is_read(self) -> None:
        name = "xl/worksheets/sheet1.xml"
        cells = b"".join(b"<c t='n'><v>%d</v></c>" % number for number in range(1_000_000))
        with zipfile.ZipFile(io.BytesIO(saved(openpyxl.Workbook()))) as archive:
            parts = {part: archive.read(part) for part in archive.namelist()}
        data = zipped(parts | {name: b"<worksheet><sheetData><row>" + cells + b"</row></sheetData></worksheet>"})
        with pytest.raises(LoadError, match=r"more than 300,000 cells"):
            load_documents(data, "a.xlsx")

    def test_a_row_that_claims_any_number_is_refused(self) -> None:
        made = openpyxl.Workbook()
        made.active["A1"] = "first"
        with zipfile.ZipFile(io.BytesIO(saved(made))) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = "xl/worksheets/sheet1.xml"
        parts[name] = (
            parts[name].replace(b'r="1"', b'r="99999999999999999999"').replace(b"A1", b"A99999999999999999999")
        )
        with pytest.raises(LoadError, match=r"^a\.xlsx: has more than .* rows"):
            load_documents(zipped(parts), "a.xlsx")

    @pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
    def test_too_many_cells_are_refused(self, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rag.load.spreadsheet.MOST_CELLS", 5)
        made = openpyxl.Workbook()
        for row in [[1, 2, 3], [4, 5, 6]]:
            made.active.append(row)
        data = saved(made) if suffix == ".xlsx" else b"1,2,3\n4,5,6\n"
        with pytest.raises(LoadError, match=r"more than 5 cells or "):
            load_documents(data, f"a{suffix}")


@pytest.mark.parametrize(
    ("data", "source", "text"),
    [
        (
            'Country,Year\nPeru,2020\n"Chile, south",2021\n',
            "a.csv",
            "Country: Peru; Year: 2020.\n\nCountry: Chile, south; Year: 2021.",
        ),
        (
            "Country;Price\nPeru;1,50\nChile;2,50\n",
            "a.csv",
            "Country: Peru; Price: 1,50.\n\nCountry: Chile; Price: 2,50.",
        ),
        ("Land\tJahr\nPeru\t2020\n", "a.tsv", "Land: Peru; Jahr: 2020."),
        ("Land|Jahr\nPeru|2020\n", "a.csv", "Land: Peru; Jahr: 2020."),
        ("Just one column.\nSecond row!\n", "a.csv", "Just one column.\n\nSecond row!"),
    ],
)
def test_delimited_rows_are_sentences(data: str, source: str, text: str) -> None:
    assert load_one(data.encode(), source).text == text


def _broken(make: Callable[[], Any], name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(saved(make()))) as whole:
        return zipped({part: whole.read(part) for part in whole.namelist() if part != name})


@pytest.mark.parametrize(
    ("make", "part", "source"),
    [
        (docx.Document, "_rels/.rels", "a.docx"),
        (pptx.Presentation, "_rels/.rels", "a.pptx"),
        (lambda: odfdo.Document("text"), "meta.xml", "a.odt"),
        (openpyxl.Workbook, "xl/worksheets/sheet1.xml", "a.xlsx"),
    ],
)
def test_a_file_without_one_of_its_parts_is_refused_in_one_line(
    make: Callable[[], Any], part: str, source: str
) -> None:
    with pytest.raises(LoadError) as caught:
        load_documents(_broken(make, part), source)
    assert str(caught.value).startswith(f"{source}: ")
    assert "\n" not in str(caught.value)
