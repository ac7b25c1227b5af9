"""What the listener asks of the mail path behind it, and what it tells it.

The rule: the listener owns the protocol, the service owns the answers. A service method that raises costs its
command a `451 4.3.0`, never the connection and never the message.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from .protocol.envelope import MailFrom, Recipient
from .protocol.replies import Reply
from .tls import TlsFacts


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. `helo` is "" until EHLO or HELO; `tls` is None without TLS."""

    address: str
    port: int
    helo: str = ""
    tls: TlsFacts | None = None


@dataclass(slots=True, eq=False)
class Session:
    """One connection, by identity (a service may key its own state by it until `closed`).

    `peer` is replaced when the client names itself or starts TLS; `messages` counts accepted messages.
    """

    number: int
    peer: Peer
    esmtp: bool = False
    messages: int = 0


@dataclass(slots=True, eq=False)
class Transaction:
    """One message whose content has fully arrived and whose recipients were all accepted at RCPT TO.

    `peer_gone` is set when the client disconnects while `message` runs; the call is never cancelled for that.
    """

    session: Session
    mail_from: MailFrom
    recipients: tuple[Recipient, ...]
    content: bytes
    bare_line_ends: bool = False
    peer_gone: asyncio.Event = field(default_factory=asyncio.Event)


class SmtpService(Protocol):
    """Owned by `lockgate.smtp`, implemented by the gateway. Every method is called from the listener's event loop."""

    async def connected(self, peer: Peer) -> Reply:
        """The greeting: 220, or 421 (closes at once) or 554 (RFC 5321 §3.1: only QUIT is served then)."""

    async def mail_from(self, session: Session, command: MailFrom) -> Reply:
        """Answer to MAIL FROM; 2yz opens a transaction."""

    async def rcpt_to(self, session: Session, command: Recipient) -> Reply:
        """Answer to RCPT TO; 2yz adds the recipient to the transaction."""

    async def may_receive(self, session: Session, expected_size: int | None) -> Reply | None:
        """Before content is read: None to go ahead, or a refusal such as `452 4.3.1`.

        After None, `content_released` follows exactly once.
        """

    async def message(self, transaction: Transaction) -> Reply:
        """The final reply for the message. Takes as long as it takes; runs to its end even if the peer leaves."""

    def content_released(self, session: Session) -> None:
        """The content that `may_receive` admitted is gone from memory: answered, refused, or never completed."""

    def closed(self, session: Session) -> None:
        """The connection is gone and no call for it is running. Called exactly once per session."""
