"""Messages and mailboxes: who wrote what when, and the files that were sent along."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses
from functools import partial
from pathlib import PurePath

from rag.datatypes import Document
from rag.errors import LoadError
from rag.load.article import make_document
from rag.load.dates import iso_date
from rag.load.decode import decode_text
from rag.load.markup import text_of_html
from rag.load.member import Member

# The line that begins a message in a mailbox: a sender and a time. Others begin with "From" too.
SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S.* \d?\d:\d\d.*\r?\n")
QUOTED_SEPARATOR = re.compile(rb"^>(>*From )", re.MULTILINE)
# What senders declare without knowing; where the bytes are UTF-8, that is no accident.
PRESUMED = {None, "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252"}
# A plain part that is so much shorter than the page beside it only says that there is one.
STUB = 1 / 3


def load_mailbox(data: bytes, source: str) -> Iterator[Member]:
    """Read the messages of a mailbox; raises LoadError where it is none."""
    starts = list(SEPARATOR.finditer(data))
    if data.strip() and (not starts or starts[0].start() > 0):
        raise LoadError(f"{source}: no mailbox: it does not begin with a line 'From SENDER TIME'; leave it out.")
    ends = [match.start() for match in starts[1:]] + [len(data)]
    for number, (separator, end) in enumerate(zip(starts, ends, strict=True), start=1):
        message = QUOTED_SEPARATOR.sub(rb"\1", data[separator.end() : end])
        yield Member(f"message {number}", ".eml", partial(bytes, message))


def load_mail(data: bytes, source: str) -> Iterator[Document | Member]:
    """Read a message as a Document, quoted replies included, and each file attached to it; raises LoadError."""
    message = message_from_bytes(data, policy=policy.default)
    if not message.keys():
        raise LoadError(f"{source}: no mail: it does not begin with the lines of a header; leave it out.")
    plain: list[str] = []
    pages: list[str] = []
    attached: list[Member] = []
    for part in _leaves(message):
        name = part.get_filename()
        kind = part.get_content_type()
        if kind == "message/rfc822":
            attached.append(Member(name or "message.eml", ".eml", next(part.iter_parts()).as_bytes))
        elif name or part.get_content_disposition() == "attachment":
            attached.append(Member(name or "attachment", PurePath(name or "").suffix, partial(_payload, part)))
        elif kind == "text/html":
            pages.append(_text(part, source))
        elif kind == "text/plain" or part.get_content_maintype() == "multipart":
            plain.append(_text(part, source))
    text, (page, places) = "\n\n".join(plain), text_of_html("\n".join(pages))
    if len(text.split()) < STUB * len(page.split()):
        yield make_document(page, source, _metadata(message), places=places)
    else:
        yield make_document(text, source, _metadata(message))
    yield from attached


def _leaves(message: MIMEPart) -> Iterator[MIMEPart]:
    """Yield the parts that hold no others; so does one that says it does, and a message that is attached."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.iter_parts():
            yield from _leaves(part)
    else:
        yield message


def _metadata(message: EmailMessage) -> dict[str, str]:
    senders = [name or address for name, address in getaddresses([str(message.get("From", ""))])]
    metadata = {"title": str(message.get("Subject", "")), "author": ", ".join(filter(None, senders))}
    if date := str(message.get("Date", "")):
        metadata |= {"date": iso_date(date), "date_from": "mail header"}
    return metadata


def _payload(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: MIMEPart, source: str) -> str:
    """Decode a part, by its bytes where what it declares is wrong."""
    data = _payload(part)
    charset = part.get_content_charset()
    if charset not in PRESUMED or data.isascii():
        try:
            return data.decode(charset or "ascii").replace("\r\n", "\n")
        except (LookupError, UnicodeError):
            pass
    return decode_text(data, source)
