"""Header fields in front of the original bytes, and our own fields taken out again; nothing else changes."""

from lockgate.mime.headers import scan
from lockgate.model.errors import InvalidInput

SOFT_LIMIT = 78  # characters of a line, RFC 5322 §2.1.1


def header_line(name: str, value: str) -> bytes:
    """One field, folded at blanks. Raises InvalidInput for a name or value that would break the header."""
    if not name.isascii() or not name.isprintable() or ":" in name or " " in name or not name:
        raise InvalidInput(f"'{name}' is not a header field name")
    if not value.isascii() or not value.isprintable():
        raise InvalidInput(f"the value of {name} must be printable ASCII")
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > SOFT_LIMIT and lines[-1].strip() != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def without_headers(content: bytes, names: frozenset[str]) -> tuple[list[bytes | memoryview], int]:
    """The bytes minus the top-level fields whose lower-case name is in `names`, as chunks, and how many went."""
    removed = [item for item in scan(content).fields if item.name.lower() in names]
    if not removed:
        return [content], 0
    view = memoryview(content)
    chunks: list[bytes | memoryview] = []
    position = 0
    for item in removed:
        if item.start > position:
            chunks.append(view[position : item.start])
        position = item.end
    chunks.append(view[position:])
    return chunks, len(removed)
