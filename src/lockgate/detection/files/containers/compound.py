"""Files inside compound files (MS-CFB): OLE packages (MS-OLEDS §2.3.6) and streams that are files of their own."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from lockgate.detection.files import compound_bounds
from lockgate.detection.files.containers.reading import Entry, Opening, Outcome

NATIVE = "\x01ole10native"
FILE_STARTS = (
    b"MZ", b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"MSCF", b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rt", b"ITSF",
    b"\x4c\x00\x00\x00\x01\x14\x02\x00",
)  # fmt: skip
LINK = b"\x00\x00\x01\x00"
SMALLEST = 16
NAME_LIMIT = 1_024
OBJECT_RECORD, COMPRESSED, CONTAINER = 0x1011, 1, 0xF
OBJECT_LIMIT = 50_000_000


def read_compound(opening: Opening) -> Iterator[Outcome]:
    """Packages and file-like streams. A presentation keeps its objects compressed in its own records."""
    import olefile

    compound_bounds.check(opening.content)
    with olefile.OleFileIO(BytesIO(opening.content)) as document:
        yield from _embedded(opening, document)
        if document.exists("PowerPoint Document"):
            yield from _of_presentation(opening, document.openstream("PowerPoint Document").read())


def _of_presentation(opening: Opening, stream: bytes) -> Iterator[Outcome]:
    """External objects of a presentation: records of type 0x1011, whose instance 1 is compressed (MS-PPT §2.10.34)."""
    for instance, data in _object_records(stream):
        content = zlib.decompressobj().decompress(data[4:], OBJECT_LIMIT) if instance == COMPRESSED else data
        yield _counted(opening, Entry("object.bin", content))


def _object_records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 8 <= len(stream):
        version, kind, size = struct.unpack_from("<HHI", stream, place)
        place += 8
        if kind == OBJECT_RECORD:
            yield version >> 4, stream[place : place + size]
        if version & 0xF != CONTAINER:
            place += size


def _embedded(opening: Opening, document: Any) -> Iterator[Outcome]:
    for path in document.listdir(streams=True, storages=False):
        if document.get_size(path) < SMALLEST:
            continue
        stream = document.openstream(path)
        name = path[-1]
        if name.lower() == NATIVE:
            found = package(stream.read())
            if found is not None:
                yield _counted(opening, found)
            continue
        head = stream.read(SMALLEST)
        if head.startswith(FILE_STARTS):
            yield _counted(
                opening, Entry("".join(letter for letter in name if letter.isprintable()), head + stream.read())
            )


def _counted(opening: Opening, entry: Entry) -> Entry:
    opening.one_more_file()
    opening.spend(len(entry.content))
    return entry


def package(data: bytes) -> Entry | None:
    """The file in an Ole10Native stream: size, flags, label, path, and the content behind a second size."""
    if len(data) < 8:
        return None
    if data[4:6] != b"\x02\x00":  # an object of another program: the bytes themselves
        return Entry("object.bin", data[4:])
    label, place = _string(data, 6)
    file_name, place = _string(data, place)
    if data[place : place + 4] == LINK:  # only a path to a file that the reader's computer has
        return Entry(_leaf(file_name or label), b"")
    place += 8
    command, place = _string(data, place)
    try:
        (size,) = struct.unpack_from("<I", data, place)
    except struct.error:
        return None
    return Entry(_leaf(command or label or file_name), data[place + 4 : place + 4 + size])


def _leaf(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2] or "package"


def _string(data: bytes, place: int) -> tuple[str, int]:
    end = data.find(b"\0", place, place + NAME_LIMIT)
    if end < 0:
        return "", place
    return data[place:end].decode("cp1252", "replace"), end + 1
