"""Stand-ins for what the mail path talks to: a ledger in memory and a next hop that answers as scripted."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lockgate.gateway.arrival import Arrival, PeerFacts, Proof
from lockgate.model.custody import Queued
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Direction, Envelope, Recipient
from lockgate.model.lifecycle import State
from lockgate.model.settling import Earlier, Settling
from lockgate.model.tenant import AcceptedDomain, Passage, Protection, Tenant
from lockgate.smtp.delivery import Delivery, NextHop, RecipientOutcome, Settlement, Stage
from lockgate.smtp.protocol import envelope as wire
from lockgate.smtp.protocol.replies import Reply

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TENANT_ID = "11111111-2222-4333-8444-555555555555"
INBOUND = Passage(Direction.INBOUND, Protection.LIVE, ("route-in-new", "route-in-old"), ("return-in",), "junk-in")
OUTBOUND = Passage(Direction.OUTBOUND, Protection.LIVE, ("route-out",), ("return-out",))
TENANT = Tenant(
    TENANT_ID,
    "organisation",
    "Contoso",
    (AcceptedDomain("contoso.example"), AcceptedDomain("sub.example", match_subdomains=True)),
    "contoso-example.mail.protection.outlook.com",
    (INBOUND, OUTBOUND),
)
PEER = PeerFacts("192.0.2.7", "mail.protection.outlook.com", ("mail.protection.outlook.com",), "TLSv1.3 AES")
OK = Reply(250, "2.0.0", "Ok")
LATER = Reply(450, "4.2.1", "Busy")
NEVER = Reply(550, "5.1.1", "No such user")


class OneTenant:
    """Implements `ports.Tenants` for one tenant."""

    def by_id(self, tenant_id: str) -> Tenant | None:
        return TENANT if tenant_id == TENANT.id else None

    def any_accepts(self, domain: str) -> bool:
        return TENANT.accepts(domain)


class MemoryLedger:
    """Implements `ports.Ledger`; `fail` makes the next commit fail."""

    def __init__(self, earlier: Mapping[str, State] | None = None) -> None:
        self.settled: list[Settling] = []
        self.blobs: dict[str, bytes] = {}
        self.fail = False
        self._earlier = Earlier(dict(earlier or {}), 0)

    async def earlier(self, tenant_id: str, direction: Direction, network_message_id: str, sha256: str) -> Earlier:
        return self._earlier

    async def keep_content(self, content: Sequence[bytes]) -> str:
        joined = b"".join(content)
        key = hashlib.sha256(joined).hexdigest()
        self.blobs[key] = joined
        return key

    async def settle(self, settling: Settling) -> None:
        if self.fail:
            raise OSError("disk full")
        self.settled.append(settling)

    @property
    def queued(self) -> list[Queued]:
        return [record for settling in self.settled for record in settling.queued]


class ScriptedNextHop:
    """Implements `relay.Sends`: one reply per recipient address, 250 for the rest."""

    def __init__(self, replies: Mapping[str, Reply | None] | None = None) -> None:
        self.replies = dict(replies or {})
        self.received: list[tuple[wire.Envelope, bytes]] = []

    async def send(self, next_hop: NextHop, envelope: wire.Envelope, content: Sequence[bytes]) -> Delivery:
        self.received.append((envelope, b"".join(content)))
        return Delivery(next_hop, tuple(self._outcome(item) for item in envelope.recipients), None, reused=False)

    def _outcome(self, recipient: wire.Recipient) -> RecipientOutcome:
        reply = self.replies.get(recipient.rcpt_to, OK)
        if reply is None:  # the connection was lost after the last byte
            lost = Reply(451, "4.4.2", "Connection lost")
            return RecipientOutcome(recipient, lost, Stage.CONTENT, Settlement.UNKNOWN, from_next_hop=False)
        kind = Settlement.DELIVERED if reply.is_positive else Settlement.TEMPORARY
        kind = Settlement.PERMANENT if reply.is_permanent else kind
        return RecipientOutcome(recipient, reply, Stage.CONTENT, kind, from_next_hop=True)


def arrival(
    *recipients: str,
    mail_from: str = "a@outside.example",
    content: bytes = b"Subject: x\r\n\r\nx\r\n",
    direction: Direction = Direction.INBOUND,
) -> Arrival:
    passage = INBOUND if direction is Direction.INBOUND else OUTBOUND
    envelope = Envelope(mail_from, tuple(Recipient(address) for address in recipients))
    return Arrival("message-1", Proof(TENANT, passage, "nmid-1"), envelope, content, "sha", PEER, NOW)


def decision(rcpt_to: str, fate: Fate, changes: Changes | None = None) -> Decision:
    return Decision(
        rcpt_to, fate, changes or Changes(), f"{fate} for a test", policy_id="p", policy_version=1, rule="r"
    )
