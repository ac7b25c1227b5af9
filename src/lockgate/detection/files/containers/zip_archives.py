"""ZIP (APPNOTE 6.3.10), and everything that readers of ZIP disagree about.

Two archives one behind the other have two directories: one program shows the first, another the last. Both are read.
What the standard library cannot unpack (Deflate64, AES, damaged directories) is tried with libarchive.
"""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from lockgate.detection.files.containers import by_libarchive
from lockgate.detection.files.containers.reading import (
    NEEDS_PASSWORD,
    Entry,
    Opening,
    Outcome,
    OutOfBudget,
    Refusal,
    Why,
)

END_OF_DIRECTORY = b"PK\x05\x06"
END_SIZE = 22
MOST_DIRECTORIES = 10
TRY_LIMIT = 4_000_000  # bytes unpacked to see whether a password fits
TRY_COST = 3
DEFLATE64, LOCAL_HEADER = 9, 30
STEP = 10_000  # packed bytes at a time: at most ten megabytes unpacked before they are counted
METHOD_COSTS = {zipfile.ZIP_BZIP2: 8, zipfile.ZIP_LZMA: 5}


def read_zip(opening: Opening) -> Iterator[Outcome]:
    """All files of all directories. Names of locked entries are readable and are reported."""
    try:
        with zipfile.ZipFile(BytesIO(opening.content)) as archive:
            items = [item for item in archive.infolist() if not item.is_dir()]
            yield from _read(opening, archive, items)
            ends = [item.header_offset + item.compress_size for item in items]
            starts = [item.header_offset for item in items]
    except zipfile.BadZipFile:
        yield from by_libarchive.entries(opening, opening.content, "zip")
        return
    for end in _earlier_directories(opening.content, list(zip(starts, ends, strict=True))):
        yield from _read_earlier(opening, end)


def _read(opening: Opening, archive: zipfile.ZipFile, items: list[zipfile.ZipInfo]) -> Iterator[Outcome]:
    locked = frozenset(item.filename for item in items if item.flag_bits & 0x1)
    password = _password(opening, locked) if locked else None
    difficult: set[str] = set(locked) if password else set()
    for item in items:
        if item.filename in difficult:
            continue
        opening.one_more_file()
        if item.filename in locked:
            yield Refusal(item.filename, Why.ENCRYPTED, NEEDS_PASSWORD)
            continue
        try:
            if item.compress_type == DEFLATE64:
                yield Entry(item.filename, _deflate64(opening, item))
                continue
            with archive.open(item) as stream:
                yield Entry(item.filename, opening.read_all(stream, METHOD_COSTS.get(item.compress_type, 1)))
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            lzma.LZMAError,
            OSError,
            ValueError,
            NotImplementedError,
            struct.error,
        ):
            difficult.add(item.filename)
    if difficult:
        yield from _with_libarchive(opening, difficult, password)


def _deflate64(opening: Opening, item: zipfile.ZipInfo) -> bytes:
    """Deflate with a larger window, which Windows makes of large files and zlib does not read."""
    import inflate64

    header = opening.content[item.header_offset : item.header_offset + LOCAL_HEADER]
    name, extra = struct.unpack_from("<HH", header, 26)
    start = item.header_offset + LOCAL_HEADER + name + extra
    packed = opening.content[start : start + item.compress_size]
    inflater = inflate64.Inflater()
    pieces = []
    for place in range(0, len(packed), STEP):
        pieces.append(inflater.inflate(packed[place : place + STEP]))
        opening.spend(len(pieces[-1]), 2)
    return b"".join(pieces)


def _password(opening: Opening, locked: frozenset[str]) -> str | None:
    if by_libarchive.library() is None:
        return None

    def opens(text: str) -> bool:
        return by_libarchive.opens(opening.content, "zip", text, locked, TRY_LIMIT)

    return opening.unlock(opens, TRY_COST)


def _with_libarchive(opening: Opening, names: set[str], password: str | None) -> Iterator[Outcome]:
    left = set(names)
    for outcome in by_libarchive.entries(opening, opening.content, "zip", "none", password):
        if isinstance(outcome, Refusal):
            yield outcome
            left.discard(outcome.name)
        elif outcome.name in left:
            left.discard(outcome.name)
            yield outcome
    for name in sorted(left):
        yield Refusal(name, Why.DAMAGED, "cannot be unpacked")


def _earlier_directories(content: bytes, spans: list[tuple[int, int]]) -> Iterator[int]:
    """Ends of directories before the last one that do not lie inside an entry (a stored archive has its own)."""
    place, last = content.find(END_OF_DIRECTORY), content.rfind(END_OF_DIRECTORY)
    for _ in range(MOST_DIRECTORIES):
        if place < 0 or place == last:
            return
        if not any(start <= place < end for start, end in spans):
            yield place + END_SIZE
        place = content.find(END_OF_DIRECTORY, place + 1)


def _read_earlier(opening: Opening, end: int) -> Iterator[Outcome]:
    try:
        with zipfile.ZipFile(BytesIO(opening.content[:end])) as archive:
            yield from _read(opening, archive, [item for item in archive.infolist() if not item.is_dir()])
    except OutOfBudget:
        raise
    except (zipfile.BadZipFile, OSError, ValueError):
        return
