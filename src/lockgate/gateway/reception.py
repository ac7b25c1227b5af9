"""The door: answers the SMTP commands of the tenants' Exchange and lets in only what proves to be theirs.

What can be refused early is refused early (no certificate: at MAIL FROM; a domain of nobody here: at RCPT TO);
what only the headers prove is decided when the content is there, before anything else looks at it.
"""

import hashlib
from collections.abc import Callable
from typing import Protocol

from lockgate.gateway import replies
from lockgate.gateway.arrival import Arrival, PeerFacts, Proof, Refusal
from lockgate.gateway.budget import MemoryBudget
from lockgate.gateway.pipeline import Pipeline
from lockgate.gateway.refusals import RefusalLog
from lockgate.mime.headers import HeaderBlock, scan
from lockgate.mime.stamping import without_headers
from lockgate.model import headers as ours
from lockgate.model.clock import Clock
from lockgate.model.envelope import Envelope, Recipient
from lockgate.smtp.protocol.envelope import MailFrom
from lockgate.smtp.protocol.envelope import Recipient as WireRecipient
from lockgate.smtp.protocol.replies import Reply
from lockgate.smtp.service import Peer, Session, Transaction

OK = Reply(250, "2.1.0", "Ok")
RECIPIENT_OK = Reply(250, "2.1.5", "Ok")
UNKNOWN_SIZE = 1024 * 1024  # reserved for a message whose size the peer does not declare


class Door(Protocol):
    """Who may come in. `requires_tls`: nothing of mail is said before STARTTLS."""

    requires_tls: bool

    def refuses_peer(self, peer: PeerFacts) -> Refusal | None:
        """Why a host may not speak of mail at all; None when it may."""
        ...

    def refuses_address(self, mail_from: str, rcpt_to: str) -> Refusal | None:
        """Why this pair concerns nobody here; None when it may."""
        ...

    def prove(self, header: HeaderBlock, envelope: Envelope) -> Proof | Refusal:
        """The tenant and direction that a message proves, or why it is refused."""
        ...


class Reception:
    """Implements `lockgate.smtp.service.SmtpService` for the mail path."""

    def __init__(
        self,
        hostname: str,
        door: Door,
        pipeline: Pipeline,
        refusals: RefusalLog,
        budget: MemoryBudget,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._hostname = hostname
        self._door = door
        self._pipeline = pipeline
        self._refusals = refusals
        self._budget = budget
        self._clock = clock
        self._new_id = new_id
        self._senders: dict[Session, str] = {}
        self._reserved: dict[Session, int] = {}

    async def connected(self, peer: Peer) -> Reply:
        """The greeting."""
        del peer
        return Reply(220, "", f"{self._hostname} ESMTP Lockgate")

    async def mail_from(self, session: Session, command: MailFrom) -> Reply:
        """Only hosts with Exchange Online's certificate may speak of mail."""
        peer = peer_facts(session.peer)
        refusal = self._door.refuses_peer(peer)
        if refusal is not None:
            await self._refusals.record(refusal, peer, Envelope(command.mail_from, ()))
            return replies.of_refusal(refusal)
        self._senders[session] = command.mail_from
        return OK

    async def rcpt_to(self, session: Session, command: WireRecipient) -> Reply:
        """Sender or recipient must belong to a tenant of ours; the null sender is decided by the headers."""
        mail_from = self._senders.get(session, "")
        refusal = self._door.refuses_address(mail_from, command.rcpt_to)
        if refusal is None:
            return RECIPIENT_OK
        envelope = Envelope(mail_from, (Recipient(command.rcpt_to),))
        await self._refusals.record(refusal, peer_facts(session.peer), envelope)
        return replies.of_refusal(refusal)

    async def may_receive(self, session: Session, expected_size: int | None) -> Reply | None:
        """Memory is reserved before content is read; without room the peer keeps the message."""
        size = expected_size or UNKNOWN_SIZE
        if not self._budget.try_reserve(size):
            return replies.BUSY
        self._reserved[session] = size
        return None

    async def message(self, transaction: Transaction) -> Reply:
        """The final reply for one message."""
        peer = peer_facts(transaction.session.peer)
        envelope = envelope_of(transaction)
        header = scan(transaction.content)
        proof = self._door.prove(header, envelope)
        if isinstance(proof, Refusal):
            await self._refusals.record(proof, peer, envelope, header, len(transaction.content))
            return replies.of_refusal(proof)
        arrival = self._admit(transaction, envelope, proof, peer, header.body_start)
        return await self._pipeline.process(arrival)

    def _admit(
        self, transaction: Transaction, envelope: Envelope, proof: Proof, peer: PeerFacts, body_start: int
    ) -> Arrival:
        body = memoryview(transaction.content)[body_start:]
        chunks, _ = without_headers(transaction.content, ours.ALL)
        return Arrival(
            id=self._new_id(),
            proof=proof,
            envelope=envelope,
            content=b"".join(chunks),
            body_sha256=hashlib.sha256(body).hexdigest(),
            peer=peer,
            received_at=self._clock(),
        )

    def content_released(self, session: Session) -> None:
        """The content is gone from memory."""
        self._budget.release(self._reserved.pop(session, 0))

    def closed(self, session: Session) -> None:
        """The connection is gone."""
        self._senders.pop(session, None)


def peer_facts(peer: Peer) -> PeerFacts:
    """The SMTP package's peer in the gateway's words; names only from a verified certificate."""
    if peer.tls is None:
        return PeerFacts(peer.address, peer.helo)
    names = (peer.tls.common_name, *peer.tls.dns_names) if peer.tls.certified else ()
    return PeerFacts(
        peer.address, peer.helo, tuple(name for name in names if name), f"{peer.tls.protocol} {peer.tls.cipher}"
    )


def envelope_of(transaction: Transaction) -> Envelope:
    """The SMTP package's envelope in the model's words."""
    sender = transaction.mail_from
    return Envelope(
        sender.mail_from,
        tuple(Recipient(item.rcpt_to, ",".join(item.notify) or None, item.orcpt) for item in transaction.recipients),
        sender.body,
        sender.smtputf8,
        sender.ret,
        sender.envid,
    )
