"""The forms in which DKIM and ARC sign headers and bodies (RFC 6376 §3.4), and their lists of tags (§3.2)."""

import re
from dataclasses import dataclass

from lockgate.mime.headers import scan

_BARE_LF = re.compile(rb"(?<!\r)\n")
_WSP = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_TRAILING_WSP = re.compile(rb"[ \t]+(?=\r\n|\Z)")
_SIGNATURE_VALUE = re.compile(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class SignedField:
    """One header field with CRLF line ends, as it stands in the message."""

    name: str  # lower-case
    raw: bytes

    @property
    def value(self) -> bytes:
        """What follows the colon, with its folding."""
        return self.raw.partition(b":")[2]


def split(content: bytes) -> tuple[list[SignedField], bytes]:
    """The header fields, topmost first, and the body; bare line feeds become CRLF, as transport would make them."""
    if b"\n" in content and (content.count(b"\n") != content.count(b"\r\n")):
        content = _BARE_LF.sub(b"\r\n", content)
    block = scan(content)
    fields = [SignedField(each.name, _ended(content[each.start : each.end])) for each in block.fields]
    return fields, content[block.body_start :]


def _ended(raw: bytes) -> bytes:
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def header(field: bytes, *, relaxed: bool) -> bytes:
    """One field in its canonical form, with CRLF."""
    if not relaxed:
        return field
    name, _, value = field.partition(b":")
    unfolded = _WSP.sub(b" ", _FOLD.sub(b"", value).replace(b"\r\n", b""))
    return name.strip(b" \t").lower() + b":" + unfolded.strip(b" \t") + b"\r\n"


def body(content: bytes, *, relaxed: bool) -> bytes:
    """The body in its canonical form: empty lines at the end go; an empty simple body is one CRLF."""
    if relaxed:
        content = _WSP.sub(b" ", _TRAILING_WSP.sub(b"", content))
    end = len(content)
    while content.endswith(b"\r\n", 0, end):
        end -= 2
    if end == 0:
        return b"" if relaxed else b"\r\n"
    return content[:end] + b"\r\n"


def without_signature(field: bytes) -> bytes:
    """A signature field with its own b= emptied."""
    name, colon, value = field.partition(b":")
    return name + colon + _SIGNATURE_VALUE.sub(rb"\1", value, count=1)


def tags(value: bytes) -> dict[str, str] | None:
    """A tag list; None when it is malformed or repeats a tag (RFC 6376 §3.2)."""
    try:
        text = _FOLD.sub(b"", value).decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    found: dict[str, str] = {}
    for item in text.removesuffix(";").split(";"):
        name, equals, content = item.partition("=")
        name = name.strip()
        if not equals or not _TAG_NAME.fullmatch(name) or name in found:
            return None
        found[name] = content.strip()
    return found


def squeezed(value: str) -> str:
    """A base64 or list value without the blanks that folding leaves."""
    return "".join(value.split())


def choose(fields: list[SignedField], names: list[str]) -> list[bytes]:
    """The fields that h= names, each instance once, from the bottom up (RFC 6376 §5.4.2); absent ones count as none."""
    left: dict[str, list[bytes]] = {}
    for field in fields:
        left.setdefault(field.name, []).append(field.raw)
    return [left[name].pop() for name in names if left.get(name)]
