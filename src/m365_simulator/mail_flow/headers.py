"""Header fields of a message as raw bytes, so that whatever is not touched stays byte for byte.

Only whole fields are added, replaced or removed (RFC 5322 §2.2); the body is never looked at.
"""

import email.errors
import email.header
from collections.abc import Callable, Iterable

CRLF = b"\r\n"


class HeaderBlock:
    """The fields of one message in order, and everything behind them (blank line included) untouched."""

    def __init__(self, content: bytes) -> None:
        end = content.find(b"\r\n\r\n")
        if content.startswith(CRLF):
            head, self.rest = b"", content
        elif end < 0:
            head, self.rest = content, b""
        else:
            head, self.rest = content[: end + 2], content[end + 2 :]
        self.fields = _fields(head)

    def content(self) -> bytes:
        """The whole message again."""
        return b"".join(self.fields) + self.rest

    def all(self, name: str) -> list[str]:
        """The unfolded values of every field of this name, top first."""
        return [_value(field) for field in self.fields if field_name(field) == name.lower()]

    def first(self, name: str) -> str:
        """The topmost value of this name, or the empty text."""
        return next(iter(self.all(name)), "")

    def decoded(self, name: str) -> list[str]:
        """Like `all`, with encoded words (RFC 2047) read."""
        return [decode_words(value) for value in self.all(name)]

    def remove(self, unwanted: Callable[[str], bool]) -> int:
        """Drop every field whose lower-case name is unwanted; returns how many there were."""
        before = len(self.fields)
        self.fields = [field for field in self.fields if not unwanted(field_name(field))]
        return before - len(self.fields)

    def rename(self, old: str, new: str) -> None:
        """Give every field of one name another name; the value keeps its bytes."""
        self.fields = [
            new.encode() + field[field.index(b":") :] if field_name(field) == old.lower() else field
            for field in self.fields
        ]

    def prepend(self, name: str, value: str) -> None:
        """Put a field on top. The value may contain folds (CRLF and white space)."""
        self.fields.insert(0, f"{name}: {value}".encode("utf-8", "surrogateescape") + CRLF)

    def prepend_all(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Put several fields on top, the first of them topmost."""
        for name, value in reversed(list(pairs)):
            self.prepend(name, value)

    def replace(self, name: str, value: str) -> None:
        """Exactly one field of this name, where the first one stood or else on top."""
        places = [place for place, field in enumerate(self.fields) if field_name(field) == name.lower()]
        self.remove(lambda known: known == name.lower())
        new = f"{name}: {value}".encode("utf-8", "surrogateescape") + CRLF
        self.fields.insert(places[0] if places else 0, new)


def _fields(head: bytes) -> list[bytes]:
    fields: list[bytes] = []
    for line in _lines(head):
        if fields and line[:1] in b" \t":
            fields[-1] += line
        else:
            fields.append(line)
    return fields


def _lines(head: bytes) -> list[bytes]:
    lines = [line + CRLF for line in head.split(CRLF)]
    if lines[-1] == CRLF:
        return lines[:-1]
    lines[-1] = lines[-1][:-2]
    return lines


def field_name(field: bytes) -> str:
    """The name of a raw field, lower case; empty when the line is no field."""
    name, colon, _ = field.partition(b":")
    return name.strip().decode("ascii", "replace").lower() if colon else ""


def _value(field: bytes) -> str:
    raw = field.partition(b":")[2].replace(CRLF, b"")
    return raw.decode("utf-8", "surrogateescape").strip()


def decode_words(value: str) -> str:
    """Encoded words as text; a broken one stays as it is."""
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (email.errors.HeaderParseError, LookupError, ValueError):
        return value
