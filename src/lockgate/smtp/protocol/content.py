"""Message content on the wire: dots taken out and put in, the end found, forbidden octets found.

The rule: only CRLF "." CRLF ends DATA (RFC 5321 §4.1.1.4), whatever other servers take for an end; everything
works on whole blocks, never line by line.
"""

from collections.abc import Sequence

END = b"\r\n.\r\n"


class DataContent:
    """Collects the content of one DATA command; holds at most `max_size` octets and a little more.

    The buffer starts with a CRLF that is not part of the content: so a first line "." is an end like any other
    (RFC 5321 §4.1.1.4: the CRLF before the dot may be the one that ends the DATA command).
    """

    __slots__ = ("_buffer", "_dots", "_dots_counted_to", "_max_size", "_searched_to", "too_large")

    def __init__(self, max_size: int) -> None:
        self._buffer = bytearray(b"\r\n")
        self._searched_to = 0
        self._max_size = max_size
        self._dots = 0
        self._dots_counted_to = 0
        self.too_large = False

    def feed(self, data: bytes | bytearray) -> int | None:
        """Take octets; when the end is among them, return how many belong to the content and its end."""
        before = len(self._buffer)
        self._buffer += data
        end = self._buffer.find(END, self._searched_to)
        if end >= 0:
            used = end + len(END) - before
            del self._buffer[end + 2 :]
            self._drop_if_too_large()
            return used
        self._searched_to = max(0, len(self._buffer) - len(END) + 1)
        self._drop_if_too_large()
        return None

    def content(self) -> bytes:
        """The octets between the command and the end, dots unstuffed (RFC 5321 §4.5.2). Empty when too large."""
        if self.too_large:
            return b""
        with memoryview(self._buffer) as view:
            stuffed = bytes(view[2:])
        content = stuffed.replace(b"\r\n.", b"\r\n")
        return content[1:] if content.startswith(b".") else content

    def _drop_if_too_large(self) -> None:
        """Past the limit only the few octets that may begin the end are kept.

        RFC 1870 §3: the dots added for transparency do not count, so they are counted, once, when it matters.
        """
        if self.too_large or len(self._buffer) - 2 > self._max_size:
            if not self.too_large:
                self._dots += self._buffer.count(b"\r\n.", max(0, self._dots_counted_to - 2))
                self._dots_counted_to = len(self._buffer)
                self.too_large = len(self._buffer) - 2 - self._dots > self._max_size
            if self.too_large:
                del self._buffer[: -(len(END) - 1)]
                self._searched_to = 0


class BdatContent:
    """Collects the chunks of one BDAT sequence (RFC 3030 §2): no dots, no end mark, sizes are told."""

    __slots__ = ("_buffer", "_max_size", "too_large")

    def __init__(self, max_size: int) -> None:
        self._buffer = bytearray()
        self._max_size = max_size
        self.too_large = False

    def feed(self, data: bytes | bytearray) -> None:
        """Take octets of the chunk under way; nothing is kept once the sequence is too large."""
        if len(self._buffer) + len(data) > self._max_size:
            self.too_large = True
            self._buffer = bytearray()
        if not self.too_large:
            self._buffer += data

    def content(self) -> bytes:
        """All chunks together."""
        return bytes(self._buffer)


def has_bare_line_ends(content: bytes) -> bool:
    """Whether a CR or LF stands alone: three counts agree exactly when every one is half of a CRLF."""
    pairs = content.count(b"\r\n")
    return content.count(b"\n") != pairs or content.count(b"\r") != pairs


def stuffed(chunks: Sequence[bytes]) -> list[bytes]:
    """Chunks ready for DATA: dots doubled at line starts, final CRLF and end mark added (RFC 5321 §4.5.2).

    A content that lacks its final CRLF gets one: DATA cannot carry it otherwise.
    """
    if any(chunk.endswith(b"\r") for chunk in chunks):
        chunks = [b"".join(chunks)]
    wire: list[bytes] = []
    at_line_start = True
    for chunk in chunks:
        if not chunk:
            continue
        safe = chunk.replace(b"\r\n.", b"\r\n..")
        if at_line_start and chunk.startswith(b"."):
            wire.append(b".")
        wire.append(safe)
        at_line_start = chunk.endswith(b"\r\n")
    wire.append(b".\r\n" if at_line_start else END)
    return wire
