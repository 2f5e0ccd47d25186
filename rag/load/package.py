"""Zip files, which most office formats are too, read in memory and within bounds; and the XML in them."""

import zipfile
from io import BytesIO
from zlib import error as ZlibError  # noqa: N812

from lxml import etree

from rag.errors import LoadError

MOST_ENTRIES = 20_000
MOST_BYTES = 256_000_000
MOST_XML = 64_000_000  # bytes; as a tree they take several times as much
# Text shrinks to a tenth, tables to a fiftieth; only what is made to burst shrinks to a thousandth.
BURSTING = 200
BURSTING_FROM = 16_000_000  # bytes
ENCRYPTED = 0x1


class Package:
    """A zip file's entries by name; each read counts towards what all may hold.

    Raises LoadError, in ``read`` too: damaged, with a password, or a zip bomb.
    """

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self._bytes = 0
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
            raise LoadError(f"{source}: damaged or cut short, no zip file inside; get it again.") from error
        self.entries = {info.filename: info for info in self._zip.infolist() if not info.is_dir()}
        if len(self.entries) > MOST_ENTRIES:
            raise LoadError(
                f"{source}: holds {len(self.entries):,} files, more than {MOST_ENTRIES:,}; part it or leave it out."
            )
        if any(info.flag_bits & ENCRYPTED for info in self.entries.values()):
            raise LoadError(f"{source}: has a password; save it without one.")

    def read(self, name: str) -> bytes:
        """Return an entry's bytes; those of no such entry are empty."""
        info = self.entries.get(name)
        if info is None:
            return b""
        self._bytes += info.file_size
        bursting = info.file_size > max(BURSTING_FROM, BURSTING * info.compress_size)
        if bursting or self._bytes > MOST_BYTES:
            raise LoadError(
                f"{self.source}: unpacks to more than it may ({self._bytes / 1e6:,.0f} MB), like a zip bomb; "
                "leave it out or unpack it yourself."
            )
        try:
            return self._zip.read(info)
        except (
            zipfile.BadZipFile,
            ZlibError,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise LoadError(f"{self.source}: '{name}' in it is damaged; get it again.") from error

    def xml(self, name: str) -> etree._Element | None:
        """Return the root of an entry that is XML, None where there is no such entry."""
        return parse_xml(data, self.source) if (data := self.read(name)) else None


def parse_xml(data: bytes, source: str) -> etree._Element:
    """Return the root element; raises LoadError where it is damaged, too large, or declares entities."""
    if len(data) > MOST_XML:
        raise LoadError(f"{source}: has more than {MOST_XML / 1e6:.0f} MB of XML; part it or leave it out.")
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else "no elements"
        raise LoadError(f"{source}: damaged XML ({reason}); save it again.") from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise LoadError(f"{source}: declares XML entities, which can be made to burst; save it without them.")
    return root
