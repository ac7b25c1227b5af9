"""Bytes to text in the charset that a sender declared, or the one that a mail client would fall back on.

Wrong, unknown and dangerous names are tolerated: decoding always gives text, and says whether it had to guess.
"""

import codecs
import re
from functools import lru_cache

from lockgate.model.message import Defect

# What senders write for charsets that Python knows by another name, or that are a subset of one that it knows
# (WHATWG Encoding Standard §4.2: browsers and Outlook read latin-1 as windows-1252).
_ALIASES = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "big5": "cp950",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "iso-8859-8-i": "iso-8859-8",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "unicode-1-1-utf-7": "utf-7",
    "utf8": "utf-8",
    "utf-8mb4": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "default": "utf-8",
    "_autodetect": "utf-8",
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_.:()+-]{0,39}")
_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([a-zA-Z0-9_-]{2,40})", re.IGNORECASE)
_HALF = re.compile("[\ud800-\udfff]")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@lru_cache(maxsize=512)
def python_codec(charset: str) -> str | None:
    """The Python name of a text codec for a declared charset, or None when nobody knows it."""
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    if not _NAME.fullmatch(name):
        return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # Not every codec is a text encoding: "hex", "zip" and "rot13" are codecs too. "idna" and "punycode" are
    # quadratic, "unicode_escape" is no charset.
    unsafe = found.name in {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
    return None if unsafe or not getattr(found, "_is_text_encoding", True) else found.name


def writing_codec(charset: str) -> str | None:
    """The codec in which text may be written under a declared charset: exactly that one, no superset of it."""
    codec = python_codec(charset)
    if codec is None:
        return None
    try:
        return codecs.lookup(charset.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return codec


def decode_strictly(content: bytes, codec: str) -> str:
    """The text in a codec of Python. Raises UnicodeError or ValueError.

    UTF-7 can write half of a surrogate pair, which is no character and no other codec could write (RFC 3629 §3): it is
    U+FFFD.
    """
    text = content.decode(codec)
    return _HALF.sub("\ufffd", text) if codec == "utf-7" else text


def decode_text(content: bytes, charset: str, *, html: bool = False) -> tuple[str, Defect | None]:
    """The text of a body in its declared charset. Tries what clients try: byte order mark, declaration, HTML's own
    declaration, UTF-8, windows-1252. The defect says that the declaration was of no use."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return content.decode(name, "replace"), None
    codec = python_codec(charset) if charset else None
    defect = None if codec or not charset else Defect("mime.unknown-charset", charset[:60])
    if codec is None and html:
        declared = _META.search(content, 0, 4096)
        codec = python_codec(declared.group(1).decode("ascii")) if declared else None
    if codec == "cp1252" or codec is None:
        return _western(content, charset), defect
    try:
        return decode_strictly(content, codec), defect
    except (UnicodeError, ValueError):
        defect = Defect("mime.wrong-charset", f"not valid {charset[:40]}")
    try:
        return content.decode("utf-8"), defect
    except UnicodeDecodeError:
        return content.decode(codec, "replace"), defect


def _western(content: bytes, charset: str) -> str:
    """Undeclared, ASCII or latin-1. Undeclared UTF-8 is what modern clients detect; declared latin-1 stays."""
    if content.isascii():
        return content.decode("ascii")
    if charset.lower() not in {"iso-8859-1", "windows-1252", "latin1", "cp1252"}:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return decode_single_byte(content)


_CP1252 = "".join(
    bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(256)
)  # the five unassigned codes keep their number, as in the WHATWG table


def decode_single_byte(content: bytes) -> str:
    """windows-1252 in which every byte is a character, so that nothing is lost."""
    return codecs.charmap_decode(content, "strict", _CP1252)[0]


def decode_header_bytes(raw: bytes) -> str:
    """Characters of a header value: ASCII, else UTF-8 (RFC 6532), else windows-1252."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return decode_single_byte(raw)
