"""Archives read by libarchive (decision 8): RAR, CAB, LZH, ISO 9660, CPIO, AR, XAR, RPM, and ZIP's rarer methods.

libarchive is a library of the system. Where it is missing, these kinds are recognised and named as not opened; nothing
passes by that. Only the format and filter of the kind are switched on, so that no other parser of it can be reached;
none of the chosen ones starts a program or touches a path.
"""

import ctypes
from collections.abc import Iterator
from functools import cache
from typing import Any

from lockgate.detection.files.containers.reading import NEEDS_PASSWORD, Entry, Opening, Outcome, Reader, Refusal, Why

BLOCK = 1 << 17
LIBRARY = "libarchive"


@cache
def library() -> Any | None:
    """The binding, or None when the system has no libarchive."""
    try:
        import libarchive
        import libarchive.exception
    except (ImportError, OSError, TypeError, AttributeError):
        return None
    return libarchive


def reader(archive_format: str, archive_filter: str = "none") -> Reader:
    """A reader for one of libarchive's formats behind one of its filters."""

    def read(opening: Opening) -> Iterator[Outcome]:
        yield from entries(opening, opening.content, archive_format, archive_filter)

    return read


def stream(archive_filter: str, suffixes: tuple[str, ...]) -> Reader:
    """A reader for one compressed stream, whose content takes its name from the file's."""
    from lockgate.detection.files.containers.streams import inner_name

    def read(opening: Opening) -> Iterator[Outcome]:
        for outcome in entries(opening, opening.content, "raw", archive_filter):
            if isinstance(outcome, Entry):
                yield Entry(inner_name(opening.name, suffixes), outcome.content)
            else:
                yield outcome

    return read


def entries(
    opening: Opening, content: bytes, archive_format: str, archive_filter: str = "none", password: str | None = None
) -> Iterator[Outcome]:
    """Everything in an archive. What was read before damage counts."""
    binding = library()
    if binding is None:
        yield Refusal("", Why.UNSUPPORTED, f"{LIBRARY} is not installed")
        return
    name = ""
    try:
        with binding.memory_reader(content, archive_format, archive_filter, password) as archive:
            for entry in archive:
                name = _text(entry.pathname)
                if entry.isfile and password is None and _is_locked(binding, entry):
                    yield Refusal(name, Why.ENCRYPTED, NEEDS_PASSWORD)
                elif entry.isfile:
                    opening.one_more_file()
                    yield Entry(name, _content(entry, opening))
    except binding.exception.ArchiveError as error:
        yield Refusal(name, *_why(str(error)))


def opens(content: bytes, archive_format: str, password: str, wanted: frozenset[str], limit: int) -> bool:
    """Whether `password` opens the first of the `wanted` entries. Raises ArchiveError when it does not."""
    binding = library()
    if binding is None:
        return False
    with binding.memory_reader(content, archive_format, "none", password) as archive:
        for entry in archive:
            if _text(entry.pathname) in wanted:
                size = 0
                for block in entry.get_blocks(BLOCK):
                    size += len(block)
                    if size > limit:
                        break
                return True
    return False


def _is_locked(binding: Any, entry: Any) -> bool:
    """A call that the binding does not have."""
    call = binding.ffi.libarchive.archive_entry_is_data_encrypted
    call.argtypes, call.restype = [ctypes.c_void_p], ctypes.c_int
    return bool(call(entry._entry_p))


def _content(entry: Any, opening: Opening) -> bytes:
    pieces = []
    for block in entry.get_blocks(BLOCK):
        opening.spend(len(block), 2)
        pieces.append(block)
    return b"".join(pieces)


def _text(name: object) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name or "")


def _why(error: str) -> tuple[Why, str]:
    message = error.partition(" (errno=")[0]  # behind it stand addresses, which differ from run to run
    lower = message.lower()
    if "encrypt" in lower or "passphrase" in lower or "password" in lower:
        return Why.ENCRYPTED, NEEDS_PASSWORD
    if "unsupported" in lower or "not supported" in lower or "support unavailable" in lower:
        return Why.UNSUPPORTED, message[:150]
    return Why.DAMAGED, message[:150]
