"""ARJ (the format's own technical note): its headers are read here, its compression is that of LHA's `-lh7-`.

Methods 1 to 3 use the static Huffman code of LHA with the same tables and a smaller window, so an entry is handed to
libarchive in an LZH wrapping. Method 4 ("fastest") and locked entries are named, not opened.
"""

import struct
from collections.abc import Iterator

from lockgate.detection.files.containers import by_libarchive
from lockgate.detection.files.containers.reading import NEEDS_PASSWORD, Entry, Opening, Outcome, Refusal, Why

MAGIC = b"\x60\xea"
_HEADER = struct.Struct("<BBBBBBBxIIII")
LOCKED = 0x01
STORED, SMALLEST_LZH, LARGEST_LZH = 0, 1, 3
ARCHIVE_HEADER = 2


def read_arj(opening: Opening) -> Iterator[Outcome]:
    """All files. The first header is the archive's own."""
    content, place, first = opening.content, 0, True
    while content.startswith(MAGIC, place):
        size = int.from_bytes(content[place + 2 : place + 4], "little")
        if size == 0:
            return
        header = content[place + 4 : place + 4 + size]
        place = _behind_extensions(content, place + 4 + size + 4)
        first_size, _, _, _, flags, method, kind, _, packed, original, _ = _HEADER.unpack_from(header)
        if first or kind == ARCHIVE_HEADER:
            first = False
            continue
        name = header[first_size:].partition(b"\0")[0].decode("cp437")
        opening.one_more_file()
        yield _entry(opening, name, flags, method, content[place : place + packed], original)
        if place + packed > len(content):
            yield Refusal(name, Why.DAMAGED, "ends too early")
        place += packed


def _behind_extensions(content: bytes, place: int) -> int:
    """The place behind the extended headers, each with its size in front and a checksum behind."""
    while size := int.from_bytes(content[place : place + 2], "little"):
        place += 2 + size + 4
    return place + 2


def _entry(opening: Opening, name: str, flags: int, method: int, packed: bytes, original: int) -> Outcome:
    if flags & LOCKED:
        return Refusal(name, Why.ENCRYPTED, NEEDS_PASSWORD)
    if method == STORED:
        opening.spend(len(packed))
        return Entry(name, packed)
    if not SMALLEST_LZH <= method <= LARGEST_LZH:
        return Refusal(name, Why.UNSUPPORTED, f"ARJ method {method} is not opened")
    for outcome in by_libarchive.entries(opening, as_lzh(packed, original), "lha"):
        return (
            Entry(name, outcome.content) if isinstance(outcome, Entry) else Refusal(name, outcome.why, outcome.detail)
        )
    return Refusal(name, Why.DAMAGED, "cannot be unpacked")


def as_lzh(packed: bytes, original: int, method: bytes = b"-lh7-") -> bytes:
    """An LZH archive (level 0 header) around one compressed stream; its checksum is left out, as the format allows."""
    body = method + struct.pack("<IIIBB", len(packed), original, 0, 0x20, 0) + b"\x01x"
    return bytes([len(body), sum(body) & 0xFF]) + body + packed + b"\0"
