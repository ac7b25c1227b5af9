"""What a Windows shortcut starts (MS-SHLLINK): target, arguments, and what is hidden behind it.

Every part that a flag promises is walked over in order; damage ends the walk, and what was read before counts.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache

HEADER = 76
ID_LIST, LINK_INFO, NAME, RELATIVE, WORKING, ARGUMENTS, ICON, UNICODE = (1 << bit for bit in range(8))
ENVIRONMENT = 0xA0000001  # EnvironmentVariableDataBlock, §2.5.4
LARGEST = 4_000_000
ORDINARY = 6_000  # bytes; a shortcut that Windows makes is smaller


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`command` is all that would run; `size` of the whole file."""

    target: str
    arguments: str
    icon: str
    size: int

    @property
    def command(self) -> str:
        """Target and arguments on one line."""
        return " ".join(f"{self.target} {self.arguments}".split())

    @property
    def carries_something(self) -> bool:
        """Whether it is too large for a shortcut."""
        return self.size > ORDINARY


@lru_cache(maxsize=16)
def read(content: bytes) -> Shortcut:
    """The shortcut's parts. Never raises: what cannot be read is empty."""
    found = {"target": "", "arguments": "", "icon": "", "relative": ""}
    try:
        _walk(content[:LARGEST], found)
    except (struct.error, IndexError, ValueError):
        pass
    return Shortcut(found["target"] or found["relative"], found["arguments"], found["icon"], len(content))


def _walk(content: bytes, found: dict[str, str]) -> None:
    (flags,) = struct.unpack_from("<I", content, 20)
    place = HEADER
    if flags & ID_LIST:
        (size,) = struct.unpack_from("<H", content, place)
        found["target"] = _longest_text(content[place + 2 : place + 2 + size])
        place += 2 + size
    if flags & LINK_INFO:
        (size,) = struct.unpack_from("<I", content, place)
        found["target"] = _local_path(content[place : place + size]) or found["target"]
        place += size
    for flag, name in ((NAME, ""), (RELATIVE, "relative"), (WORKING, ""), (ARGUMENTS, "arguments"), (ICON, "icon")):
        if flags & flag:
            text, place = _counted(content, place, wide=bool(flags & UNICODE))
            if name:
                found[name] = text
    _extra(content, place, found)


def _counted(content: bytes, place: int, *, wide: bool) -> tuple[str, int]:
    (count,) = struct.unpack_from("<H", content, place)
    size = count * (2 if wide else 1)
    text = content[place + 2 : place + 2 + size].decode("utf-16-le" if wide else "cp1252", "replace")
    return text, place + 2 + size


def _local_path(info: bytes) -> str:
    """LocalBasePath of the LinkInfo structure (§2.3)."""
    flags, _, base = struct.unpack_from("<III", info, 8)
    return info[base:].partition(b"\0")[0].decode("cp1252", "replace") if flags & 1 and base else ""


def _longest_text(items: bytes) -> str:
    """A folder item keeps its name somewhere inside; the longest printable run is good enough to show."""
    runs = items.replace(b"\0", b"\n").decode("latin-1").split("\n")
    return max((run for run in runs if run.isprintable()), key=len, default="")


def _extra(content: bytes, place: int, found: dict[str, str]) -> None:
    """Blocks behind the texts; one of them may name another target by environment variables."""
    for _ in range(50):
        (size,) = struct.unpack_from("<I", content, place)
        if size < 8:
            return
        (signature,) = struct.unpack_from("<I", content, place + 4)
        if signature == ENVIRONMENT:
            wide = content[place + 268 : place + 788].decode("utf-16-le", "replace").partition("\0")[0]
            found["target"] = wide or found["target"]
        place += size
