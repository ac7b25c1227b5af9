"""What a protocol machine reports to its driver. Events are past participles; the driver answers with commands.

The rule: an event says what happened on the wire and nothing about what to do.
"""

from dataclasses import dataclass
from enum import Enum, auto

from .envelope import MailFrom, Recipient
from .replies import Reply


class Signal(Enum):
    """Answers of `next_event` that are not events."""

    NEED_DATA = auto()
    """Nothing more can happen until `receive_data` brings bytes."""
    PAUSED = auto()
    """The machine waits for its driver: for `reply`, or for the TLS handshake."""


NEED_DATA = Signal.NEED_DATA
PAUSED = Signal.PAUSED


class CloseReason(Enum):
    """Why the server side wants the connection closed once its output is written."""

    QUIT = auto()
    TOO_MANY_ERRORS = auto()
    SERVICE = auto()
    SHUTDOWN = auto()
    TIMEOUT = auto()
    UNPARSABLE_BDAT = auto()


# ---- server side: what a client did


@dataclass(frozen=True, slots=True)
class EhloReceived:
    """The client named itself; the machine has answered. `esmtp` is False after HELO."""

    helo: str
    esmtp: bool


@dataclass(frozen=True, slots=True)
class StartTlsReceived:
    """220 is in the output: write it, do the handshake, then call `tls_started`."""


@dataclass(frozen=True, slots=True)
class MailFromReceived(MailFrom):
    """Needs `reply`."""


@dataclass(frozen=True, slots=True)
class RecipientReceived(Recipient):
    """Needs `reply`."""


@dataclass(frozen=True, slots=True)
class DataStarted:
    """DATA or the first BDAT: needs `proceed` or a refusing `reply`. `expected_size` is what SIZE= declared."""

    expected_size: int | None


@dataclass(frozen=True, slots=True)
class ContentReceived:
    """The whole content, dots unstuffed, lines as they came. Needs `reply`.

    `bare_line_ends` is True only for BDAT content that holds a CR or LF on its own: it can be relayed with
    BDAT and with nothing else.
    """

    content: bytes
    bare_line_ends: bool


@dataclass(frozen=True, slots=True)
class TransactionDropped:
    """The transaction in progress ended without a message: RSET, EHLO, or content that was refused (then `reply`)."""

    refused: Reply | None


@dataclass(frozen=True, slots=True)
class Closing:
    """Write the output, then close."""

    reason: CloseReason


ServerEvent = (
    EhloReceived
    | StartTlsReceived
    | MailFromReceived
    | RecipientReceived
    | DataStarted
    | ContentReceived
    | TransactionDropped
    | Closing
)
