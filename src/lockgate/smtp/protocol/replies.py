"""SMTP replies: their one type, how they look on the wire, and how they are read back.

The rule: text from elsewhere (a next hop, an exception) can never break the line structure of a reply.
"""

import re
from dataclasses import dataclass

# RFC 5321 §4.5.3.1.5: a reply line has at most 512 octets, code and CRLF included.
LINE_OCTETS = 512
# No server needs more to say no; Postfix stops at a comparable total.
MULTILINE_OCTETS = 65_536

_LINE = re.compile(rb"([2-5][0-5][0-9])(?:([ -])([^\r\n]*))?\Z")
# RFC 2034 §4: class "." subject "." detail, one to three digits each, no leading zeros wanted.
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?: |\Z)")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `enhanced` is "" where RFC 2034 allows none (greeting, EHLO, 3yz); `text` may have several lines."""

    code: int
    enhanced: str
    text: str

    @property
    def is_positive(self) -> bool:
        """2yz and 3yz: the command was accepted."""
        return 200 <= self.code < 400

    @property
    def is_temporary(self) -> bool:
        """4yz: the same command may succeed later."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """5yz: the same command will fail again."""
        return self.code >= 500

    def encode(self) -> bytes:
        """Wire form; RFC 5321 §4.2.1 for several lines, RFC 2034 §3 repeats the enhanced code on each."""
        prefix = f"{self.enhanced} " if self.enhanced else ""
        if "\n" not in self.text and len(self.text) < 480 and self.text.isascii() and self.text.isprintable():
            return f"{self.code} {prefix}{self.text}\r\n".encode("ascii")
        room = LINE_OCTETS - 6 - len(prefix)
        lines = [_UNPRINTABLE.sub("?", line.rstrip("\r"))[:room] for line in self.text.split("\n")]
        marks = ["-"] * (len(lines) - 1) + [" "]
        return "".join(f"{self.code}{mark}{prefix}{line}\r\n" for mark, line in zip(marks, lines, strict=True)).encode(
            "ascii"
        )

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


class ReplyError(ValueError):
    """The peer sent something that is no SMTP reply; nothing after it can be trusted."""


class ReplyReader:
    """Collects the lines of one reply; `feed` returns the reply when its last line has come."""

    __slots__ = ("_code", "_lines", "_octets")

    def __init__(self) -> None:
        self._code = 0
        self._lines: list[str] = []
        self._octets = 0

    def feed(self, line: bytes) -> Reply | None:
        """Take one line without its line end. Raises ReplyError when it breaks RFC 5321 §4.2."""
        matched = _LINE.match(line)
        if matched is None:
            raise ReplyError(f"not a reply line: {line[:80]!r}")
        code = int(matched[1])
        self._octets += len(line)
        if self._lines and code != self._code:
            raise ReplyError(f"code changed from {self._code} to {code} within one reply")
        if self._octets > MULTILINE_OCTETS:
            raise ReplyError(f"reply longer than {MULTILINE_OCTETS} octets")
        self._code = code
        self._lines.append((matched[3] or b"").decode("utf-8", "replace"))
        return None if matched[2] == b"-" else self._complete()

    def _complete(self) -> Reply:
        lines, self._lines, self._octets = self._lines, [], 0
        enhanced = _enhanced_of(self._code, lines[0])
        if enhanced:
            lines = [line.removeprefix(enhanced).lstrip(" ") for line in lines]
        return Reply(self._code, enhanced, "\n".join(lines))


def _enhanced_of(code: int, line: str) -> str:
    """RFC 2034 §4: the class of an enhanced code must be the first digit of the reply code."""
    matched = _ENHANCED.match(line)
    return matched[1] if matched and matched[1][0] == str(code)[0] else ""
