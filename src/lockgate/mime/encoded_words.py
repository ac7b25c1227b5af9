"""RFC 2047 encoded words, read as mail clients read them: also inside quotes, split characters, sloppy base64."""

import binascii
import re

from lockgate.mime.charsets import decode_single_byte, decode_strictly, python_codec

_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_words(value: str) -> str:
    """The value with every encoded word decoded; what cannot be decoded stays as it is. Never raises.

    Blanks between two encoded words vanish (RFC 2047 §6.2). Neighbours in one charset are decoded together, for
    senders that split a character between two words.
    """
    if "=?" not in value:
        return value
    pieces: list[str] = []
    pending = bytearray()
    pending_charset = ""
    position = 0
    for found in _WORD.finditer(value):
        between = value[position : found.start()]
        after_word = position > 0
        charset = found.group(1).lower()
        if pending and (charset != pending_charset or between.strip()):
            pieces.append(_text(bytes(pending), pending_charset))
            pending.clear()
        if between and not (after_word and not between.strip()):
            pieces.append(between)
        pending_charset = charset
        pending += _payload(found.group(2), found.group(3))
        position = found.end()
    if pending:
        pieces.append(_text(bytes(pending), pending_charset))
    pieces.append(value[position:])
    return "".join(pieces)


def _payload(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return _QUOTED.sub(lambda found: bytes([int(found.group(1), 16)]), raw.replace(b"_", b" "))
    return sloppy_base64(raw)


def sloppy_base64(raw: bytes) -> bytes:
    """Base64 with missing padding or stray characters (binascii ignores those outside the alphabet)."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        pass
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _text(raw: bytes, charset: str) -> str:
    codec = python_codec(charset) or "utf-8"
    if codec == "utf-16" and raw[:1] == b"\0":
        codec = "utf-16-be"  # without a byte order mark (RFC 2781 §4.3)
    try:
        return decode_strictly(raw, codec)
    except (UnicodeError, ValueError):
        pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return decode_single_byte(raw) if codec in {"utf-8", "cp1252"} else raw.decode(codec, "replace")
