# ruff: noqa: E501 - mail is written as people and programs write it
"""Writes messages as mail programs write them: CRLF, a date, a message id, MIME parts. Everything is ours.

Rule: a message is the same bytes for the same arguments, except for its date.
"""

import base64
import quopri
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime

from lockgate.model.clock import system_clock

CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part with its header."""

    header: tuple[str, ...]
    body: bytes

    def wire(self) -> bytes:
        """As it is written."""
        return "\r\n".join(self.header).encode() + CRLF * 2 + self.body


def text(words: str, kind: str = "plain", charset: str = "utf-8", encoding: str = "8bit") -> Part:
    """A text part in 8bit, quoted-printable or base64."""
    plain = words.replace("\n", "\r\n").encode(charset)
    match encoding:
        case "base64":
            body = folded(plain)
        case "quoted-printable":
            body = quopri.encodestring(plain.replace(CRLF, b"\n")).replace(b"\n", CRLF)
        case _:
            body = plain
    return Part((f"Content-Type: text/{kind}; charset={charset}", f"Content-Transfer-Encoding: {encoding}"), body)


def file(name: str, content: bytes, kind: str = "application/octet-stream", *, inline_id: str = "") -> Part:
    """An attached file, or a picture that the HTML shows by its content id."""
    placed = "inline" if inline_id else "attachment"
    header = [f'Content-Type: {kind}; name="{name}"', "Content-Transfer-Encoding: base64"]
    header.append(f'Content-Disposition: {placed}; filename="{name}"')
    return Part((*header, *([f"Content-ID: <{inline_id}>"] if inline_id else ())), folded(content))


def multipart(kind: str, parts: Sequence[Part], *parameters: str, boundary: str = "") -> Part:
    """Parts in an envelope; `kind` is mixed, alternative, related, signed ..."""
    line = boundary or f"=_{kind.partition('/')[0]}_{len(parts)}_{sum(len(part.body) for part in parts):x}"
    body = b"".join(b"--" + line.encode() + CRLF + part.wire() + CRLF for part in parts)
    declared = "; ".join([f"Content-Type: multipart/{kind}", *parameters, f'boundary="{line}"'])
    return Part((declared,), body + b"--" + line.encode() + b"--" + CRLF)


def both(plain: str, html: str) -> Part:
    """The same in plain text and HTML."""
    return multipart("alternative", [text(plain), text(html, "html", encoding="quoted-printable")])


def with_files(body: Part, *files: Part) -> Part:
    """A body and attachments."""
    return multipart("mixed", [body, *files])


def letter(name: str, sender: str, to: str, subject: str, body: Part | str, *more: str) -> bytes:
    """The whole message. `sender` and `to` are header values; `more` are further header lines."""
    part = text(body) if isinstance(body, str) else body
    domain = sender.rpartition("@")[2].rstrip("> ")
    lines = [
        f"Date: {format_datetime(system_clock())}",
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject if subject.isascii() else Header(subject, 'utf-8', header_name='Subject').encode(linesep=chr(13) + chr(10))}",
        f"Message-ID: <demo.{name}@{domain if domain.isascii() else 'mail.example'}>",
        "MIME-Version: 1.0",
        *more,
    ]
    return "\r\n".join(lines).encode() + CRLF + part.wire()


def folded(content: bytes) -> bytes:
    """Base64 in lines of 76 characters (RFC 2045 §6.8)."""
    return base64.encodebytes(content).replace(b"\n", CRLF)
