"""A message that came to the door: either admitted, with its tenant proven, or refused with a reason."""

from dataclasses import dataclass
from datetime import datetime

from lockgate.model.envelope import Direction, Envelope
from lockgate.model.tenant import Passage, Tenant


@dataclass(frozen=True, slots=True)
class PeerFacts:
    """The host at the other end. `certificate_names` are of a verified client certificate; else empty."""

    address: str
    helo: str
    certificate_names: tuple[str, ...] = ()
    tls: str = ""  # protocol and cipher

    def __str__(self) -> str:
        names = f" ({self.certificate_names[0]})" if self.certificate_names else ""
        return f"{self.address}{names}"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the message's own headers and envelope prove about where it comes from."""

    tenant: Tenant
    passage: Passage
    network_message_id: str

    @property
    def direction(self) -> Direction:
        """Which way the message goes."""
        return self.passage.direction


@dataclass(frozen=True, slots=True)
class Arrival:
    """An admitted message. `content` is the received bytes without our own header fields, in chunks."""

    id: str
    proof: Proof
    envelope: Envelope
    content: bytes
    body_sha256: str
    peer: PeerFacts
    received_at: datetime

    @property
    def tenant(self) -> Tenant:
        """The tenant that handed the message over."""
        return self.proof.tenant

    @property
    def direction(self) -> Direction:
        """Which way the message goes."""
        return self.proof.direction


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is not let in. The peer gets `code enhanced text`; `cause` is for the trace and the log."""

    code: int
    enhanced: str
    text: str
    cause: str
    tenant_id: str = ""
    direction: Direction | None = None
    network_message_id: str = ""
