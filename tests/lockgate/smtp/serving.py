"""A real listener on a loopback port, with the service of the transcripts, and certificates to match."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from lockgate.smtp.listener import ListenerSettings, bind, listening
from lockgate.smtp.protocol.envelope import MailFrom, Recipient
from lockgate.smtp.protocol.replies import Reply
from lockgate.smtp.service import Peer, Session, Transaction
from lockgate.smtp.tls import Identity, client_context, server_context
from tests.lockgate.smtp.transcripts import Answers


@dataclass
class Authority:
    """A certificate authority with one server and one client that it vouches for."""

    bundle: Path
    server_identity: Identity
    client_identity: Identity

    @property
    def server(self) -> ssl.SSLContext:
        return server_context(self.server_identity, self.bundle)

    @property
    def client(self) -> ssl.SSLContext:
        return client_context(self.client_identity, self.bundle)

    @property
    def anonymous_client(self) -> ssl.SSLContext:
        return client_context(None, self.bundle)


def make_authority(folder: Path) -> Authority:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    server = _identity(authority.issue_cert("gw.example", "localhost", "127.0.0.1"), folder, "server")
    client = _identity(
        authority.issue_cert("mail.client.example", "*.client.example", common_name="mail.client.example"),
        folder,
        "client",
    )
    return Authority(folder / "authority.pem", server, client)


def _identity(leaf: trustme.LeafCert, folder: Path, name: str) -> Identity:
    identity = Identity(folder / f"{name}.pem", folder / f"{name}.key")
    identity.certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(str(identity.key))
    return identity


class ScriptedService:
    """`SmtpService` over the answers of a transcript; counts what must come in pairs."""

    def __init__(self, answers: Answers | None = None) -> None:
        self.answers = answers or Answers({})
        self.transactions: list[Transaction] = []
        self.sessions: list[Session] = []
        self.admitted = self.released = self.closed_sessions = 0
        self.gate: asyncio.Event | None = None
        """Set to make `message` wait."""
        self.entered = asyncio.Event()
        self._senders: dict[Session, str] = {}

    async def connected(self, peer: Peer) -> Reply:
        return self.answers.greeting()

    async def mail_from(self, session: Session, command: MailFrom) -> Reply:
        self._senders[session] = command.mail_from
        return self.answers.mail_from(command)

    async def rcpt_to(self, session: Session, command: Recipient) -> Reply:
        return self.answers.rcpt_to(command)

    async def may_receive(self, session: Session, expected_size: int | None) -> Reply | None:
        refusal = self.answers.may_receive(self._senders[session], expected_size)
        self.admitted += refusal is None
        return refusal

    async def message(self, transaction: Transaction) -> Reply:
        self.transactions.append(transaction)
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        recipients = list(transaction.recipients)
        return self.answers.message(
            transaction.mail_from, recipients, transaction.content, bare=transaction.bare_line_ends
        )

    def content_released(self, session: Session) -> None:
        self.released += 1

    def closed(self, session: Session) -> None:
        self.sessions.append(session)
        self.closed_sessions += 1


@asynccontextmanager
async def serving(service: ScriptedService, settings: ListenerSettings) -> AsyncIterator[int]:
    """The port of a listener that runs while the block does."""
    sock = bind("127.0.0.1", 0)
    async with listening(service, settings, [sock]) as listener:
        yield listener.addresses[0][1]
