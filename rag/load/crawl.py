"""Web archives (WARC): each page that a crawler was given, with its address."""

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

from rag.errors import LoadError
from rag.load.member import Member

SUFFIXES = {"text/html": ".html", "application/xhtml+xml": ".html", "application/pdf": ".pdf"}
MOST_BYTES = 64_000_000  # of a page


def load_warc(data: bytes, source: str) -> Iterator[Member]:
    """Read the pages and PDFs of a crawl, compressed or not; raises LoadError where it is damaged."""
    from warcio.archiveiterator import ArchiveIterator

    records = 0
    for record in ArchiveIterator(BytesIO(data)):
        records += 1
        headers = record.http_headers
        if record.rec_type != "response" or headers is None or headers.get_statuscode() != "200":
            continue
        kind = (headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind in SUFFIXES:
            address = record.rec_headers.get_header("WARC-Target-URI") or f"record {records}"
            yield Member(address, SUFFIXES[kind], partial(bytes, _content(record, source)), {"url": address})
    if data and not records:
        raise LoadError(f"{source}: damaged, no records inside; get it again.")


def _content(record: Any, source: str) -> bytes:
    content = record.content_stream().read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise LoadError(f"{source}: holds a page of more than {MOST_BYTES / 1e6:.0f} MB; leave it out.")
    if record.raw_stream.limit > 0:
        raise LoadError(f"{source}: cut short; get it again.")
    return bytes(content)
