"""From a file's bytes to its Documents, those of the files within it included."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import Any

from rag.datatypes import Document
from rag.errors import LoadError, NotAnArticle
from rag.load.article import document_id
from rag.load.export import Fields
from rag.load.formats import EXPORTS, LOADERS
from rag.load.language import detect_language, language_code
from rag.load.member import Member
from rag.load.package import MOST_BYTES
from rag.load.sniff import refuse_wrong_suffix

MOST_NESTED = 3  # a mail in a mailbox in an archive; what is deeper is not for people
NO_FIELDS: Fields = {}

logger = logging.getLogger(__name__)


def load_documents(
    data: bytes,
    source: str,
    *,
    suffix: str | None = None,
    fields: Fields = NO_FIELDS,
    skipped: dict[str, str] | None = None,
) -> list[Document]:
    """Read a file's bytes with the loader for the suffix of ``source``; at least one Document, none without text.

    Args:
        data: what the file holds.
        source: its name, as it is shown to people.
        suffix: tells its format, where its name does not.
        fields: what the keys of exported records are called, where they cannot be guessed.
        skipped: takes the reason for each file within it that could not be read, while others could.

    Raises:
        LoadError: nothing in it could be read; one line that names the file and says what to do.
    """
    reading = _Reading(source, fields)
    suffix = PurePath(source).suffix if suffix is None else suffix
    documents = [document for document in reading.load(data, source, suffix) if document.text.strip()]
    if not documents:
        raise LoadError(next(iter(reading.skipped.values()), None) or reading.nothing_found())
    if skipped is not None:
        skipped |= reading.skipped
    return [
        replace(document, language=language_code(document.language or "") or detect_language(document.text))
        for document in _told_apart(documents)
    ]


class _Reading:
    """One file on its way into Documents: what all the files within it come to, and which were skipped."""

    def __init__(self, source: str, fields: Fields) -> None:
        self.source = source
        self.fields = fields
        self.skipped: dict[str, str] = {}
        self._room = MOST_BYTES
        self._passed_over: list[str] = []

    def nothing_found(self) -> str:
        """Say why there are no Documents where nothing was skipped."""
        if self._passed_over:
            return f"{self.source}: no file in it is supported (as '{self._passed_over[0]}'); leave it out."
        return f"{self.source}: no text in this file; add some or leave the file out."

    def load(self, data: bytes, source: str, suffix: str, nested: int = 0) -> Iterator[Document]:
        """Read a file's bytes, ``nested`` files deep; raises LoadError."""
        suffix = suffix.lower()
        if suffix not in LOADERS:
            supported = ", ".join(sorted(LOADERS))
            kind = f"'{suffix}' files are" if suffix else "a file without a suffix is"
            raise LoadError(f"{source}: {kind} not supported; save it as one of {supported}.")
        refuse_wrong_suffix(data, source, suffix)
        loader = partial(EXPORTS[suffix], fields=self.fields) if suffix in EXPORTS else LOADERS[suffix]
        try:
            for found in loader(data, source):
                if isinstance(found, Document):
                    yield found
                elif found.suffix.lower() in LOADERS:
                    yield from self._load_member(found, f"{source}/{found.name}", nested + 1)
                else:
                    self._passed_over.append(found.name)
        except (LoadError, MemoryError):
            raise
        except Exception as error:  # a parser may raise anything at a damaged file, which is that file's fault
            logger.debug("%s cannot be parsed", source, exc_info=True)
            raise LoadError(
                f"{source}: damaged, or not what its name says ({type(error).__name__}); get it again or leave it out."
            ) from error

    def _load_member(self, member: Member, source: str, nested: int) -> Iterator[Document]:
        """Read a file within another; one that cannot be read is skipped."""
        try:
            for document in self.load(self._unpack(member, source, nested), source, member.suffix, nested):
                yield self._in_place(document, member)
        except NotAnArticle:
            self._passed_over.append(member.name)
        except LoadError as error:
            self.skipped[source] = str(error)

    def _unpack(self, member: Member, source: str, nested: int) -> bytes:
        if nested > MOST_NESTED:
            raise LoadError(f"{source}: lies in an archive within archives; unpack them.")
        data = member.read()
        self._room -= len(data)
        if self._room < 0:
            raise LoadError(f"{source}: all before it came to {MOST_BYTES / 1e6:.0f} MB; unpack the archive.")
        return data

    def _in_place(self, document: Document, member: Member) -> Document:
        """Make a Document of a member one of the file that holds it."""
        said: dict[str, Any] = {
            name: value for name, value in member.metadata.items() if getattr(document, name) is None
        }
        part = f"{member.name}/{document.part}" if document.part else member.name
        return replace(document, source=self.source, part=part, **said)


def _told_apart(documents: list[Document]) -> Iterator[Document]:
    """Give each Document its own id: those of parts with one name are numbered in their order."""
    numbers: Counter[str | None] = Counter()
    taken: set[str | None] = set()
    for document in documents:
        part = document.part
        while part in taken:
            numbers[document.part] += 1
            part = f"{document.part or ''} ({numbers[document.part] + 1})".strip()
        taken.add(part)
        yield replace(document, part=part, id=document_id(document.source, part))
