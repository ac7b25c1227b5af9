"""One compressed stream holding one file: gzip (RFC 1952), bzip2, xz, lzma; and TAR.

A stream may have several members; the programs that people use unpack all of them into one file, and so do we.
"""

import bz2
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Protocol

from lockgate.detection.files.containers.reading import CHUNK, Entry, Opening, Outcome, Reader, Refusal, Why

MEMBERS = 1_000


class Decompressor(Protocol):
    """The shape that bz2 and lzma share."""

    @property
    def eof(self) -> bool:
        """Whether the member is complete."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What follows the member."""
        ...

    def decompress(self, data: bytes, max_length: int = ...) -> bytes:
        """At most `max_length` bytes of what is in `data` and what was given before."""
        ...


class _Gzip:
    """zlib's object in the shape of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._kept = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        made = self._inner.decompress(self._kept + data, max_length)
        self._kept = self._inner.unconsumed_tail
        return made


def single(make: Callable[[], Decompressor], suffixes: tuple[str, ...], cost: int) -> Reader:
    """A reader for streams of one kind."""

    def read(opening: Opening) -> Iterator[Outcome]:
        opening.one_more_file()
        pieces: list[bytes] = []
        whole = _all_members(opening, make, pieces, cost)
        yield Entry(inner_name(opening.name, suffixes), b"".join(pieces))
        if not whole:
            yield Refusal("", Why.DAMAGED, "ends too early")

    return read


def _all_members(opening: Opening, make: Callable[[], Decompressor], pieces: list[bytes], cost: int) -> bool:
    """Whether the last member was complete."""
    data = opening.content
    for _ in range(MEMBERS):
        try:
            rest = _one_member(opening, make(), data, pieces, cost)
        except (OSError, EOFError, zlib.error, lzma.LZMAError):
            if not pieces:
                raise
            return True  # what stands behind the last member is padding or damage: readers show what came before
        if not rest:
            return rest is not None
        data = rest
    return False


def _one_member(opening: Opening, made: Decompressor, data: bytes, pieces: list[bytes], cost: int) -> bytes | None:
    """What follows the member, or None when it ends too early. Raises EOFError when nothing could be read of it."""
    before = len(pieces)
    piece = made.decompress(data, CHUNK)
    while True:
        if piece:
            opening.spend(len(piece), cost)
            pieces.append(piece)
        if made.eof:
            return made.unused_data
        piece = made.decompress(b"", CHUNK)
        if not piece and not made.eof:
            break
    if len(pieces) == before:
        raise EOFError("the stream ends too early")
    return None


def inner_name(name: str, suffixes: tuple[str, ...]) -> str:
    """`a.tgz` holds `a.tar`, `a.txt.gz` holds `a.txt`."""
    lower = name.lower()
    for suffix in suffixes:
        if lower.endswith("." + suffix):
            stem = name[: -len(suffix) - 1]
            return stem + ".tar" if suffix.startswith("t") else stem
    return name or "content"


def read_tar(opening: Opening) -> Iterator[Outcome]:
    """TAR; links and devices are not followed."""
    with tarfile.open(fileobj=BytesIO(opening.content), mode="r:") as archive:
        for item in archive:
            if not item.isfile():
                continue
            opening.one_more_file()
            stream = archive.extractfile(item)
            if stream is not None:
                yield Entry(item.name, opening.read_all(stream))


read_gzip = single(_Gzip, ("tgz", "gz"), 1)
read_bzip2 = single(bz2.BZ2Decompressor, ("tbz2", "tbz", "bz2"), 8)
read_xz = single(lzma.LZMADecompressor, ("txz", "xz"), 3)
read_lzma = single(lzma.LZMADecompressor, ("tlz", "lzma"), 3)
