"""Web archives (WARC): each page that a crawler was given, with its address."""

from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr
from functools import partial
from io import BytesIO, StringIO
from typing import Any

from rag.errors import LoadError
from rag.load.member import Member

SUFFIXES = {"text/html": ".html", "application/xhtml+xml": ".html", "application/pdf": ".pdf"}
MOST_BYTES = 256_000_000  # of all pages


def load_warc(data: bytes, source: str) -> list[Member]:
    """Read the pages and PDFs of a crawl, compressed or not; raises LoadError where it is damaged."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    damaged = LoadError(f"{source}: damaged or cut short, no whole web archive; get it again.")
    try:
        # What it finds wrong with a file, it counts and prints.
        with redirect_stderr(StringIO()):
            records = ArchiveIterator(BytesIO(data))
            pages = list(_pages(records, source))
    except ArchiveLoadFailed as error:
        raise damaged from error
    if records.err_count or (data and records.known_format is None):
        raise damaged
    return pages


def _pages(records: Iterable[Any], source: str) -> Iterator[Member]:
    room = MOST_BYTES
    for number, record in enumerate(records, start=1):
        headers = record.http_headers
        if record.rec_type != "response" or headers is None or headers.get_statuscode() != "200":
            continue
        kind = (headers.get_header("Content-Type") or "").partition(";")[0].strip().lower()
        if kind in SUFFIXES:
            content = bytes(record.content_stream().read(room + 1))
            room -= len(content)
            if room < 0:
                raise LoadError(f"{source}: its pages come to more than {MOST_BYTES / 1e6:.0f} MB; part it.")
            if record.raw_stream.limit > 0:
                raise LoadError(f"{source}: cut short; get it again.")
            address = record.rec_headers.get_header("WARC-Target-URI") or f"record {number}"
            yield Member(address, SUFFIXES[kind], partial(bytes, content), {"url": address})
