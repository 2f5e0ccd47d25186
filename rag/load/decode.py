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

# A web page's declaration, as in `<meta charset="gbk">` or `<?xml version="1.0" encoding="iso-8859-1"?>`.
DECLARATION = re.compile(rb"<(?:meta|\?xml)\b[^>]*?\b(?:charset|encoding)\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
DECLARED_WITHIN = 4096  # bytes; the standard asks for the first 1,024
# Browsers read these as the larger set that the page was most likely written in.
BROWSERS_READ = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}


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


def decode_page(data: bytes, source: str) -> str:
    """Decode a web page's bytes: UTF-8 where they are, else as the page declares, else as ``decode_text``.

    A byte that the declared encoding does not have becomes U+FFFD, as in browsers. Raises LoadError.
    """
    if not data.startswith(tuple(BYTE_ORDER_MARKS)) and (declared := DECLARATION.search(data, 0, DECLARED_WITHIN)):
        name = declared[1].decode("ascii").lower()
        # ISO 2022 writes other scripts in ASCII's bytes, so it would pass for UTF-8.
        if name.startswith("iso-2022") or not _is_utf8(data):
            try:
                text = data.decode(BROWSERS_READ.get(name, name), errors="replace")
            except LookupError:
                return decode_text(data, source)
            return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return decode_text(data, source)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _detect(data: bytes, source: str) -> str:
    if not CONTROLS.search(data):
        western = data.decode("cp1252", errors="replace")
        if WESTERN.fullmatch(western):
            return western
        if match := from_bytes(data).best():
            return str(match)
    raise LoadError(f"{source}: a binary file, or text in an unknown encoding; leave it out or save it as UTF-8.")
