"""Records of older Excel workbooks (MS-XLS): macro sheets, and links that are DDE commands; texts of binary ones.

Only the few records that matter are looked at; a workbook is a stream of records of two bytes type and two bytes size.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from lockgate.detection.files import compound_bounds

STREAMS = ("Workbook", "Book")
RECORDS = 200_000
SHEET, NAME, EXTERNAL_BOOK = 0x85, 0x18, 0x1AE  # BoundSheet8 §2.4.28, Lbl §2.4.150, SupBook §2.4.271
MACRO_SHEET = 1
AUTO_OPEN = (b"\x01", b"\x02")  # built-in names Auto_Open, Auto_Close
_WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){3,300}")
DDE_SEPARATOR = "\x03"


@dataclass(frozen=True, slots=True)
class WorkbookFacts:
    """`links` are pairs of server and topic, such as `cmd` and `/c calc`."""

    macro_sheets: tuple[str, ...] = ()
    opens_by_itself: bool = False
    links: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=4)
def facts(content: bytes) -> WorkbookFacts:
    """What an OLE workbook holds; nothing for other compound files. Never raises."""
    import olefile

    try:
        compound_bounds.check(content)
        with olefile.OleFileIO(BytesIO(content)) as document:
            stream = next((name for name in STREAMS if document.exists(name)), None)
            return _read(document.openstream(stream).read()) if stream else WorkbookFacts()
    except Exception:  # noqa: BLE001 - hostile bytes; what is no workbook to a parser has no macro sheets to show
        return WorkbookFacts()


def _read(data: bytes) -> WorkbookFacts:
    sheets, links, starts = [], [], False
    for kind, body in _records(data):
        if kind == SHEET and len(body) > 7 and body[5] == MACRO_SHEET:
            sheets.append(_short_text(body[6:]))
        elif kind == NAME:
            starts = starts or _starts(body)
        elif kind == EXTERNAL_BOOK and len(body) > 4:
            server, separator, topic = _short_text(body[2:], wide=True).partition(DDE_SEPARATOR)
            if separator:
                links.append((server, topic))
    return WorkbookFacts(tuple(sheets), starts, tuple(links))


def _starts(name: bytes) -> bool:
    """Whether a defined name is one that Excel runs, as a built-in number or written out."""
    built_in = len(name) > 15 and name[0] & 0x20 and name[15:16] in AUTO_OPEN
    return bool(built_in) or b"auto_" in name.replace(b"\0", b"").lower()


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    for _ in range(RECORDS):
        if place + 4 > len(data):
            return
        kind, size = struct.unpack_from("<HH", data, place)
        yield kind, data[place + 4 : place + 4 + size]
        place += 4 + size


def _short_text(body: bytes, *, wide: bool = False) -> str:
    """A text with its length (one byte, or two) and a flag for UTF-16 in front (MS-XLS §2.5.240, §2.5.296)."""
    length, start = (struct.unpack_from("<H", body)[0], 2) if wide else (body[0], 1)
    rest = body[start + 1 :]
    return rest[: length * 2].decode("utf-16-le", "replace") if body[start] & 1 else rest[:length].decode("latin-1")


def wide_texts(content: bytes) -> tuple[str, ...]:
    """UTF-16 texts in a binary part (.xlsb keeps its links and names so, MS-XLSB §2.5.168)."""
    return tuple(match.decode("utf-16-le") for match in _WIDE.findall(content[:2_000_000]))
