"""Header fields in front of the original bytes, and named fields taken out again; nothing else changes."""

import re
from functools import lru_cache

from lockgate.mime.headers import find_body
from lockgate.model.errors import InvalidInput

SOFT_LIMIT = 78  # characters of a line that should not be passed, RFC 5322 §2.1.1
HARD_LIMIT = 998  # octets of a line that must not be passed, RFC 5322 §2.1.1
_NAME = re.compile(r"[!-9;-~]{1,77}")  # RFC 5322 §3.6.8: printable ASCII without the colon
_FORBIDDEN = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")


def header_line(name: str, value: str, *, utf8: bool = False) -> bytes:
    """One field with its line end, folded at blanks to 78 characters where it can be.

    ASCII only, or UTF-8 when the peers agreed on that (`utf8`, RFC 6532). Raises InvalidInput for a name or value
    that would end the field, the header or the protocol (CR, LF, NUL and other controls), or that cannot be folded
    into lines of 998 octets.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name[:80]!r} is not a header field name")
    if _FORBIDDEN.search(value) or not (utf8 or value.isascii()):
        raise InvalidInput(f"the value of {name} must be printable {'text' if utf8 else 'ASCII'}")
    if len(name) + len(value) + 2 <= SOFT_LIMIT and value.isascii():
        return f"{name}: {value}\r\n".encode("ascii")
    lines = [f"{name}:"]
    for word in value.split(" "):
        # A line of blanks alone would end the header for some readers, so only a real word starts a new line.
        if word and len(lines[-1]) + 1 + len(word) > SOFT_LIMIT and lines[-1].strip() not in {"", f"{name}:"}:
            lines.append("")
        lines[-1] += f" {word}"
    try:
        encoded = [line.encode("utf-8") for line in lines]
    except UnicodeEncodeError as error:
        raise InvalidInput(f"the value of {name} has half a character") from error
    if any(len(line) > HARD_LIMIT for line in encoded):
        raise InvalidInput(f"the value of {name} cannot be folded")
    return b"\r\n".join(encoded) + b"\r\n"


def without_headers(content: bytes, names: frozenset[str]) -> tuple[list[bytes | memoryview], int]:
    """The bytes minus the top-level fields whose lower-case name is in `names`, as chunks, and how many went.

    The body is not copied. Unlike `scan` this looks at the whole header however large it is: a secret never stays.
    """
    if not names:
        return [content], 0
    _, header_end = find_body(content, 0, len(content))
    view = memoryview(content)
    chunks: list[bytes | memoryview] = []
    position = removed = 0
    for found in _pattern(names).finditer(content, 0, header_end):
        if found.start() > position:
            chunks.append(view[position : found.start()])
        position = found.end()
        removed += 1
    if not removed:
        return [content], 0
    if position < len(content):
        chunks.append(view[position:])
    return chunks, removed


@lru_cache(maxsize=64)
def _pattern(names: frozenset[str]) -> re.Pattern[bytes]:
    """Fields of these names wherever a line begins, as `scan` reads fields: blanks before the colon are allowed."""
    listed = b"|".join(re.escape(name.encode("ascii")) for name in sorted(names))
    return re.compile(rb"^(?:" + listed + rb")[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)", re.IGNORECASE | re.MULTILINE)
