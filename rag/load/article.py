"""What the loaders share: a Document with an id that lasts and a title in any case."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import PurePath

from rag.datatypes import Document


def make_document(text: str, source: str, metadata: Mapping[str, str], number: int = 0) -> Document:
    """Make the Document ``number`` of a file; lines before and after its text that are blank are left out.

    ``metadata`` may hold title, date, author and publisher; without a title the file's name serves.
    """
    return Document(
        id=document_id(source, number),
        text=_strip_blank_lines(text),
        title=metadata.get("title") or title_from_name(source),
        source=source,
        date=metadata.get("date"),
        author=metadata.get("author"),
        publisher=metadata.get("publisher"),
    )


def document_id(source: str, number: int = 0) -> str:
    """Return 16 hex digits that stay the same when the file's content changes."""
    return blake2b(f"{source}\0{number}".encode(errors="surrogateescape"), digest_size=8).hexdigest()


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
