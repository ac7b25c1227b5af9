"""Changes to a message's bytes that touch only what they name: the Subject field, or the body parts a reader sees.

Signed, encrypted, rights-protected and calendar mail is never changed; that is a value, not an error.
"""

import base64
import html
import quopri
import re
from dataclasses import dataclass
from email.charset import QP, Charset
from email.header import Header

from lockgate.mime.headers import decode_text, scan
from lockgate.mime.parser import parse
from lockgate.mime.stamping import header_line
from lockgate.model.message import Message, Part

_BODY_TAG = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_ENCODINGS_KEPT = {"base64", "quoted-printable", "7bit", "8bit", "", "binary"}
LINE_LIMIT = 900  # characters; RFC 5321 §4.5.3.1.6 allows 998 octets


@dataclass(frozen=True, slots=True)
class NotChanged:
    """The message stays as it is, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Edit:
    """Replace bytes [start, end) by `content`."""

    start: int
    end: int
    content: bytes


def tag_subject(content: bytes, prefix: str) -> bytes | NotChanged:
    """The same bytes with `prefix` and a blank in front of the subject; a Subject field is made when there is none."""
    if reason := _untouchable(parse(content)):
        return NotChanged(reason)
    shown = f"{' '.join(prefix.split())} "
    header = scan(content)
    subject = next((field for field in header.fields if field.name.lower() == "subject"), None)
    if subject is None:
        return header_line("Subject", _header_text(shown.strip())) + content
    at = subject.value_start
    while content[at : at + 1] in (b" ", b"\t"):
        at += 1
    # Blanks between two encoded words are not shown (RFC 2047 §6.2): there the blank goes into the word itself.
    encoded = f"{_header_text(shown if content[at : at + 2] == b'=?' else shown.strip())} "
    return content[: subject.value_start] + b" " + encoded.encode("ascii") + content[at:]


def add_disclaimer(content: bytes, text: str) -> bytes | NotChanged:
    """The same message with `text` on top of each body that a client may show (plain text and HTML)."""
    message = parse(content)
    if reason := _untouchable(message):
        return NotChanged(reason)
    edits = [edit for part in _bodies(message) for edit in _part_edits(content, part, text)]
    if not edits:
        return NotChanged("it has no text part that a disclaimer can be put into")
    for edit in sorted(edits, key=lambda item: item.start, reverse=True):
        content = content[: edit.start] + edit.content + content[edit.end :]
    return content


def _header_text(text: str) -> str:
    """ASCII as it is, anything else as an encoded word."""
    if text.isascii():
        return text.rstrip()
    charset = Charset("utf-8")
    charset.header_encoding = QP
    return Header(text, charset).encode()


def _untouchable(message: Message) -> str:
    if message.is_signed_or_encrypted:
        return "it is signed, encrypted or rights-protected"
    if any(part.content_type == "text/calendar" for part in message.parts):
        return "it is a calendar message"
    return ""


def _bodies(message: Message) -> list[Part]:
    """The first plain-text and the first HTML part that are shown as the body and that we can encode again."""
    chosen: dict[str, Part] = {}
    for part in message.parts:
        body = part.content_type in ("text/plain", "text/html") and not part.is_attachment and ".0" not in part.path
        if body and part.transfer_encoding in _ENCODINGS_KEPT:
            chosen.setdefault(part.content_type, part)
    return list(chosen.values())


def _part_edits(content: bytes, part: Part, text: str) -> list[_Edit]:
    """The edits of one part: its body, and its header only when charset or transfer encoding must change."""
    charset = part.charset or "us-ascii"
    body = decode_text(part.content, part.charset or "utf-8")
    new = _with_html(body, text) if part.content_type == "text/html" else _with_text(body, text)
    raw = _encoded(new, charset)
    if raw is None and part.content_type == "text/html":
        raw = _encoded(_with_html(body, text).encode("ascii", "xmlcharrefreplace").decode("ascii"), charset)
    edits: list[_Edit] = []
    if raw is None:
        charset, raw = "utf-8", new.encode("utf-8")
        edits += _header_edits(content, part, "Content-Type", f'{part.content_type}; charset="utf-8"')
    encoding = part.transfer_encoding
    if encoding in ("", "7bit") and not raw.isascii():
        encoding = "quoted-printable"
        edits += _header_edits(content, part, "Content-Transfer-Encoding", encoding)
    return [*edits, _Edit(part.body_start, part.end, _transfer_encoded(raw, encoding))]


def _header_edits(content: bytes, part: Part, name: str, value: str) -> list[_Edit]:
    header = scan(content, part.start, part.end)
    line = header_line(name, value)
    for field in header.fields:
        if field.name.lower() == name.lower():
            return [_Edit(field.start, field.end, line)]
    return [_Edit(part.start, part.start, line)]


def _encoded(text: str, charset: str) -> bytes | None:
    """The text in `charset`, or None when it cannot say it."""
    try:
        return text.encode(charset)
    except (LookupError, UnicodeEncodeError):
        return None


def _transfer_encoded(raw: bytes, encoding: str) -> bytes:
    match encoding:
        case "base64":
            return base64.encodebytes(raw).replace(b"\n", b"\r\n")
        case "quoted-printable":
            lines = raw.replace(b"\r\n", b"\n").split(b"\n")
            return b"\r\n".join(quopri.encodestring(line).replace(b"=\n", b"=\r\n") for line in lines)
        case _:
            return raw


def _with_text(body: str, text: str) -> str:
    lines = [
        line[start : start + LINE_LIMIT] for line in text.splitlines() for start in range(0, len(line) or 1, LINE_LIMIT)
    ]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def _with_html(body: str, text: str) -> str:
    """A bordered paragraph as the first thing in the body; the text is escaped, line by line."""
    lines = "<br>\r\n".join(html.escape(line) for line in text.splitlines())
    block = (
        '<div style="border:1px solid #999;padding:8px;margin:0 0 12px 0;font-family:sans-serif;color:#222;'
        f'background:#f6f6f6">\r\n{lines}\r\n</div>\r\n'
    )
    tag = _BODY_TAG.search(body)
    at = tag.end() if tag else 0
    return body[:at] + block + body[at:]
