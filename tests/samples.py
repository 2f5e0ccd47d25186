"""A small file of each format, made by the libraries that people make them with."""

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any

import docx
import odfdo
import openpyxl
import pptx
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

TEXT = "North Korea condemned the plan. Pete Hegseth visited Tokyo on 30 March 2025.\n\n- Bread\n- Salt\n"
PAGE = (
    "<html><head><title>Talks</title></head><body><article><h1>Talks</h1><h2>Day one</h2><p>"
    + "They met on Friday, and nobody named a price. " * 20
    + "</p><table><tr><th>Country<th>Votes<tr><td>Peru<td>12</table></article></body></html>"
)


def saved(made: Any) -> bytes:
    """Return what a library writes to a file."""
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """Return a zip archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _docx() -> bytes:
    made = docx.Document()
    made.add_heading("Day one", 1)
    made.add_paragraph("They met. Nobody named a price.")
    made.add_paragraph("Bread", "List Bullet")
    table = made.add_table(2, 2)
    for cell, text in zip(table._cells, ["Country", "Votes", "Peru", "12"], strict=True):
        cell.text = text
    return saved(made)


def _pptx() -> bytes:
    made = pptx.Presentation()
    for number in (1, 2):
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = f"Harvest {number}"
        slide.placeholders[1].text_frame.text = "It was good.\nPrices fell."
    return saved(made)


def _odt() -> bytes:
    made = odfdo.Document("text")
    made.body.clear()
    for element in (odfdo.Header(1, "Day one"), odfdo.Paragraph("They met."), odfdo.List(["Bread", "Salt"])):
        made.body.append(element)
    return saved(made)


def _xlsx() -> bytes:
    made = openpyxl.Workbook()
    for row in [["Country", "Votes"], ["Peru", 12], ["Chile", 7]]:
        made.active.append(row)
    return saved(made)


def _epub() -> bytes:
    items = "".join(f'<item id="i{n}" href="{n}.xhtml" media-type="application/xhtml+xml"/>' for n in (1, 2))
    spine = '<spine><itemref idref="i1"/><itemref idref="i2"/></spine>'
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfile full-path="content.opf"/></container>',
            "content.opf": f"<package><manifest>{items}</manifest>{spine}</package>",
            "1.xhtml": "<html><h1>One</h1><p>It shone. They met.</p></html>",
            "2.xhtml": "<html><h1>Two</h1><p>It snowed.</p><h2>Noon</h2><p>Hot.</p></html>",
        }
    )


def mail(attachment: bytes | None = None) -> EmailMessage:
    """Return a message, with a zip archive attached where one is given."""
    made = EmailMessage()
    made["Subject"], made["From"], made["Date"] = "Talks", "Ana Ruiz <ana@e.org>", "Sun, 30 Mar 2025 10:00:00 +0200"
    made.set_content(TEXT)
    made.add_alternative(PAGE, subtype="html")
    if attachment:
        made.add_attachment(attachment, "application", "zip", filename="more.zip")
    return made


def crawl(*, compressed: bool = False) -> bytes:
    """Return a web archive: a page, one that was not found, and an image."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=compressed)
    for address, status, kind in [
        ("https://e.org/a", "200 OK", "text/html; charset=utf-8"),
        ("https://e.org/b", "404 Not Found", "text/html"),
        ("https://e.org/c.png", "200 OK", "image/png"),
    ]:
        headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.0")
        # Without the length it would keep a temporary file open.
        payload, length = io.BytesIO(PAGE.encode()), len(PAGE)
        writer.write_record(
            writer.create_warc_record(address, "response", payload, length=length, http_headers=headers)
        )
    return buffer.getvalue()


RSS = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>The Paper</title><item><title>Talks</title>'
    "<link>https://e.org/talks</link><description>&lt;h2&gt;One&lt;/h2&gt; They met.</description></item>"
    "</channel></rss>"
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>The Paper</title><entry><title>Talks</title><id>urn:1</id>'
    "<content>They met.</content></entry></feed>"
)
JSON = '{"title": "Talks", "body": "<h2>One</h2><p>They met.</p>", "date": 1743328800}'
CSV = "Country,Votes\nPeru,12\nChile,7\n"

MAKERS: dict[str, Callable[[], bytes]] = {
    ".atom": ATOM.encode,
    ".csv": CSV.encode,
    ".docm": _docx,
    ".docx": _docx,
    ".eml": lambda: bytes(mail(zipped({"a.txt": TEXT}))),
    ".epub": _epub,
    ".gz": lambda: gzip.compress(TEXT.encode()),
    ".htm": PAGE.encode,
    ".html": PAGE.encode,
    ".json": f"[{JSON}, {JSON}]".encode,
    ".jsonl": f"{JSON}\n{JSON}\n".encode,
    ".markdown": f"---\ntitle: Talks\n---\n{TEXT}".encode,
    ".mbox": lambda: b"From ana@e.org Sun Mar 30 10:00:00 2025\n" + bytes(mail()),
    ".md": f"---\ntitle: Talks\n---\n# Day one\n\n{TEXT}".encode,
    ".ndjson": JSON.encode,
    ".odt": _odt,
    ".pptx": _pptx,
    ".rss": RSS.encode,
    ".tsv": CSV.replace(",", "\t").encode,
    ".txt": TEXT.encode,
    ".warc": crawl,
    ".rst": f"Talks\n=====\n\n:Author: Ana Ruiz\n\n{TEXT}\nDay one\n-------\n\n{TEXT}".encode,
    ".xhtml": PAGE.encode,
    ".xlsm": _xlsx,
    ".xlsx": _xlsx,
    ".xml": RSS.encode,
    ".zip": lambda: zipped({"a.md": TEXT, "in.zip": zipped({"b.docx": _docx()}), "c.html": PAGE}),
}
