"""Zip archives and compressed files: each file in them is read as if it lay in a folder."""

import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from rag.errors import LoadError
from rag.load.crawl import load_warc
from rag.load.member import Member
from rag.load.package import MOST_BYTES, Package

AUTOMATIC = 32 + zlib.MAX_WBITS  # zlib's window size for gzip streams


def load_archive(data: bytes, source: str) -> Iterator[Member]:
    """Read the files of a zip archive, in order of their names; hidden ones are left out, nothing goes to disk."""
    package = Package(data, source)
    for name in sorted(package.entries):
        path = PurePosixPath(name.replace("\\", "/"))
        if not any(part.startswith((".", "__MACOSX")) for part in path.parts if part != ".."):
            yield Member(name, path.suffix, partial(package.read, name))


def load_compressed(data: bytes, source: str) -> Iterator[Member]:
    """Read the file that a gzip file holds; the pages of a web archive one after the other."""
    if source.lower().endswith(".warc.gz"):
        yield from load_warc(data, source)
        return
    path = PurePosixPath(PurePosixPath(source).stem)
    yield Member(path.name, path.suffix, partial(_decompress, data, source))


def _decompress(data: bytes, source: str) -> bytes:
    pieces: list[bytes] = []
    room = MOST_BYTES
    while data:
        stream = zlib.decompressobj(AUTOMATIC)
        try:
            pieces.append(stream.decompress(data, room + 1))
        except zlib.error as error:
            raise LoadError(f"{source}: damaged, no gzip file inside; get it again.") from error
        room -= len(pieces[-1])
        if room < 0:
            raise LoadError(f"{source}: unpacks to more than {MOST_BYTES / 1e6:.0f} MB; unpack it and part it.")
        if not stream.eof:
            raise LoadError(f"{source}: cut short; get it again.")
        data = stream.unused_data
    return b"".join(pieces)
