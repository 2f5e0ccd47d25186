"""URLs on their way into the library: pages, and the pages that a feed or a sitemap lists."""

import codecs
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from rag.changes import Changes, is_url
from rag.database import Database
from rag.errors import LoadError
from rag.extract import Task
from rag.fetch import Fetcher, Page, PageGone, Validators
from rag.load.export import Fields, parse_fields
from rag.load.formats import LOADERS
from rag.settings import Settings

KINDS = {
    "application/epub+zip": ".epub",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/xhtml+xml": ".html",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
}
# A sitemap may list sitemaps, of which this many are looked at.
MOST_LISTS = 20
MOST_LIST_BYTES = 10_000_000


def fetch_pages(
    urls: Sequence[str], folder: Path, database: Database | None, settings: Settings, tell: Callable[[str], object]
) -> Changes:
    """Fetch pages into a folder; those that the database holds only if they have changed.

    A feed or a sitemap stands for the pages that it lists, in its order.

    Args:
        urls: pages, feeds and sitemaps.
        folder: takes what was fetched; the files have the suffixes of their formats.
        database: remembers what was fetched before, if there is one.
        settings: how many pages of a list, and from where.
        tell: is given each URL that is fetched.

    Raises:
        LoadError: the settings forbid the network.
    """
    if settings.offline:
        raise LoadError(f"{urls[0]}: is not fetched, since offline (--offline or RAG_OFFLINE) nothing is fetched.")
    known = {}
    if database is not None:
        files = database.files()
        for source, state in database.validators().items():
            # What was split into other chunks is to be read in any case.
            same = files[source].chunk_tokens == settings.chunk_tokens
            known[source] = _Known(files[source].digest, Validators(*state)) if same else _Known(None, None)
    with closing(Fetcher(allow_private=settings.allow_private, pause=settings.fetch_pause)) as fetcher:
        fetching = _Fetching(fetcher, folder, known, parse_fields(settings.fields), tell)
        for url in urls:
            fetching.follow(url, settings.most_pages)
    return fetching.changes


@dataclass(frozen=True, slots=True)
class _Known:
    """A page that was fetched before: its digest, and what the site called its state."""

    digest: str | None
    validators: Validators | None


class _Fetching:
    """Pages on their way; each is fetched once, however many lists it is in."""

    def __init__(
        self,
        fetcher: Fetcher,
        folder: Path,
        known: Mapping[str, _Known],
        fields: Fields,
        tell: Callable[[str], object],
    ) -> None:
        self.fetcher = fetcher
        self.folder = folder
        self.known = known
        self.fields = fields
        self.tell = tell
        self.changes = Changes()
        self._seen: set[str] = set()

    def follow(self, url: str, most: int) -> None:
        """Fetch a page, or the first of those that a list, or the lists in a list, name."""
        waiting, lists = deque([url]), 0
        while waiting and most > 0:
            place = waiting.popleft()
            if place in self._seen:
                continue
            self._seen.add(place)
            self.tell(place)
            page = self._fetch(place)
            links = None if page is None else find_links(page)
            if links is None:
                most -= 1
                if page is not None:
                    self._keep(place, page)
            elif lists < MOST_LISTS:
                lists += 1
                waiting.extend(links)

    def _fetch(self, place: str) -> Page | None:
        known = self.known.get(place)
        try:
            page = self.fetcher.fetch(place, known.validators if known else None)
        except PageGone as error:
            if known:
                self.changes.gone.append(place)
            else:
                self.changes.skipped[place] = str(error)
            return None
        except LoadError as error:
            self.changes.skipped[place] = str(error)
            return None
        if page is None:
            self.changes.unchanged.append(place)
        return page

    def _keep(self, place: str, page: Page) -> None:
        path = self.folder / f"{len(self._seen)}{_suffix(page)}"
        data = _in_utf8(page)
        path.write_bytes(data)
        known = self.known.get(place)
        digest = known.digest if known else None
        self.changes.to_read.append(Task(place, path, len(data), digest, self.fields, page.url))
        self.changes.validators[place] = page.validators.etag, page.validators.last_modified


def find_links(page: Page) -> list[str] | None:
    """Return the pages that a feed or a sitemap lists, in its order; None for anything else."""
    root = _parse_list(page)
    name = None if root is None else etree.QName(root).localname.lower()
    if name in {"urlset", "sitemapindex"}:
        links = [item.text for item in root.iterfind("{*}*/{*}loc")]
    elif name in {"rss", "rdf"}:
        links = [item.text for item in root.iter("{*}link") if etree.QName(item.getparent()).localname == "item"]
    elif name == "feed":
        links = [
            item.get("href")
            for item in root.iterfind("{*}entry/{*}link")
            if item.get("rel", "alternate") == "alternate"
        ]
    else:
        return None
    absolute = [urljoin(page.url, link.strip()) for link in links if link and link.strip()]
    return [link for link in dict.fromkeys(absolute) if is_url(link)]


def _parse_list(page: Page) -> Any:
    """Return the root of a page that may be a feed or a sitemap, packed by gzip or not; None for anything else."""
    data = page.data
    if data.startswith(b"\x1f\x8b") and urlsplit(page.url).path.endswith(".gz"):
        try:
            data = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(data, MOST_LIST_BYTES)
        except zlib.error:
            return None
    head = data[:2000].lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    if not head.startswith(b"<") or b"<html" in head.lower() or len(data) > MOST_LIST_BYTES:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _suffix(page: Page) -> str:
    named = PurePosixPath(urlsplit(page.url).path).suffix.lower()
    own = named if named in LOADERS else ".html"
    return KINDS.get(page.kind) or own


def _in_utf8(page: Page) -> bytes:
    """Return the text of a page in UTF-8, where only the site tells its encoding; a mark before it outweighs others."""
    if page.charset is None or not page.kind.startswith("text/"):
        return page.data
    try:
        return page.data.decode(page.charset).encode("utf-8-sig")
    except (LookupError, UnicodeError):
        return page.data
