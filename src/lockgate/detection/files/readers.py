"""One reader per kind of container: bytes to entries, each read against a shared budget before it is kept.

A reader yields `Entry` for what it read and `Refusal` for what it did not; it may raise anything on damaged input.
"""

import bz2
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from typing import Protocol

from lockgate.detection.files import kinds
from lockgate.detection.files.kinds import Kind

CHUNK = 1 << 20


class Why(StrEnum):
    """Why something was not looked into."""

    ENCRYPTED = "encrypted"
    LIMIT = "limit"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a container."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One file of a container, or (with an empty name) the container itself, that was not read."""

    name: str
    why: Why
    detail: str


class OutOfBudget(Exception):
    """The message's budget of unpacked bytes or files is used up."""


@dataclass(slots=True)
class Budget:
    """Counts what all containers of one message unpack to."""

    total_bytes: int
    files: int
    used: int = 0
    entries: int = 0

    def one_more_file(self) -> None:
        """Raises OutOfBudget when there are too many."""
        self.entries += 1
        if self.entries > self.files:
            raise OutOfBudget(f"more than {self.files} files")

    def spend(self, size: int) -> None:
        """Raises OutOfBudget when too much was unpacked."""
        self.used += size
        if self.used > self.total_bytes:
            raise OutOfBudget(f"more than {self.total_bytes // 1_000_000} MB unpacked")


Reader = Callable[[bytes, str, Budget], Iterator[Entry | Refusal]]


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _read_all(stream: _Stream, budget: Budget) -> bytes:
    pieces = []
    while piece := stream.read(CHUNK):
        budget.spend(len(piece))
        pieces.append(piece)
    return b"".join(pieces)


def read_zip(content: bytes, _name: str, budget: Budget) -> Iterator[Entry | Refusal]:
    """ZIP (APPNOTE 6.3). Names of encrypted entries are readable and are reported."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for item in archive.infolist():
            if item.is_dir():
                continue
            budget.one_more_file()
            if item.flag_bits & 0x1:
                yield Refusal(item.filename, Why.ENCRYPTED, "needs a password")
                continue
            try:
                with archive.open(item) as stream:
                    yield Entry(item.filename, _read_all(stream, budget))
            except NotImplementedError as error:
                yield Refusal(item.filename, Why.UNSUPPORTED, str(error))
            except (zipfile.BadZipFile, zlib.error, EOFError, lzma.LZMAError, OSError, ValueError) as error:
                yield Refusal(item.filename, Why.DAMAGED, str(error)[:150])


def read_tar(content: bytes, _name: str, budget: Budget) -> Iterator[Entry | Refusal]:
    """TAR; links and devices are not followed."""
    with tarfile.open(fileobj=BytesIO(content), mode="r:") as archive:
        for item in archive:
            if not item.isfile():
                continue
            budget.one_more_file()
            stream = archive.extractfile(item)
            if stream is not None:
                yield Entry(item.name, _read_all(stream, budget))


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


def _read_stream(content: bytes, make: Callable[[], _Decompressor], budget: Budget) -> bytes:
    """One compressed stream, in bounded steps. Members that follow the first are not read: viewers differ on them."""
    decompressor = make()
    pieces = []
    data = content
    while not decompressor.eof:
        piece = decompressor.decompress(data, CHUNK)
        data = decompressor.unconsumed_tail if isinstance(decompressor, _Gzip) else b""
        if not piece:
            break
        budget.spend(len(piece))
        pieces.append(piece)
    if not decompressor.eof and not pieces:
        raise EOFError("the stream ends too early")
    return b"".join(pieces)


class _Gzip:
    """zlib's object in the shape of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unconsumed_tail(self) -> bytes:
        return self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(data, max_length)


def _single(make: Callable[[], _Decompressor], suffixes: tuple[str, ...]) -> Reader:
    def read(content: bytes, name: str, budget: Budget) -> Iterator[Entry | Refusal]:
        budget.one_more_file()
        yield Entry(_inner_name(name, suffixes), _read_stream(content, make, budget))

    return read


def _inner_name(name: str, suffixes: tuple[str, ...]) -> str:
    lower = name.lower()
    for suffix in suffixes:
        if lower.endswith("." + suffix):
            stem = name[: -len(suffix) - 1]
            return stem + ".tar" if suffix.startswith("t") else stem
    return name or "content"


def read_7z(content: bytes, _name: str, budget: Budget) -> Iterator[Entry | Refusal]:
    """7z by py7zr, whose declared sizes are checked against the budget before anything is unpacked."""
    import py7zr
    from py7zr.exceptions import PasswordRequired
    from py7zr.io import BytesIOFactory

    try:
        with py7zr.SevenZipFile(BytesIO(content)) as archive:
            items = [item for item in archive.list() if not item.is_directory]
            for _ in items:
                budget.one_more_file()
            if archive.needs_password():
                for item in items:
                    yield Refusal(item.filename, Why.ENCRYPTED, "needs a password")
                return
            budget.spend(sum(item.uncompressed or 0 for item in items))
            factory = BytesIOFactory(budget.total_bytes)
            archive.extractall(factory=factory)  # noqa: S202 - into memory, never to a path
            for name, product in factory.products.items():
                product.seek(0)
                yield Entry(name, product.read())
    except PasswordRequired:
        yield Refusal("", Why.ENCRYPTED, "needs a password even for its list of files")


def read_rar(content: bytes, _name: str, budget: Budget) -> Iterator[Entry | Refusal]:
    """RAR by rarfile: the list of files and entries that are stored; unpacking the rest needs a program, not free."""
    import rarfile

    try:
        with rarfile.RarFile(BytesIO(content)) as archive:
            for item in archive.infolist():
                if item.is_dir():
                    continue
                budget.one_more_file()
                if item.needs_password():
                    yield Refusal(item.filename, Why.ENCRYPTED, "needs a password")
                elif item.compress_type == rarfile.RAR_M0:
                    with archive.open(item) as stream:
                        yield Entry(item.filename, _read_all(stream, budget))
                else:
                    yield Refusal(item.filename, Why.UNSUPPORTED, "RAR compression is not opened")
            if archive.needs_password() and not archive.infolist():
                yield Refusal("", Why.ENCRYPTED, "needs a password even for its list of files")
    except (rarfile.PasswordRequired, rarfile.NeedFirstVolume) as error:
        yield Refusal("", Why.ENCRYPTED, str(error)[:150] or "needs a password")


def read_macro_office(content: bytes, name: str, budget: Budget) -> Iterator[Entry | Refusal]:
    """An Office file with macros: a ZIP, or an older compound file whose macros detectors read themselves."""
    if content.startswith(b"PK"):
        yield from read_zip(content, name, budget)


READERS: dict[Kind, Reader] = {
    kinds.ZIP: read_zip,
    kinds.JAR: read_zip,
    kinds.APK: read_zip,
    kinds.OPEN_DOCUMENT: read_zip,
    kinds.WORD: read_zip,
    kinds.EXCEL: read_zip,
    kinds.POWERPOINT: read_zip,
    kinds.MACRO_OFFICE: read_macro_office,
    kinds.TAR: read_tar,
    kinds.GZIP: _single(_Gzip, ("tgz", "gz")),
    kinds.BZIP2: _single(bz2.BZ2Decompressor, ("tbz2", "tbz", "bz2")),
    kinds.XZ: _single(lzma.LZMADecompressor, ("txz", "xz")),
    kinds.LZMA: _single(lzma.LZMADecompressor, ("tlz", "lzma")),
    kinds.SEVEN_ZIP: read_7z,
    kinds.RAR: read_rar,
}
RECOGNISED_ONLY = frozenset({kinds.ZSTD, kinds.LZ4, kinds.COMPRESS, kinds.CAB, kinds.ARJ, kinds.ACE, kinds.LZH})
