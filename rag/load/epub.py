"""E-books: the files of an EPUB in reading order, parted into chapters by their headings."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from lxml import etree

from rag.datatypes import Document, Place
from rag.errors import LoadError
from rag.load.article import make_document
from rag.load.dates import iso_date
from rag.load.decode import decode_text
from rag.load.markup import text_of_html
from rag.load.package import Package

CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
PAGES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}
HEADING_LINES = re.compile(r"(?:#{1,6} [^\n]*\s*)*")


def load_epub(data: bytes, source: str) -> list[Document]:
    """Read one Document from each chapter of an e-book, titled ``Book: Chapter``; raises LoadError."""
    package = Package(data, source)
    container = package.xml(CONTAINER)
    rootfile = container.find(".//{*}rootfile") if container is not None else None
    opf = rootfile.get("full-path", "") if rootfile is not None else ""
    root = package.xml(opf)
    if root is None:
        raise LoadError(f"{source}: damaged, its table of files is missing; get it again.")
    metadata = _metadata(root)
    book = metadata.pop("title", "")
    documents = []
    for chapter in _chapters(list(_texts(package, root, posixpath.dirname(opf)))):
        title = ": ".join(filter(None, [book, chapter.title]))
        made = make_document(
            chapter.text, source, metadata | {"title": title}, part=chapter.title or "opening", places=chapter.places
        )
        documents.append(made)
    return documents


def _metadata(root: etree._Element) -> dict[str, str]:
    def values(name: str) -> list[str]:
        return [found.text.strip() for found in root.iterfind(f"./{{*}}metadata//{{*}}{name}") if found.text]

    metadata = {"title": " ".join(values("title")[:1]), "author": ", ".join(values("creator"))}
    metadata |= {"publisher": ", ".join(values("publisher")), "language": "".join(values("language")[:1])[:2].lower()}
    if dates := values("date"):
        metadata |= {"date": iso_date(dates[0]), "date_from": "e-book"}
    return metadata


def _texts(package: Package, root: etree._Element, folder: str) -> Iterator[tuple[str, tuple[Place, ...]]]:
    """Yield the text and headings of each file in reading order; the table of contents is left out."""
    encryption = package.xml(ENCRYPTION)
    locked = {found.get("URI") for found in encryption.iter("{*}CipherReference")} if encryption is not None else set()
    items = {item.get("id"): item for item in root.iterfind("./{*}manifest/{*}item")}
    for entry in root.iterfind("./{*}spine/{*}itemref"):
        item = items.get(entry.get("idref"))
        if item is None or item.get("media-type") not in PAGES or "nav" in item.get("properties", "").split():
            continue
        name = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        if name in locked:
            raise LoadError(
                f"{package.source}: protected against copying; its text can only be read where it was sold."
            )
        if name not in package.entries:
            raise LoadError(f"{package.source}: damaged, '{name}' is missing in it; get it again.")
        yield text_of_html(decode_text(package.read(name), package.source))


@dataclass(slots=True)
class _Chapter:
    title: str = ""
    text: str = ""
    places: list[Place] = field(default_factory=list)

    def add(self, text: str, places: list[Place]) -> None:
        start = len(self.text)
        self.places += [replace(place, start=place.start + start) for place in places]
        self.text += text


def _chapters(files: list[tuple[str, tuple[Place, ...]]]) -> Iterator[_Chapter]:
    """Part the text where a file begins with a heading, and at headings of the highest level that occurs twice.

    Files alone will not do: some makers cut books by size, others put all chapters in one file.
    """
    levels = Counter(_level(text, place) for text, places in files for place in places)
    highest = min((level for level, number in levels.items() if number > 1), default=0)
    chapter = _Chapter()
    for text, places in files:
        cuts = [place for place in places if place.start == 0 or _level(text, place) <= highest]
        ends = [place.start for place in cuts] + [len(text)]
        chapter.add(text[: ends[0]], [])
        for place, end in zip(cuts, ends[1:], strict=True):
            # A heading right below another one, as a chapter's name below its number, begins no chapter of its own.
            if HEADING_LINES.fullmatch(chapter.text):
                chapter.title = " ".join(filter(None, [chapter.title, place.heading]))
            else:
                yield chapter
                chapter = _Chapter(place.heading or "")
            inside = [
                replace(other, start=other.start - place.start) for other in places if place.start <= other.start < end
            ]
            chapter.add(text[place.start : end], inside)
        chapter.add("\n\n", [])
    yield chapter


def _level(text: str, heading: Place) -> int:
    return len(text[heading.start : heading.start + 6]) - len(text[heading.start : heading.start + 6].lstrip("#"))
