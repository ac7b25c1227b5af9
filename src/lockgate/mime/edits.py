"""What both changes to a message need: when it must be left alone, and replacing byte ranges."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lockgate.mime.charsets import decode_text
from lockgate.model.message import Message

_INLINE_PGP = re.compile(r"^-----BEGIN PGP (?:SIGNED )?MESSAGE-----", re.MULTILINE)
_CALENDAR = frozenset({"text/calendar", "application/ics"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature"})


@dataclass(frozen=True, slots=True)
class NotChanged:
    """The message stays as it is, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace bytes [start, end) by `content`."""

    start: int
    end: int
    content: bytes


def apply(content: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with every edit made; edits must not overlap. Edits at one place are made in the order given."""
    pieces: list[bytes] = []
    position = 0
    for edit in sorted(edits, key=lambda each: each.start):
        pieces += (content[position : edit.start], edit.content)
        position = edit.end
    return b"".join((*pieces, content[position:]))


def why_untouchable(message: Message) -> str:
    """Why these bytes must not be changed; empty when they may be (microsoft-365.md §4.10)."""
    if message.is_signed_or_encrypted or (message.header("Content-Class") or "").lower().startswith("rpmsg"):
        return "it is signed, encrypted or rights-protected"
    for part in message.parts:
        if part.content_type in _CALENDAR or part.filename.lower().endswith(".ics"):
            return "it is a calendar message"
        if part.content_type in _TNEF or part.filename.lower() == "winmail.dat":
            return "its real body is in a TNEF part"
        if part.content_type in _SMIME:
            return "it is signed, encrypted or rights-protected"
        if part.content_type.startswith("text/") and b"-----BEGIN PGP" in part.content:
            text, _ = decode_text(part.content, part.charset)
            if _INLINE_PGP.search(text):
                return "it is signed, encrypted or rights-protected"
    return ""
