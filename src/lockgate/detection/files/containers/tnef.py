"""TNEF, Outlook's winmail.dat (MS-OXTNEF): attachments with their long names, and the body.

The stream is a list of attributes, each with a checksum that nobody checks; what stands behind damage is not read.
"""

import struct
from collections.abc import Iterator

from lockgate.detection.files.containers.reading import Entry, Opening, Outcome

_ATTRIBUTE = struct.Struct("<BII")
START = 6  # signature and key
BODY = 0x0002800C
RENDERING = 0x00069002  # a new attachment begins
DATA = 0x0006800F
TITLE = 0x00018010
PROPERTIES = 0x00069005
LONG_NAME, SHORT_NAME, DATA_OBJECT = 0x3707, 0x3704, 0x3701
TEXT, UNICODE, BINARY, OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({TEXT, UNICODE, BINARY, OBJECT})
MULTIPLE = 0x1000
INTERFACE_ID = 16  # bytes in front of an object


def read_tnef(opening: Opening) -> Iterator[Outcome]:
    """Attachments and the plain body."""
    name, content = "", b""
    for identity, value in _attributes(opening.content):
        match identity:
            case 0x00069002:
                yield from _finished(opening, name, content)
                name, content = "", b""
            case 0x00018010:
                name = name or _text(value, TEXT)
            case 0x0006800F:
                content = value
            case 0x00069005:
                long_name, data = _properties(value)
                name, content = long_name or name, content or data
            case 0x0002800C:
                yield from _finished(opening, "body.txt", value)
    yield from _finished(opening, name, content)


def _finished(opening: Opening, name: str, content: bytes) -> Iterator[Outcome]:
    if content:
        opening.one_more_file()
        opening.spend(len(content))
        yield Entry(name or "attachment", content)


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    place = START
    while place + _ATTRIBUTE.size <= len(content):
        _, identity, length = _ATTRIBUTE.unpack_from(content, place)
        place += _ATTRIBUTE.size
        yield identity, content[place : place + length]
        place += length + 2


def _properties(data: bytes) -> tuple[str, bytes]:
    """Name and content among the MAPI properties of an attachment (MS-OXTNEF §2.1.3.4); damage ends the list."""
    long_name, short_name, content = "", "", b""
    try:
        for identity, kind, value in _mapi(data):
            if identity == LONG_NAME:
                long_name = _text(value, kind)
            elif identity == SHORT_NAME:
                short_name = _text(value, kind)
            elif identity == DATA_OBJECT:
                content = value[INTERFACE_ID:] if kind == OBJECT else value
    except (struct.error, ValueError):
        pass
    return long_name or short_name, content


def _mapi(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    (count,) = struct.unpack_from("<I", data)
    place = 4
    for _ in range(min(count, 10_000)):
        kind, identity = struct.unpack_from("<HH", data, place)
        place += 4
        if identity >= 0x8000:
            place = _behind_name(data, place)
        single = kind & ~MULTIPLE
        values = 1
        if kind & MULTIPLE or single in _VARIABLE:
            (values,) = struct.unpack_from("<I", data, place)
            place += 4
        for _ in range(min(values, 10_000)):
            size = _FIXED.get(single)
            if size is None:
                if single not in _VARIABLE:
                    raise ValueError("unknown property type")
                (size,) = struct.unpack_from("<I", data, place)
                place += 4
            yield identity, single, data[place : place + size]
            place += size + (-size % 4)


def _behind_name(data: bytes, place: int) -> int:
    """Named properties have a GUID, a kind, and a number or a name in front of their value."""
    place += 16
    (kind,) = struct.unpack_from("<I", data, place)
    place += 4
    if kind == 0:
        return place + 4
    (size,) = struct.unpack_from("<I", data, place)
    return int(place + 4 + size + (-size % 4))


def _text(value: bytes, kind: int) -> str:
    return value.decode("utf-16-le" if kind == UNICODE else "cp1252", "replace").rstrip("\0")
