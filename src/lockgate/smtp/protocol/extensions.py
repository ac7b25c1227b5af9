"""What a server said it can do, and whether a message can be carried with that.

The rule: a message is handed on as it is or not at all; nothing is converted on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .addresses import AddressError, parse_forward_path, parse_reverse_path
from .content import has_bare_line_ends
from .envelope import Body, Envelope, MailFrom, Recipient
from .replies import Reply

# RFC 6152 §3: conversion would be needed and is not done; RFC 3463 X.6.3.
NEEDS_8BITMIME = Reply(554, "5.6.3", "Next hop cannot take 8-bit content")
# RFC 6531 §3.5 and §4.2: X.6.7 for addresses, X.6.9 for headers.
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "Next hop cannot take non-ASCII addresses")
NEEDS_SMTPUTF8_HEADERS = Reply(554, "5.6.9", "Next hop cannot take UTF-8 headers")
# What Exchange says of its own messages with bare line feeds when a next hop offers no BDAT.
NEEDS_CHUNKING = Reply(550, "5.6.11", "Bare CR or LF can be relayed by BDAT only, which the next hop lacks")
# RFC 1870 §6.
TOO_LARGE = Reply(552, "5.3.4", "Message larger than the next hop's limit")
UNUSABLE_ADDRESS = Reply(553, "5.1.0", "Address cannot be written in SMTP")


@dataclass(frozen=True, slots=True)
class Extensions:
    """Keywords of an EHLO reply in upper case with their parameters. Empty after HELO."""

    offered: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.offered

    @property
    def max_size(self) -> int | None:
        """RFC 1870 §3: the limit, or None when there is none or it is not told ("0")."""
        words = self.offered.get("SIZE", "").split()
        value = words[0] if words else ""
        return int(value) or None if value.isascii() and value.isdigit() else None

    @property
    def max_recipients(self) -> int | None:
        """RFC 9422 §3: RCPTMAX, if told."""
        for word in self.offered.get("LIMITS", "").upper().split():
            name, _, value = word.partition("=")
            if name == "RCPTMAX" and value.isascii() and value.isdigit() and int(value):
                return int(value)
        return None


def extensions_of(reply: Reply) -> Extensions:
    """RFC 5321 §4.1.1.1: after the first line, each names one extension."""
    offered: dict[str, str] = {}
    for line in reply.text.split("\n")[1:]:
        keyword, _, parameters = line.strip().partition(" ")
        if keyword:
            offered[keyword.upper()] = parameters
    return Extensions(offered)


@dataclass(frozen=True, slots=True)
class Message:
    """An envelope with its content, ready to be looked at once."""

    envelope: Envelope
    chunks: Sequence[bytes]

    @property
    def size(self) -> int:
        """Octets of the content."""
        return sum(map(len, self.chunks))

    @property
    def eight_bit(self) -> bool:
        """Whether the content is declared or found to hold octets above 127."""
        if self.envelope.mail_from.body is Body.EIGHT_BIT_MIME:
            return True
        return not all(chunk.isascii() for chunk in self.chunks)

    @property
    def non_ascii_address(self) -> bool:
        """Whether any address of the envelope needs SMTPUTF8."""
        if not self.envelope.mail_from.mail_from.isascii():
            return True
        return not all(recipient.rcpt_to.isascii() for recipient in self.envelope.recipients)

    @property
    def bare_line_ends(self) -> bool:
        """Whether a CR or LF stands alone; chunks may be cut anywhere."""
        return has_bare_line_ends(self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks))

    def utf8_headers(self) -> bool:
        """Whether the header section is other than ASCII."""
        return not b"".join(self.chunks).partition(b"\r\n\r\n")[0].isascii()


def refusal(message: Message, extensions: Extensions) -> Reply | None:
    """Why this server cannot be given this message; None when it can."""
    if not _addresses_usable(message.envelope):
        return UNUSABLE_ADDRESS
    limit = extensions.max_size
    if limit is not None and message.size > limit:
        return TOO_LARGE
    if "SMTPUTF8" not in extensions:
        if message.non_ascii_address:
            return NEEDS_SMTPUTF8
        if message.envelope.mail_from.smtputf8 and message.utf8_headers():
            return NEEDS_SMTPUTF8_HEADERS
    if "8BITMIME" not in extensions and not all(chunk.isascii() for chunk in message.chunks):
        return NEEDS_8BITMIME
    if "CHUNKING" not in extensions and message.bare_line_ends:
        return NEEDS_CHUNKING
    return None


def mail_command(message: Message, extensions: Extensions) -> bytes:
    """MAIL FROM with every parameter that applies and is offered."""
    mail: MailFrom = message.envelope.mail_from
    words = [f"MAIL FROM:<{mail.mail_from}>"]
    if "SIZE" in extensions:
        words.append(f"SIZE={message.size}")
    if "8BITMIME" in extensions and message.eight_bit:
        words.append("BODY=8BITMIME")
    if "SMTPUTF8" in extensions and (mail.smtputf8 or message.non_ascii_address):
        words.append("SMTPUTF8")
    if "DSN" in extensions:
        if mail.ret is not None:
            words.append(f"RET={mail.ret}")
        if mail.envid is not None:
            words.append(f"ENVID={mail.envid}")
    return " ".join(words).encode() + b"\r\n"


def recipient_command(recipient: Recipient, extensions: Extensions) -> bytes:
    """RCPT TO with the DSN parameters, if the server knows them (RFC 3461 §5.2.2: else they end here)."""
    words = [f"RCPT TO:<{recipient.rcpt_to}>"]
    if "DSN" in extensions:
        if recipient.notify:
            words.append("NOTIFY=" + ",".join(recipient.notify))
        if recipient.orcpt is not None and (recipient.orcpt.isascii() or "SMTPUTF8" in extensions):
            words.append(f"ORCPT={recipient.orcpt}")
    return " ".join(words).encode() + b"\r\n"


def _addresses_usable(envelope: Envelope) -> bool:
    """Addresses may come from anywhere (a console, a database): what is no path could be another command."""
    try:
        parse_reverse_path(f"<{envelope.mail_from.mail_from}>")
        for recipient in envelope.recipients:
            parse_forward_path(f"<{recipient.rcpt_to}>")
    except AddressError:
        return False
    return True
