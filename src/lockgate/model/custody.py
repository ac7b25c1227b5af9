"""Messages that are ours to keep: held in quarantine, or queued in the outbox because others were already settled."""

from dataclasses import dataclass
from datetime import datetime

from lockgate.model.envelope import Direction, Envelope
from lockgate.model.policy import ClickTime


@dataclass(frozen=True, slots=True)
class Held:
    """A message in quarantine for the recipients of `envelope`. `content` bytes are kept under `blob`.

    `content` is what was received (our own headers in front of nothing): stamping happens at release.
    """

    id: str
    message_id: str
    tenant_id: str
    direction: Direction
    envelope: Envelope
    blob: str
    reason: str  # explanation of the decision
    reasons: tuple[str, ...]  # detector ids
    verdict: str
    policy_id: str
    policy_version: int
    subject: str
    header_from: str
    size: int
    held_at: datetime
    expires_at: datetime
    asked: tuple[str, ...] = ()  # reviewers who are asked by mail
    require_tls: bool = False  # when it is released, Exchange must send it on over TLS
    click_time: ClickTime | None = None  # when it is released, what links lead through the link service


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the outbox: to be handed to the tenant's next hop exactly as `blob` has it, headers included."""

    id: str
    message_id: str
    tenant_id: str
    direction: Direction
    envelope: Envelope
    blob: str
    junk: bool
    queued_at: datetime
    expires_at: datetime
    last_reply: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """Memory that a recipient of a message has an owner, so that the sender's retry is not delivered twice.

    The key is (tenant, direction, network message id, SHA-256 of the content, recipient).
    """

    tenant_id: str
    direction: Direction
    network_message_id: str
    sha256: str
    rcpt_to: str
    state: str
    at: datetime
