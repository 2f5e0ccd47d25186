"""RSS and Atom: each entry of a feed with its address, date and author."""

import re
from io import BytesIO
from typing import Any

from rag.datatypes import Document
from rag.errors import LoadError, NotAnArticle
from rag.load.article import make_document
from rag.load.dates import iso_date
from rag.load.markup import text_of_html

ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
ROOT = re.compile(rb"<(?:[\w.-]+:)?([a-z][\w.-]*)", re.IGNORECASE)
ROOTS_OF_FEEDS = {b"rss", b"feed", b"rdf"}


def load_xml(data: bytes, source: str) -> list[Document]:
    """Read a feed as ``load_feed``; raises NotAnArticle for XML that is of another kind, such as a sitemap."""
    # Without zero bytes, UTF-16 has the names of elements as ASCII has them.
    root = ROOT.search(COMMENT.sub(b"", data.replace(b"\0", b"")))
    if root and root[1].lower() not in ROOTS_OF_FEEDS and not ENTITY.search(data):
        raise NotAnArticle(f"{source}: XML, but neither RSS nor Atom; leave it out or save its text.")
    return load_feed(data, source)


def load_feed(data: bytes, source: str) -> list[Document]:
    """Read one Document from each entry of a feed; raises LoadError where it is none."""
    # Imported here: it takes as long as all other loaders together.
    from feedparser import parse

    if ENTITY.search(data):
        raise LoadError(f"{source}: declares XML entities, which can be made to burst; save it without them.")
    # A stream, since it would take bytes for an address to fetch. What is in the markup is left to our own reader.
    feed = parse(BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version"):
        raise LoadError(f"{source}: damaged, or neither RSS nor Atom; leave it out or save its text.")
    about = feed.feed
    return [_document(entry, about, source) for entry in feed.entries]


def _document(entry: Any, about: Any, source: str) -> Document:
    bodies = [content.get("value") or "" for content in entry.get("content", ())] + [entry.get("summary") or ""]
    text, places = text_of_html(max(bodies, key=len))
    title = " ".join(text_of_html(entry.get("title") or "")[0].split())
    metadata = {
        "title": title,
        "author": entry.get("author") or about.get("author") or "",
        "publisher": about.get("title") or "",
        "url": entry.get("link") or "",
        "language": (entry.get("language") or about.get("language") or "")[:2].lower(),
    }
    if date := entry.get("published") or entry.get("updated"):
        metadata |= {"date": iso_date(date), "date_from": "feed"}
    part = entry.get("link") or entry.get("id") or title or "entry"
    return make_document(text, source, metadata, part=part, places=places)
