"""What became of one message at the next hop, for each recipient.

The rule: every recipient has exactly one outcome, and "it may have arrived" is never called a failure.
"""

from dataclasses import dataclass
from enum import Enum, auto

from .protocol.envelope import Recipient
from .protocol.replies import Reply
from .tls import TlsFacts


class TlsUse(Enum):
    """How a next hop is spoken to."""

    REQUIRED = auto()
    """STARTTLS with a verified certificate, or no delivery (temporary failure)."""
    OPPORTUNISTIC = auto()
    """STARTTLS if offered, certificate not verified; plain text if not offered."""
    OFF = auto()


@dataclass(frozen=True, slots=True)
class NextHop:
    """One place to relay to. `server_name` is the name its certificate must carry (default: `host`).

    `ours` is the name that we go there under, where we have several; empty: the first.
    """

    host: str
    port: int = 25
    tls: TlsUse = TlsUse.REQUIRED
    server_name: str | None = None
    ours: str = ""


class Stage(Enum):
    """How far the conversation had come when the outcome was decided."""

    LOCAL = auto()
    """Refused here: the next hop lacks an extension that the message needs."""
    CONNECT = auto()
    GREETING = auto()
    EHLO = auto()
    STARTTLS = auto()
    MAIL_FROM = auto()
    RCPT_TO = auto()
    DATA = auto()
    CONTENT = auto()


class Settlement(Enum):
    """What an outcome means for custody."""

    DELIVERED = auto()
    TEMPORARY = auto()
    PERMANENT = auto()
    UNKNOWN = auto()
    """Connection lost after the last content octet was handed to it: delivered or not, nobody here can tell."""


@dataclass(frozen=True, slots=True)
class RecipientOutcome:
    """One recipient's fate. `from_next_hop` is False where the reply was made here (timeout, refusal of ours)."""

    recipient: Recipient
    reply: Reply
    stage: Stage
    settlement: Settlement
    from_next_hop: bool

    @property
    def rcpt_to(self) -> str:
        """The address, as in the envelope."""
        return self.recipient.rcpt_to


@dataclass(frozen=True, slots=True)
class Delivery:
    """Outcomes in the order of the envelope's recipients. `reused` says whether an existing connection served."""

    next_hop: NextHop
    outcomes: tuple[RecipientOutcome, ...]
    tls: TlsFacts | None
    reused: bool
