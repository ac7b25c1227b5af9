"""Single files of a zip archive that may be damaged or a bomb, read only as far as is asked for."""

import lzma
import struct
import zipfile
import zlib

UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, RuntimeError, KeyError,
)  # fmt: skip
"""What the standard library raises for what it cannot unpack: damage, a password, a method that it does not know."""


def beginning(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """The first `limit` bytes of a file in the archive; empty when it cannot be read. Never raises."""
    try:
        with archive.open(name) as stream:
            return stream.read(limit)
    except UNREADABLE:
        return b""
