"""The input of a connection: whole lines or counted octets, whatever pieces the network delivers.

The rule: only CRLF ends a line (RFC 5321 §2.3.8), and an endless line costs no memory.
"""

from enum import Enum, auto


class LineFault(Enum):
    """A line that came and cannot be used."""

    TOO_LONG = auto()


class InputBuffer:
    """Received octets, consumed from the front."""

    __slots__ = ("_max_line", "_octets", "_skipping")

    def __init__(self, max_line: int) -> None:
        self._octets = bytearray()
        self._max_line = max_line
        self._skipping = False

    def __len__(self) -> int:
        return len(self._octets)

    def add(self, data: bytes) -> None:
        """Append received octets."""
        self._octets += data

    def clear(self) -> None:
        """Forget everything received and not consumed."""
        self._octets.clear()

    def take_line(self) -> bytes | LineFault | None:
        """The next line without its CRLF; None until one is complete. `max_line` counts the CRLF."""
        end = self._octets.find(b"\r\n")
        if end < 0:
            self._skipping = self._skipping or len(self._octets) > self._max_line
            if self._skipping:
                # The last octet may be the CR of the line's end.
                del self._octets[:-1]
            return None
        line = bytes(self._octets[:end])
        del self._octets[: end + 2]
        if self._skipping or end + 2 > self._max_line:
            self._skipping = False
            return LineFault.TOO_LONG
        return line

    def take(self, octets: int) -> bytearray:
        """At most that many octets."""
        part = self._octets[:octets]
        del self._octets[:octets]
        return part

    def peek(self) -> bytearray:
        """All octets, still owned by the buffer: read only, and only until the next call."""
        return self._octets
