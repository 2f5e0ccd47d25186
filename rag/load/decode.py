"""From bytes to text, in whatever encoding, or a clear refusal."""

import codecs

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
            raise LoadError(f"{source}: marked as {marked.upper()}, but is not; save it as UTF-8.") from error
        text = _detect(data, source)
    if "\0" in text:
        raise LoadError(f"{source}: a binary file, not text; leave it out or save its text as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _detect(data: bytes, source: str) -> str:
    match = None if b"\0" in data else from_bytes(data).best()
    if match is None:
        raise LoadError(f"{source}: a binary file, or text in an unknown encoding; save it as UTF-8.")
    return str(match)
