"""The server side's state, output and open transaction, and what each answer of the driver does to them.

The rule: the driver answers exactly what it was asked; an answer that nobody owes is a bug and raises.
"""

from collections import deque

from . import standard_replies as replies
from .content import BdatContent, DataContent
from .events import (
    CloseReason,
    Closing,
    ContentReceived,
    DataStarted,
    MailFromReceived,
    RecipientReceived,
    ServerEvent,
    TransactionDropped,
)
from .lines import InputBuffer
from .replies import Reply
from .server_states import TRANSACTION_STATES, Limits, State


class ServerTransaction:
    """The half of `ServerConnection` that faces the driver; `mail_from` and `recipients` are the open transaction's."""

    __slots__ = (
        "_bdat",
        "_chunk_refusal",
        "_data",
        "_errors",
        "_esmtp",
        "_events",
        "_idle_commands",
        "_input",
        "_limits",
        "_output",
        "_question",
        "_recipients_refused",
        "_state",
        "_tls_active",
        "mail_from",
        "recipients",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._state = State.CONNECTED
        self._input = InputBuffer(limits.max_line)
        self._output: list[bytes] = []
        self._events: deque[ServerEvent] = deque()
        # What the driver has been asked and not yet answered; the greeting is owed from the start.
        self._question: ServerEvent | State | None = State.CONNECTED
        self._esmtp = self._tls_active = self._recipients_refused = False
        self._errors = self._idle_commands = 0
        self._data: DataContent | None = None
        self._bdat: BdatContent | None = None
        # The answer to a BDAT whose octets still have to be swallowed.
        self._chunk_refusal: Reply | None = None
        self.mail_from: MailFromReceived | None = None
        self.recipients: list[RecipientReceived] = []

    # ---- what the driver calls

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self._state

    @property
    def unread(self) -> int:
        """Octets received and not yet looked at; a driver stops reading when they grow while PAUSED."""
        return len(self._input)

    def receive_data(self, data: bytes) -> None:
        """Take octets from the client. Raises nothing."""
        if self._state is not State.CLOSED:
            self._input.add(data)

    def data_to_send(self) -> bytes:
        """Everything that is to be written now, in order; empties the output."""
        output = self._output
        if not output:
            return b""
        data = output[0] if len(output) == 1 else b"".join(output)
        output.clear()
        return data

    def reply(self, reply: Reply) -> None:
        """Answer the greeting or the event that is owed an answer. Raises RuntimeError when none is."""
        question, self._question = self._question, None
        match question:
            case MailFromReceived():
                self._settle_mail(question, reply)
            case RecipientReceived():
                self._settle_recipient(question, reply)
            case DataStarted():
                self._settle_refused_content(reply)
            case ContentReceived():
                self._send(reply)
                self._end_transaction()
                if reply.is_positive:
                    self._idle_commands = 0
            case State.CONNECTED:
                self._send(reply)
                # RFC 5321 §3.1: after a 554 greeting the server waits for QUIT and answers 503 to all else.
                self._state = State.GREETED if reply.is_positive else State.REFUSED
            case _:
                raise RuntimeError("no reply is owed")
        if reply.code == 421:
            # RFC 5321 §3.8: 421 may answer any command and announces the close.
            self._close(CloseReason.SERVICE)

    def proceed(self) -> None:
        """Answer DataStarted with yes: 354 for DATA, reading on for BDAT."""
        if not isinstance(self._question, DataStarted):
            raise RuntimeError("no content was announced")
        self._question = None
        if self._bdat is not None:
            self._state = State.CHUNK
        else:
            self._send(replies.SEND_CONTENT)
            self._data = DataContent(self._limits.max_size)
            self._state = State.DATA

    def tls_started(self) -> int:
        """The handshake is done. Returns how many plain-text octets had arrived after STARTTLS: they are dropped.

        RFC 3207 §4.2: nothing learned before counts any more; what was injected behind STARTTLS never counts.
        """
        injected = len(self._input)
        self._input.clear()
        self._question = None
        self._tls_active = True
        self._esmtp = False
        self._state = State.GREETED
        return injected

    def close(self, reason: CloseReason, reply: Reply) -> None:
        """End the conversation from this side (shutdown, timeout): the reply is put out and Closing follows."""
        if self._state is not State.CLOSED:
            self._question = None
            self._send(reply)
            self._close(reason)

    # ---- answers and their effect

    def _settle_mail(self, command: MailFromReceived, reply: Reply) -> None:
        self._send(reply)
        if reply.is_positive:
            self.mail_from = command
            self._recipients_refused = False
            self._state = State.MAIL

    def _settle_recipient(self, command: RecipientReceived, reply: Reply) -> None:
        self._send(reply)
        if reply.is_positive:
            self.recipients.append(command)
            self._state = State.RECIPIENTS
        else:
            self._recipients_refused = True

    def _settle_refused_content(self, reply: Reply) -> None:
        """DATA is answered at once; a BDAT's octets come anyway and are answered after them (RFC 3030 §2)."""
        if self._bdat is None or reply.code == 421:
            self._send(reply)
            self._end_transaction()
        else:
            self._chunk_refusal = reply
            self._state = State.CHUNK

    def _end_transaction(self) -> None:
        self._data = self._bdat = self.mail_from = None
        self.recipients = []
        self._state = State.READY

    def _drop_transaction(self, refused: Reply | None) -> None:
        if self._state in TRANSACTION_STATES or refused is not None:
            self._events.append(TransactionDropped(refused))
            self._end_transaction()

    def _close(self, reason: CloseReason) -> None:
        self._state = State.CLOSED
        self._input.clear()
        self._data = self._bdat = None
        self._events.append(Closing(reason))

    def _send(self, reply: Reply) -> None:
        self._output.append(reply.encode())

    def _refuse(self, reply: Reply) -> None:
        self._send(reply)
        self._errors += 1
        if self._errors > self._limits.max_errors:
            self._send(replies.TOO_MANY_ERRORS)
            self._close(CloseReason.TOO_MANY_ERRORS)

    def _ask(self, question: ServerEvent) -> None:
        self._question = question
        self._events.append(question)
