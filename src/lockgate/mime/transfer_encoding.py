"""Removing base64, quoted-printable and uuencode as mail clients do: never raising, keeping what can be read."""

import base64
import binascii
import quopri
import re
from dataclasses import dataclass

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The bytes, and whether the encoding was broken or unknown."""

    content: bytes
    defect: str = ""


def decode(body: bytes, encoding: str) -> Decoded:
    """Undo `encoding` (lower-case, without comments); 7bit, 8bit, binary and empty change nothing."""
    match encoding:
        case "" | "7bit" | "8bit" | "binary":
            return Decoded(body)
        case "base64":
            return _base64(body)
        case "quoted-printable":
            return Decoded(quopri.decodestring(body))
        case "x-uuencode" | "uuencode" | "x-uue":
            return _uuencode(body)
        case _:
            return Decoded(body, f"unknown encoding {encoding[:40]}")


def _base64(body: bytes) -> Decoded:
    try:
        return Decoded(base64.b64decode(body.translate(None, b"\r\n\t "), validate=True))
    except binascii.Error:
        pass
    # Clients skip foreign characters, and read on behind padding in the middle.
    content = b""
    for piece in re.split(rb"=+", body):
        digits = _NOT_BASE64.sub(b"", piece)
        digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
        content += base64.b64decode(digits + b"=" * (-len(digits) % 4))
    return Decoded(content, "base64 with foreign characters or wrong padding")


def _uuencode(body: bytes) -> Decoded:
    begin = _UU_BEGIN.search(body)
    content = b""
    for line in body[begin.end() if begin else 0 :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            continue
        try:
            content += binascii.a2b_uu(line)
        except binascii.Error:
            return Decoded(content, "broken uuencode")
    return Decoded(content, "" if begin else "uuencode without begin")
