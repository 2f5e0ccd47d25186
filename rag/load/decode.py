"""From bytes to text, in whatever encoding, or a clear refusal."""

import codecs
import re

from charset_normalizer import from_bytes

from rag.errors import LoadError

# UTF-32 before UTF-16, whose little-endian mark is the beginning of UTF-32's.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

# What no text holds; page and tabulator marks and escape (terminal colours) do occur.
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

# The detector needs many accents to be sure: it takes "It’s" for Chinese and "niño" for Polish. Text with no other
# characters than these is Windows-1252. (õ is missing: in Hungarian its byte is another letter.)
WESTERN = re.compile(r"[\x00-\x7f‘’“”„‚–—…•€£©®™°§·«»¿¡ªºàâäáãåæçèéêëìíîïñòóôöøœùúûüßÀÂÄÁÃÅÆÇÈÉÊËÍÎÏÑÓÔÖØŒÙÚÜ\xa0]*")


def decode_text(data: bytes, source: str) -> str:
    r"""Decode a file's bytes, with ``\n`` at the end of each line.

    A byte order mark decides, else UTF-8 is tried, else the encoding is detected. Raises LoadError for binary data
    and where no encoding fits; no character is ever replaced.
    """
    marked = next((encoding for mark, encoding in BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    try:
        text = data.decode(marked or "utf-8")
    except UnicodeDecodeError as error:
        if marked:
            raise LoadError(f"{source}: marked as {marked[:6].upper()}, but is not; save it as UTF-8.") from error
        text = _detect(data, source)
    if "\0" in text:
        raise LoadError(f"{source}: a binary file, not text; leave it out or save its text as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _detect(data: bytes, source: str) -> str:
    if not CONTROLS.search(data):
        western = data.decode("cp1252", errors="replace")
        if WESTERN.fullmatch(western):
            return western
        if match := from_bytes(data).best():
            return str(match)
    raise LoadError(f"{source}: a binary file, or text in an unknown encoding; leave it out or save it as UTF-8.")
