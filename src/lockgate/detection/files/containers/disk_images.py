"""Disk images: VHD and VHDX made flat, their partitions found, FAT read; other file systems are searched for files.

Every file system keeps a file's content from the start of a sector on. Where nothing here reads the file system (NTFS,
exFAT), pieces that begin like a dangerous kind of file are cut out at those places, so that they are still looked into.
"""

import re
import struct
from collections.abc import Iterator
from uuid import UUID

from lockgate.detection.files.containers import fat
from lockgate.detection.files.containers.reading import Entry, Opening, Outcome, Refusal, Why

SECTOR = 512
VHD_COOKIE = b"conectix"
VHD_HEADER = b"cxsparse"
VHD_DYNAMIC, VHD_DIFFERENCING = 3, 4
VHDX_BLOCKS = UUID("2dc27766-f623-4200-9d64-115e9bfd4a08").bytes_le  # MS-VHDX §2.2.3.2
VHDX_METADATA = UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le
VHDX_PARAMETERS = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b").bytes_le  # MS-VHDX §2.6.2
VHDX_DISK_SIZE = UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8").bytes_le
VHDX_PRESENT = 6
MEGABYTE = 1 << 20
PARTITION_TABLE, PARTITIONS = 446, 4
GPT_TYPE = 0xEE
PIECE_LIMIT = 20_000_000
MOST_PIECES = 200
_STARTS = re.compile(
    rb"MZ[\s\S]{58}[\s\S]{2}\0\0|\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0|PK\x03\x04|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|MSCF\0\0\0\0"
    rb"|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|%PDF-|ITSF\x03|\{\\rt"
)


def read_disk(opening: Opening) -> Iterator[Outcome]:
    """The files of all volumes of a raw, VHD or VHDX image."""
    disk = _flat(opening)
    for start, end in _volumes(disk):
        volume = memoryview(disk)[start:end]
        if fat.is_fat(volume):
            yield from fat.read(opening, volume)
        else:
            yield from carved(opening, bytes(volume))


def carved(opening: Opening, volume: bytes) -> Iterator[Outcome]:
    """Pieces that begin like a file at the start of a sector, each up to the next one."""
    places = [match.start() for match in _STARTS.finditer(volume) if match.start() % SECTOR == 0][:MOST_PIECES]
    for place, following in zip(places, [*places[1:], len(volume)], strict=True):
        opening.one_more_file()
        piece = volume[place : min(following, place + PIECE_LIMIT)]
        opening.spend(len(piece))
        yield Entry(f"at {place}", piece)
    if not places:
        yield Refusal("", Why.UNSUPPORTED, "its file system is not read, and nothing in it looks like a program")


def _flat(opening: Opening) -> bytes:
    content = opening.content
    if content.startswith(b"vhdxfile"):
        return _flat_vhdx(opening)
    if content.startswith(VHD_COOKIE):
        return _flat_vhd(opening)
    return content[:-SECTOR] if content[-SECTOR:].startswith(VHD_COOKIE) else content


def _flat_vhd(opening: Opening) -> bytes:
    """A dynamic VHD: blocks named by a table ("Virtual Hard Disk Image Format Specification"). Holes are zeros."""
    content = opening.content
    size, kind = struct.unpack_from(">Q", content, 48)[0], struct.unpack_from(">I", content, 60)[0]
    if kind != VHD_DYNAMIC:
        raise ValueError("not a dynamic disk")
    (header,) = struct.unpack_from(">Q", content, 16)
    if not content.startswith(VHD_HEADER, header):
        raise ValueError("no header of a dynamic disk")
    (table,) = struct.unpack_from(">Q", content, header + 16)
    count, block = struct.unpack_from(">II", content, header + 28)
    bitmap = -(-block // SECTOR // 8 // SECTOR) * SECTOR
    entries = [struct.unpack_from(">I", content, table + 4 * number)[0] for number in range(min(count, 100_000))]
    places = [entry * SECTOR + bitmap if entry != 0xFFFFFFFF else None for entry in entries]
    return _assembled(opening, places, block, size)


def _flat_vhdx(opening: Opening) -> bytes:
    """A VHDX without a parent: regions, metadata and block table (MS-VHDX §2.2 to §2.5). Its log is not replayed."""
    content = opening.content
    regions = _vhdx_table(content, 192 * 1024, b"regi", 8, 16, 32)
    (metadata,) = struct.unpack_from("<Q", regions[VHDX_METADATA])
    items = _vhdx_table(content, metadata, b"metadata", 10, 32, 32)
    (parameters,) = struct.unpack_from("<I", items[VHDX_PARAMETERS])
    (size_item,) = struct.unpack_from("<I", items[VHDX_DISK_SIZE])
    (block,) = struct.unpack_from("<I", content, metadata + parameters)
    (size,) = struct.unpack_from("<Q", content, metadata + size_item)
    if block < MEGABYTE:
        raise ValueError("impossible block size")
    chunk = (1 << 23) * SECTOR // block  # payload blocks between two entries for bitmaps
    (table,) = struct.unpack_from("<Q", regions[VHDX_BLOCKS])
    places: list[int | None] = []
    for number in range(min(-(-size // block), 100_000)):
        (entry,) = struct.unpack_from("<Q", content, table + 8 * (number + number // chunk))
        places.append((entry >> 20) * MEGABYTE if entry & 7 == VHDX_PRESENT else None)
    return _assembled(opening, places, block, size)


def _vhdx_table(content: bytes, place: int, magic: bytes, count_at: int, first: int, size: int) -> dict[bytes, bytes]:
    if not content.startswith(magic, place):
        raise ValueError("a table is missing")
    (count,) = struct.unpack_from("<H", content, place + count_at)
    rows = [content[place + first + size * row : place + first + size * (row + 1)] for row in range(min(count, 2_047))]
    return {row[:16]: row[16:] for row in rows}


def _assembled(opening: Opening, places: list[int | None], block: int, size: int) -> bytes:
    """The disk up to its last block that is there; the rest is empty anyway."""
    while places and places[-1] is None:
        places.pop()
    opening.spend(min(len(places) * block, size))
    content, empty = opening.content, bytes(block)
    pieces = [empty if place is None else content[place : place + block].ljust(block, b"\0") for place in places]
    return b"".join(pieces)[:size]


def _volumes(disk: bytes) -> list[tuple[int, int]]:
    """Byte ranges of the partitions (MBR or GPT); a disk without a table is one volume."""
    if disk[510:512] != b"\x55\xaa" or fat.is_fat(memoryview(disk)):
        return [(0, len(disk))]
    found = []
    for number in range(PARTITIONS):
        entry = disk[PARTITION_TABLE + 16 * number : PARTITION_TABLE + 16 * (number + 1)]
        if entry[4] == GPT_TYPE:
            return _gpt(disk) or [(0, len(disk))]
        first, count = struct.unpack_from("<II", entry, 8)
        if entry[4] and 0 < first * SECTOR < len(disk):
            found.append((first * SECTOR, min((first + count) * SECTOR, len(disk))))
    return found or [(0, len(disk))]


def _gpt(disk: bytes) -> list[tuple[int, int]]:
    if not disk.startswith(b"EFI PART", SECTOR):
        return []
    (table,) = struct.unpack_from("<Q", disk, SECTOR + 72)
    count, size = struct.unpack_from("<II", disk, SECTOR + 80)
    found = []
    for number in range(min(count, 128)):
        entry = disk[table * SECTOR + number * size : table * SECTOR + number * size + 48]
        if len(entry) == 48 and any(entry[:16]):
            first, last = struct.unpack_from("<QQ", entry, 32)
            if first * SECTOR < len(disk):
                found.append((first * SECTOR, min((last + 1) * SECTOR, len(disk))))
    return found
