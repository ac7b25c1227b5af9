"""Bodies written again in a transfer encoding (RFC 2045 §6), in lines that every mail server takes."""

import binascii
from collections.abc import Iterator

OCTETS = 900  # of one line; RFC 5321 §4.5.3.1.6 allows 998


def encode(content: bytes, encoding: str, line_end: bytes) -> bytes:
    """The content in `base64` or `quoted-printable`; in any other encoding as it is."""
    if encoding == "base64":
        lines = [binascii.b2a_base64(content[at : at + 57], newline=False) for at in range(0, len(content), 57)]
        return b"".join(line + line_end for line in lines)
    if encoding == "quoted-printable" and b"\x00" in content:  # UTF-16 and the like: line ends are no lines of ours
        return _quoted(content, line_end)
    if encoding == "quoted-printable":
        return line_end.join(_quoted(line, line_end) for line in content.replace(b"\r\n", b"\n").split(b"\n"))
    return content


def _quoted(line: bytes, line_end: bytes) -> bytes:
    """One line: control characters, trailing blanks and bare CR are escaped, long lines broken softly."""
    encoded = binascii.b2a_qp(line, quotetabs=False, istext=False, header=False)
    return encoded.replace(b"=\r\n", b"=\n").replace(b"=\n", b"=" + line_end)


def short_lines(line: str) -> Iterator[str]:
    """A line cut into pieces of at most OCTETS bytes of UTF-8, at blanks where there are any."""
    while len(line.encode("utf-8")) > OCTETS:
        window = line[: OCTETS // 4]
        cut = window.rfind(" ") if " " in window[1:] else len(window)
        yield line[:cut]
        line = line[cut:].lstrip(" ")
    yield line
