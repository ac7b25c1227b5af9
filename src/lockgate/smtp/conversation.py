"""One accepted connection: the driver between a transport, the server machine and the service.

The rule: the machine runs as soon as octets arrive; only the service's answers are awaited, one at a time. A
service call that raises costs its command `451 4.3.0`; a peer that leaves never cancels one.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, assert_never, cast

from .protocol import standard_replies
from .protocol.events import (
    CloseReason,
    Closing,
    ContentReceived,
    DataStarted,
    EhloReceived,
    MailFromReceived,
    RecipientReceived,
    ServerEvent,
    Signal,
    StartTlsReceived,
    TransactionDropped,
)
from .protocol.replies import Reply
from .protocol.server import ServerConnection
from .protocol.server_states import State
from .service import Peer, Session, SmtpService, Transaction
from .tls import facts

if TYPE_CHECKING:
    from .listener import Listener

log = logging.getLogger(__name__)

# Nobody sends this much ahead of our answers in good faith; more waits in the kernel.
UNREAD_OCTETS = 65_536
FAILED = Reply(451, "4.3.0", "Local error, try again later")
FAILED_GREETING = Reply(421, "4.3.0", "Local error, try again later")

# States in which shutting down would interrupt a message rather than come between two.
_BUSY = frozenset({State.ASKED, State.DATA, State.CHUNK, State.BETWEEN_CHUNKS, State.MESSAGE, State.STARTING_TLS})


class Conversation(asyncio.Protocol):
    """Owned by its listener; lives from accept until the last service call for it has returned."""

    def __init__(self, listener: "Listener", machine: ServerConnection, service: SmtpService, number: int) -> None:
        self._listener = listener
        self._machine = machine
        self._service = service
        self._number = number
        self._transport: asyncio.Transport | None = None
        self._event: ServerEvent | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._transaction: Transaction | None = None
        self._admitted = self._gone = self._reading_paused = self._writing_paused = self._stopping = False
        self._ended = False
        self.session = Session(number, Peer("", 0))
        self.quiet_since = 0.0

    # ---- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept, or say 421 and close where the listener has no room."""
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername") or ("", 0)
        address, port = (name[0], name[1]) if isinstance(name, tuple) and len(name) >= 2 else (str(name), 0)
        self.session.peer = Peer(address, port)
        self._touch()
        refusal = self._listener.admit(self)
        if refusal is not None:
            self._ended = True
            self._transport.write(refusal.encode())
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Feed the machine; wake the task only when the service is to be asked something."""
        self._touch()
        self._machine.receive_data(data)
        if self._waiter is not None and self._event is None:
            self._pump()
        self._regulate_reading()

    def eof_received(self) -> bool:
        """A client that has stopped sending may still read: what runs is finished and answered."""
        self._leave()
        return self._transport is not None and self.session.peer.tls is None

    def connection_lost(self, _exc: Exception | None) -> None:
        """The peer is gone for good."""
        self._leave()

    def pause_writing(self) -> None:
        """The client does not read its replies: stop reading its commands."""
        self._writing_paused = True
        self._regulate_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._writing_paused = False
        self._regulate_reading()

    # ---- called by the listener

    @property
    def timed_out_after(self) -> float | None:
        """Seconds of silence that are too many now; None while the service, not the client, is awaited."""
        if self._waiter is None:
            return None
        settings = self._listener.settings
        in_content = self._machine.state in (State.DATA, State.CHUNK)
        return settings.content_timeout if in_content else settings.command_timeout

    def end(self, reason: CloseReason, reply: Reply) -> None:
        """Close from this side with that reply."""
        self._machine.close(reason, reply)
        if self._waiter is not None and self._event is None:
            self._pump()

    def stop(self) -> None:
        """Shutting down: 421 at once when no message is under way, else after its final reply."""
        self._stopping = True
        if self._waiter is not None and self._machine.state not in _BUSY:
            self.end(CloseReason.SHUTDOWN, standard_replies.SHUTTING_DOWN)

    def abort(self) -> None:
        """Cut the connection without a word: the shutdown deadline has passed."""
        if self._transport is not None:
            self._transport.abort()

    async def run(self) -> None:
        """The whole conversation; returns when the connection is gone and no service call is left."""
        try:
            await self._greet()
            while not self._ended:
                event = await self._next()
                if event is not None:
                    await self._act(event)
        except Exception:
            log.exception("conversation %d with %s failed", self._number, self.session.peer.address)
            self.abort()
        finally:
            self._release()
            self._service.closed(self.session)

    # ---- the conversation

    async def _greet(self) -> None:
        greeting = await self._ask(self._service.connected(self.session.peer), FAILED_GREETING)
        self._answer(greeting)

    async def _next(self) -> ServerEvent | None:
        """The next event that needs this task; waits for octets without a timer of its own."""
        if self._event is None:
            self._pump()
        if self._event is None and not self._ended:
            self._touch()
            self._waiter = asyncio.get_running_loop().create_future()
            self._regulate_reading()
            if self._gone:
                self._end()
            try:
                await self._waiter
            finally:
                self._waiter = None
        event, self._event = self._event, None
        return event

    def _pump(self) -> None:
        """Run the machine until it needs data or the service, and write what it has to say."""
        while True:
            event = self._machine.next_event()
            if isinstance(event, Signal):
                break
            if isinstance(event, EhloReceived):
                peer = self.session.peer
                self.session.peer = Peer(peer.address, peer.port, event.helo, peer.tls)
                self.session.esmtp = event.esmtp
            elif isinstance(event, TransactionDropped):
                if event.refused is not None:
                    log.warning("conversation %d: content refused: %s", self._number, event.refused)
                self._release()
            elif isinstance(event, Closing):
                self._flush()
                self._end()
                return
            else:
                self._event = event
                # Answers to MAIL and RCPT are quick and go out together (RFC 2920 §3.2); the others may take long.
                if not isinstance(event, ContentReceived | StartTlsReceived):
                    self._wake()
                    return
                break
        self._flush()
        if self._event is not None:
            self._wake()
        elif self._stopping and self._machine.state not in _BUSY:
            self._stopping = False
            self._machine.close(CloseReason.SHUTDOWN, standard_replies.SHUTTING_DOWN)
            self._pump()

    async def _act(self, event: ServerEvent) -> None:
        service, session = self._service, self.session
        match event:
            case MailFromReceived():
                self._answer(await self._ask(service.mail_from(session, event), FAILED))
            case RecipientReceived():
                self._answer(await self._ask(service.rcpt_to(session, event), FAILED))
            case DataStarted():
                await self._admit_content(event)
            case ContentReceived():
                await self._hand_over(event)
            case StartTlsReceived():
                await self._start_tls()
            case EhloReceived() | TransactionDropped() | Closing():
                raise AssertionError("handled where it arose")
            case _:
                assert_never(event)

    async def _admit_content(self, event: DataStarted) -> None:
        try:
            refusal = await self._service.may_receive(self.session, event.expected_size)
        except Exception:
            log.exception("conversation %d: may_receive failed", self._number)
            refusal = FAILED
        if refusal is not None:
            self._answer(refusal)
            return
        self._admitted = True
        if self._machine.state is State.ASKED:
            self._machine.proceed()

    async def _hand_over(self, event: ContentReceived) -> None:
        machine, session = self._machine, self.session
        mail_from = machine.mail_from
        if mail_from is None:
            raise AssertionError("content without MAIL FROM")
        transaction = Transaction(session, mail_from, tuple(machine.recipients), event.content, event.bare_line_ends)
        del event
        self._transaction = transaction
        if self._gone:
            transaction.peer_gone.set()
        reply = await self._ask(self._service.message(transaction), FAILED)
        self._transaction = None
        self._release()
        if reply.is_positive:
            session.messages += 1
        self._answer(reply)

    async def _start_tls(self) -> None:
        context, transport = self._listener.tls, self._transport
        if context is None or transport is None or self._gone:
            self._end()
            return
        if self._reading_paused:
            self._reading_paused = False
            transport.resume_reading()
        # Before the handshake: what is here now came in plain text. A quick client's first command inside TLS can
        # arrive before `start_tls` returns, and that one counts.
        injected = self._machine.tls_started()
        if injected:
            log.warning("conversation %d: %d octets injected behind STARTTLS dropped", self._number, injected)
        timeout = self._listener.settings.handshake_timeout
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(transport, self, context, server_side=True, ssl_handshake_timeout=timeout)
        except (OSError, asyncio.IncompleteReadError) as error:
            # ssl.SSLError is an OSError: wrong version, unknown authority, or the peer gave up.
            log.info(
                "conversation %d: TLS handshake with %s failed: %s", self._number, self.session.peer.address, error
            )
            self._end()
            return
        if secured is None:
            self._end()
            return
        self._transport = secured
        peer = self.session.peer
        self.session.peer = Peer(peer.address, peer.port, "", facts(secured.get_extra_info("ssl_object")))
        self.session.esmtp = False
        self._touch()

    async def _ask(self, question: Awaitable[Reply], otherwise: Reply) -> Reply:
        """The service's answer, or `otherwise` when it raises; the cause goes to the log and nowhere else."""
        try:
            return await question
        except Exception:
            log.exception("conversation %d: service call failed", self._number)
            return otherwise

    def _answer(self, reply: Reply) -> None:
        if self._machine.state is not State.CLOSED:
            self._machine.reply(reply)

    # ---- small steps

    def _flush(self) -> None:
        data = self._machine.data_to_send()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self) -> None:
        self._ended = True
        if self._transport is not None:
            self._transport.close()
        self._wake()

    def _leave(self) -> None:
        self._gone = True
        if self._transaction is not None:
            self._transaction.peer_gone.set()
        if self._waiter is not None and self._event is None:
            self._end()

    def _release(self) -> None:
        if self._admitted:
            self._admitted = False
            self._service.content_released(self.session)

    def _touch(self) -> None:
        self.quiet_since = asyncio.get_running_loop().time()

    def _regulate_reading(self) -> None:
        """Stop reading while the client is ahead of us by more than one block, or behind with reading replies."""
        busy = self._waiter is None or self._event is not None
        pause = self._writing_paused or (busy and self._machine.unread > UNREAD_OCTETS)
        if pause is not self._reading_paused and self._transport is not None and not self._transport.is_closing():
            self._reading_paused = pause
            if pause:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()
