"""Content-Transfer-Encoding taken off (RFC 2045 §6), tolerant as mail clients are. Defects are data.

`decode` gives the reading that most clients take. `other_readings` gives what a client that is more or less strict
would see instead, but only where that is a file (by its first bytes): a scanner must see what any client shows.
"""

import binascii
import quopri
import re
from collections.abc import Iterator

from lockgate.mime.encoded_words import sloppy_base64
from lockgate.model.message import Defect

IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
_QP_NAMES = frozenset({"quoted-printable", "quotedprintable", "quoted_printable", "qp"})
_UU_NAMES = frozenset({"x-uuencode", "uuencode", "x-uue", "uue", "x-uu", "uu"})
_TRUE_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]*={0,2}\s*")
_JUNK = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDED_MIDDLE = re.compile(rb"=+(?=[^=\s])")
_SOFT_BREAK = re.compile(rb"=[ \t]{1,100}(?=\r?\n)")  # blanks that a relay added at the end (RFC 2045 §6.7 (3))
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)
# The first bytes of files that carry malware, and the same bytes in base64 (at its three alignments only the first).
FILE_MAGIC = re.compile(
    rb"PK\x03\x04|PK\x05\x06|MZ|%PDF|\xd0\xcf\x11\xe0|Rar!|7z\xbc\xaf|\x1f\x8b|\x7fELF|\{\\rtf|ITSF|MSCF|\x78\x9f\x3e\x22"
)
_BASE64_MAGIC = re.compile(
    rb"(?:UEsDB|UEsFB|TVqQ|TVpQ|JVBERi|0M8R4|UmFyI|N3q8r|H4sI|e1xyd|TVNDR|eJ8\+I)[A-Za-z0-9+/\r\n=]{8}"
)
_BASE64_LINE = re.compile(rb"^" + _BASE64_MAGIC.pattern, re.MULTILINE)
_BASE64_STARTS = (b"UEs", b"TVq", b"TVp", b"JVBE", b"0M8R", b"UmFy", b"N3q8", b"H4sI", b"e1xy", b"TVND", b"eJ8+")
MAX_READINGS = 4
EARLY = 4_096
"""Bytes in which a line that only some clients skip may stand before base64."""


def canonical_name(declared: str) -> str:
    """The encoding that a client takes a declaration for; a name that nobody knows stays as it is."""
    name = declared.strip().strip("\"'").lower()
    if name in IDENTITY or name == "base64" or name == "quoted-printable":
        return name
    if name in _QP_NAMES or "quoted-print" in name:
        return "quoted-printable"
    if name in _UU_NAMES:
        return "x-uuencode"
    return "base64" if "base64" in name else name


def decode(content: bytes, encoding: str) -> tuple[bytes, Defect | None]:
    """The content without its (canonical) encoding. Unknown encodings leave it as it is. Never raises."""
    if encoding in IDENTITY:
        return content, None
    if encoding == "base64":
        return _base64(content)
    if encoding == "quoted-printable":
        return _quoted_printable(content)
    if encoding == "x-uuencode":
        return uudecode(content), None
    return content, Defect("mime.unknown-transfer-encoding", encoding[:60])


def _base64(content: bytes) -> tuple[bytes, Defect | None]:
    try:
        decoded = binascii.a2b_base64(content)
    except binascii.Error:
        return _broken_base64(content), Defect("mime.broken-base64", "wrong padding or truncated")
    # A quick proof that nothing was skipped: the encoded size fits the decoded size, line ends allowed.
    if len(content) > len(decoded) * 3 // 2 + 8 and _TRUE_BASE64.fullmatch(content) is None:
        return _broken_base64(content), Defect("mime.broken-base64", "characters outside the alphabet")
    return decoded, None


def _broken_base64(content: bytes) -> bytes:
    """Padding in the middle does not end the content for most clients: each padded run is decoded by itself."""
    if _PADDED_MIDDLE.search(content) is None:
        return sloppy_base64(content)
    return b"".join(sloppy_base64(run) for run in _PADDED_MIDDLE.split(content))


def _quoted_printable(content: bytes) -> tuple[bytes, Defect | None]:
    if b"=" not in content:
        return content, None
    if _BAD_ESCAPE.search(content) is None:
        return quopri.decodestring(content), None
    repaired = _SOFT_BREAK.sub(b"=", content)
    broken = _BAD_ESCAPE.search(repaired)
    defect = Defect("mime.broken-quoted-printable", "an escape that is none") if broken else None
    return quopri.decodestring(repaired), defect


def uudecode(content: bytes) -> bytes:
    """The first uuencoded file in the content, or lines of it without `begin`; broken lines are skipped."""
    found = _UU_BEGIN.search(content)
    position = found.end() if found else 0
    decoded: list[bytes] = []
    for line in content[position:].split(b"\n"):
        stripped = line.rstrip(b"\r")
        if stripped in {b"end", b"`"}:
            break
        decoded.append(_uu_line(stripped))
    return b"".join(decoded)


def _uu_line(line: bytes) -> bytes:
    if not line:
        return b""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        length = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""


def inline_uuencoded(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Files that old-fashioned clients (Outlook among them) cut out of a text body: (file name, content)."""
    if b"begin" not in content:
        return
    for count, found in enumerate(_UU_BEGIN.finditer(content)):
        if count >= 20:
            return
        end = content.find(b"\nend", found.end() - 1)
        if end < 0:
            continue
        body = content[found.end() : end]
        plain = sloppy_base64(body) if found.group().startswith(b"begin-base64") else uudecode(body)
        if plain:
            yield found.group(1).decode("utf-8", "replace"), plain


def other_readings(raw: bytes, declared: list[str], usual: bytes) -> Iterator[bytes]:
    """What another client would make of the same bytes where it looks like a file and differs from the usual reading.

    `declared` are all encodings that any reading of the header gives.
    """
    seen = {usual}
    count = 0
    for candidate in _candidates(raw, declared, usual):
        if candidate and candidate not in seen and FILE_MAGIC.match(candidate):
            seen.add(candidate)
            yield candidate
            count += 1
            if count >= MAX_READINGS:
                return


def _candidates(raw: bytes, declared: list[str], usual: bytes) -> Iterator[bytes]:
    if FILE_MAGIC.match(usual):
        return
    for encoding in declared:
        yield decode(raw, encoding)[0]
    if _is_true_base64(raw, declared, usual):
        # Any four letters stand somewhere in a large file; only a first line before the file would be an evasion.
        early = _BASE64_LINE.search(raw, 0, EARLY)
        if early is not None:
            yield sloppy_base64(raw[early.start() :])
        return
    hidden = _BASE64_MAGIC.search(raw) if any(start in raw for start in _BASE64_STARTS) else None
    if hidden is not None:
        yield sloppy_base64(raw[hidden.start() :])
        yield _broken_base64(raw[hidden.start() :])
    if "base64" in declared or (len(raw) < 200_000 and _looks_spread(raw)):
        cleaned = _JUNK.sub(b"", raw)
        yield sloppy_base64(cleaned.replace(b"=", b""))
        magic = _BASE64_MAGIC.search(cleaned)
        if magic is not None:
            yield sloppy_base64(cleaned[magic.start() :].replace(b"=", b""))
    if b"=50=4B" in raw or b"=4D=5A" in raw or b"=50=4b" in raw:
        yield _quoted_printable(raw)[0]
    if b"begin " in raw or any(name.startswith(("x-uu", "uu", "x-xx")) for name in declared):
        yield uudecode(raw)


def _is_true_base64(raw: bytes, declared: list[str], usual: bytes) -> bool:
    """Whether the usual reading is base64 to the letter, which every client decodes alike."""
    if set(declared) != {"base64"} or _TRUE_BASE64.fullmatch(raw) is None:
        return False
    return decode(raw, "base64") == (usual, None)


def _looks_spread(raw: bytes) -> bool:
    return raw.lstrip()[:1] in b"UTJ0RNHe" and raw.count(b" ") < len(raw) // 20
