"""The client side of SMTP: commands in, bytes out, server bytes in, events out.

How it is driven: the greeting is expected from the start. Call one of `ehlo`, `start_tls`, `submit`,
`send_content`, `reset`, `quit`; write `data_to_send`; feed `receive_data`; take `next_event` until NEED_DATA.

The rule: every reply belongs to the oldest unanswered command (RFC 5321 §4.1.1, RFC 2920 §3.1), and what one
transaction has learned stays readable when the connection breaks in the middle.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from .content import stuffed
from .events import NEED_DATA, Signal
from .extensions import Extensions, Message, extensions_of, mail_command, recipient_command
from .lines import InputBuffer, LineFault
from .replies import Reply, ReplyError, ReplyReader

# RFC 5321 §4.5.3.1.5 says 512; peers in the field exceed it, and a long line is no reason to lose a reply.
_REPLY_LINE = 4096


class Awaited(Enum):
    """Which command a reply belongs to."""

    GREETING = auto()
    EHLO = auto()
    STARTTLS = auto()
    RESET = auto()
    MAIL = auto()
    RECIPIENT = auto()
    DATA = auto()
    CONTENT = auto()
    NO_CONTENT = auto()
    """The lone end mark after a 354 that no accepted recipient asked for (RFC 2920 §3.1)."""
    QUIT = auto()


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply to the greeting's wait, EHLO, STARTTLS, RSET or QUIT."""

    awaited: Awaited
    reply: Reply


@dataclass(frozen=True, slots=True)
class ContentWanted:
    """At least one recipient was accepted and the server waits for content: call `send_content`."""


@dataclass(frozen=True, slots=True)
class TransactionEnded:
    """Nothing more will come for the transaction; `ClientConnection.transaction` tells all."""


@dataclass(frozen=True, slots=True)
class ProtocolBroken:
    """The server's octets make no sense any more; close the connection."""

    why: str


ClientEvent = Answered | ContentWanted | TransactionEnded | ProtocolBroken


@dataclass(slots=True)
class ClientTransaction:
    """One message under way. `recipients` is parallel to the envelope's; None: not answered yet."""

    message: Message
    recipients: list[Reply | None]
    mail: Reply | None = None
    data: Reply | None = None
    content: Reply | None = None
    answered: int = 0

    @property
    def accepted(self) -> bool:
        """MAIL and at least one RCPT were accepted."""
        return _accepted(self.mail) and any(map(_accepted, self.recipients))


def _accepted(reply: Reply | None) -> bool:
    return reply is not None and 200 <= reply.code < 300


class ClientConnection:
    """One connection. Not to be subclassed."""

    __slots__ = (
        "_awaited",
        "_broken",
        "_clean",
        "_input",
        "_output",
        "_reader",
        "_unsent",
        "extensions",
        "transaction",
    )

    def __init__(self) -> None:
        self._input = InputBuffer(_REPLY_LINE)
        self._reader = ReplyReader()
        self._output: list[bytes] = []
        self._awaited: deque[Awaited] = deque([Awaited.GREETING])
        # Commands held back because the server does not take them pipelined.
        self._unsent: deque[tuple[Awaited, bytes]] = deque()
        self._broken = False
        self._clean = True
        self.extensions = Extensions()
        self.transaction: ClientTransaction | None = None

    # ---- commands

    def ehlo(self, name: str) -> None:
        """RFC 5321 §4.1.1.1."""
        self._command(Awaited.EHLO, f"EHLO {name}\r\n".encode())

    def helo(self, name: str) -> None:
        """For a server that refused EHLO (RFC 5321 §3.2)."""
        self._command(Awaited.EHLO, f"HELO {name}\r\n".encode())

    def start_tls(self) -> None:
        """RFC 3207 §4; after a 220 do the handshake and call `tls_started`."""
        self._command(Awaited.STARTTLS, b"STARTTLS\r\n")

    def tls_started(self) -> bool:
        """Forget what was said in plain text. False: octets came behind the 220, somebody injects; hang up."""
        self.extensions = Extensions()
        return not self._input and not self._broken

    def submit(self, message: Message) -> None:
        """Start a transaction: MAIL, RCPT and (without CHUNKING) DATA, in one block where PIPELINING is offered."""
        offered = self.extensions
        self.transaction = ClientTransaction(message, [None] * len(message.envelope.recipients))
        if not self._clean:
            self._command(Awaited.RESET, b"RSET\r\n")
        self._clean = False
        self._command(Awaited.MAIL, mail_command(message, offered))
        for recipient in message.envelope.recipients:
            self._command(Awaited.RECIPIENT, recipient_command(recipient, offered))
        if "CHUNKING" not in offered:
            self._command(Awaited.DATA, b"DATA\r\n")

    def send_content(self) -> list[bytes]:
        """The octets of the content, to be written after `data_to_send`; chunks pass through uncopied with BDAT."""
        transaction = self._open_transaction()
        self._awaited.append(Awaited.CONTENT)
        chunks = transaction.message.chunks
        if "CHUNKING" in self.extensions:
            return [f"BDAT {transaction.message.size} LAST\r\n".encode(), *chunks]
        return stuffed(chunks)

    def reset(self) -> None:
        """RSET: drops a half-done transaction, and shows that the server is still there."""
        self._command(Awaited.RESET, b"RSET\r\n")

    def quit(self) -> None:
        """QUIT."""
        self._command(Awaited.QUIT, b"QUIT\r\n")

    # ---- wire

    def receive_data(self, data: bytes) -> None:
        """Take octets from the server. Raises nothing."""
        if not self._broken:
            self._input.add(data)

    def data_to_send(self) -> bytes:
        """Everything to be written now; empties the output."""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def next_event(self) -> ClientEvent | Signal:
        """The next thing that happened, or NEED_DATA."""
        while not self._broken:
            line = self._input.take_line()
            if line is None:
                break
            if line is LineFault.TOO_LONG:
                return self._break("reply line too long")
            try:
                reply = self._reader.feed(line)
            except ReplyError as error:
                return self._break(str(error))
            if reply is not None:
                event = self._settle(reply)
                if event is not None:
                    return event
        return NEED_DATA

    def _command(self, awaited: Awaited, line: bytes) -> None:
        # RFC 2920 §3.1: several commands at once only for a server that offers it.
        if self._awaited and "PIPELINING" not in self.extensions:
            self._unsent.append((awaited, line))
        else:
            self._awaited.append(awaited)
            self._output.append(line)

    def _send_held_back(self) -> None:
        if self._unsent and not self._awaited:
            awaited, line = self._unsent.popleft()
            self._awaited.append(awaited)
            self._output.append(line)

    def _break(self, why: str) -> ProtocolBroken:
        self._broken = True
        return ProtocolBroken(why)

    def _open_transaction(self) -> ClientTransaction:
        if self.transaction is None:
            raise RuntimeError("no transaction is open")
        return self.transaction

    # ---- replies

    def _settle(self, reply: Reply) -> ClientEvent | None:
        if not self._awaited:
            return self._break(f"unasked reply: {reply}")
        awaited = self._awaited.popleft()
        # RFC 5321 §4.2.1: 354 answers DATA only, and DATA is accepted by nothing else.
        if reply.is_positive and (reply.code >= 300) is not (awaited is Awaited.DATA):
            return self._break(f"{reply.code} does not answer {awaited.name}")
        match awaited:
            case Awaited.MAIL | Awaited.RECIPIENT | Awaited.DATA | Awaited.CONTENT | Awaited.NO_CONTENT:
                event = self._settle_transaction(self._open_transaction(), awaited, reply)
            case Awaited.RESET if self.transaction is not None and self.transaction.mail is None:
                # The RSET that `submit` put in front; a server that refuses it is in no known state.
                event = None if reply.is_positive else self._break(f"RSET refused: {reply}")
            case Awaited.EHLO:
                self.extensions = extensions_of(reply) if reply.is_positive else Extensions()
                event = Answered(awaited, reply)
            case _:
                event = Answered(awaited, reply)
        self._send_held_back()
        return event

    def _settle_transaction(self, transaction: ClientTransaction, awaited: Awaited, reply: Reply) -> ClientEvent | None:
        match awaited:
            case Awaited.MAIL:
                transaction.mail = reply
                if not _accepted(reply) and self._unsent:
                    # Nothing else has been sent, so nothing has to be asked for.
                    self._unsent.clear()
                    self._clean = True
                    return TransactionEnded()
            case Awaited.RECIPIENT:
                transaction.recipients[transaction.answered] = reply
                transaction.answered += 1
                if transaction.answered == len(transaction.recipients):
                    return self._after_recipients(transaction)
            case Awaited.DATA:
                return self._after_data(transaction, reply)
            case _:
                if awaited is Awaited.CONTENT:
                    transaction.content = reply
                # RFC 5321 §4.1.1.4: whatever the answer, the buffers are empty after it.
                self._clean = True
                return TransactionEnded()
        return None

    def _after_recipients(self, transaction: ClientTransaction) -> ClientEvent | None:
        if "CHUNKING" in self.extensions:
            return ContentWanted() if transaction.accepted else TransactionEnded()
        if self._unsent and not transaction.accepted:
            self._unsent.clear()
            return TransactionEnded()
        return None

    def _after_data(self, transaction: ClientTransaction, reply: Reply) -> ClientEvent | None:
        transaction.data = reply
        if not reply.is_positive:
            return TransactionEnded()
        if transaction.accepted:
            return ContentWanted()
        self._awaited.append(Awaited.NO_CONTENT)
        self._output.append(b".\r\n")
        return None
