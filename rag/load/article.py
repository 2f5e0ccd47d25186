"""What the loaders share: a Document with an id that lasts and a title in any case."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import PurePath

from rag.datatypes import Document, Place

# Halves of characters, zero bytes and the like: JSON and HTML can spell them, the database cannot store them. One
# blank for one, so that offsets stay.
UNWRITABLE = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\r\ud800-\udfff]")


def make_document(
    text: str, source: str, metadata: Mapping[str, str], *, part: str | None = None, places: Sequence[Place] = ()
) -> Document:
    """Make the Document of a file, or of one part of it; lines before and after its text that are blank are left out.

    Args:
        text: the article's own words.
        source: the file.
        metadata: any of title, date, author, publisher, url, language and date_from; without a title the name of the
            part or file serves.
        part: names the entry of a file that holds several; no two may have the same.
        places: pages and headings, by their offsets into ``text``.
    """
    text = UNWRITABLE.sub(" ", text)
    metadata = {name: " ".join(UNWRITABLE.sub(" ", value).split()) for name, value in metadata.items()}
    kept = _strip_blank_lines(text)
    left_out = text.find(kept)
    return Document(
        id=document_id(source, part),
        text=kept,
        title=metadata.get("title") or title_from_name(part or source),
        source=source,
        date=metadata.get("date") or None,
        author=metadata.get("author") or None,
        publisher=metadata.get("publisher") or None,
        part=part,
        url=metadata.get("url") or None,
        language=metadata.get("language") or None,
        date_from=metadata.get("date_from") or None,
        places=tuple(replace(place, start=max(place.start - left_out, 0)) for place in places),
    )


def document_id(source: str, part: str | None = None) -> str:
    """Return 16 hex digits that stay the same when the file's content changes."""
    return blake2b(f"{source}\0{part or ''}".encode(errors="surrogateescape"), digest_size=8).hexdigest()


def title_from_name(source: str) -> str:
    """Make a file's name readable: ``news/trade-talks_2025.txt`` gives ``Trade talks 2025``."""
    words = PurePath(source).stem.replace("-", " ").replace("_", " ").split()
    title = " ".join(words) or PurePath(source).name
    return title[:1].upper() + title[1:]


def _strip_blank_lines(text: str) -> str:
    """Leave the first line's indentation alone: in Markdown it can carry meaning."""
    text = text.rstrip()
    start = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, start) + 1 :]
