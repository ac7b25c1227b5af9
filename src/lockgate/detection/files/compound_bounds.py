"""Whether a compound file promises more than it can hold (MS-CFB §2.2, §2.6): asked before any library opens it.

Tables longer than the file, and streams that are, let a few kilobytes unfold into gigabytes in every library that
follows them, because a chain of sectors may run in circles.
"""

import struct
from functools import lru_cache
from io import BytesIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER = 512
SLACK = 8  # sectors: writers leave room
SHIFTS = (9, 12)  # sectors of 512 or 4,096 bytes


class Impossible(ValueError):
    """The file contradicts its own size."""


def check(content: bytes) -> None:
    """Raises Impossible. What is no compound file passes: another reader says what it is."""
    if content.startswith(MAGIC):
        problem = _problem(content)
        if problem:
            raise Impossible(problem)


@lru_cache(maxsize=8)
def _problem(content: bytes) -> str:
    return _in_header(content) or _in_directory(content)


def _in_header(content: bytes) -> str:
    if len(content) < HEADER:
        return "the header ends too early"
    (shift,) = struct.unpack_from("<H", content, 30)
    tables, small_tables, chained = (struct.unpack_from("<I", content, place)[0] for place in (44, 64, 72))
    if shift not in SHIFTS:
        return f"sectors of 2 to the power of {shift} bytes"
    size = 1 << shift
    sectors = len(content) // size + 1
    needed = sectors * 4 // size + SLACK
    longer = tables > needed or chained > needed or small_tables > sectors + SLACK
    return "its table of sectors is longer than the file" if longer else ""


def _in_directory(content: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(BytesIO(content)) as document:
            sizes = [entry.size for entry in document.direntries if entry is not None]
    except Exception as error:  # noqa: BLE001 - hostile bytes; what cannot be opened here is not opened elsewhere
        return f"{type(error).__name__}: {error}"[:100]
    return "a stream is longer than the file" if max(sizes, default=0) > len(content) else ""
