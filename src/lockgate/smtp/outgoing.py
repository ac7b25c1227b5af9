"""One connection to a next hop: the driver between a transport and the client machine.

The rule: it never hides how far a message had come: `content_handed_over` is True from the moment the last octet
was given to the transport.
"""

import asyncio
import logging
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from .delivery import NextHop, Stage, TlsUse
from .protocol.client import (
    Answered,
    Awaited,
    ClientConnection,
    ClientEvent,
    ContentWanted,
    ProtocolBroken,
    TransactionEnded,
)
from .protocol.events import Signal
from .protocol.extensions import Message
from .protocol.replies import Reply
from .tls import TlsFacts, facts, opportunistic_context

log = logging.getLogger(__name__)

# Content beyond this goes out piece by piece, so that a stalled next hop is noticed within `content_block`.
PIECE_OCTETS = 1_048_576


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; the defaults follow RFC 5321 §4.5.3.2."""

    connect: float = 30.0
    command: float = 300.0
    data: float = 120.0
    content_block: float = 180.0
    final_reply: float = 600.0


class Broken(Exception):
    """The connection cannot be used any more. `reply` is fit to be shown, and always temporary."""

    def __init__(self, stage: Stage, reply: Reply) -> None:
        super().__init__(f"{stage.name}: {reply}")
        self.stage = stage
        self.reply = reply


class Outgoing(asyncio.Protocol):
    """Made by `connect`; carries one message at a time."""

    def __init__(self, next_hop: NextHop, timeouts: Timeouts) -> None:
        self.next_hop = next_hop
        self.machine = ClientConnection()
        self.tls: TlsFacts | None = None
        self.messages = 0
        self.idle_since = 0.0
        self.content_handed_over = False
        self.heard = False
        """Whether anything was received since the current message began."""
        self._timeouts = timeouts
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._writing_paused = self._lost = False

    # ---- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected; the greeting is awaited by `open`."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Feed the machine and wake whoever waits for a reply."""
        self.heard = True
        self.machine.receive_data(data)
        _settle(self._waiter)

    def eof_received(self) -> bool:
        """A server that stops sending has closed."""
        self._lose()
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        """The connection is gone."""
        self._lose()

    def pause_writing(self) -> None:
        """The next hop reads slower than we write."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """There is room again."""
        self._writing_paused = False
        _settle(self._drained)

    # ---- what pool and sender use

    @property
    def usable(self) -> bool:
        """The connection is open and nothing unasked has arrived on it (a 421 before closing, say)."""
        closing = self._transport is None or self._transport.is_closing()
        return not self._lost and not closing and self.machine.next_event() is Signal.NEED_DATA

    async def open(self, helo: str, context: ssl.SSLContext | None) -> None:
        """Greeting, EHLO, STARTTLS as the next hop's policy wants. Raises Broken."""
        await self._answer(Awaited.GREETING, Stage.GREETING)
        await self._hello(helo)
        use = self.next_hop.tls
        if use is TlsUse.OFF:
            return
        if "STARTTLS" not in self.machine.extensions:
            if use is TlsUse.REQUIRED:
                raise Broken(Stage.STARTTLS, Reply(451, "4.7.4", "Next hop does not offer TLS"))
            return
        if use is TlsUse.OPPORTUNISTIC:
            context = opportunistic_context()
        if context is None:
            raise Broken(Stage.STARTTLS, Reply(451, "4.7.5", "No TLS settings for the next hop"))
        await self._start_tls(context)
        await self._hello(helo)

    async def transact(self, message: Message) -> None:
        """Carry one message as far as the next hop lets it; read `machine.transaction` then. Raises Broken."""
        self.messages += 1
        self.content_handed_over = self.heard = False
        timeouts = self._timeouts
        self.machine.submit(message)
        # With DATA the last reply of the block is the one to DATA itself (RFC 5321 §4.5.3.2.4).
        event = await self._event(Stage.MAIL_FROM, timeouts.command)
        if isinstance(event, ContentWanted):
            await self._write_content()
            event = await self._event(Stage.CONTENT, timeouts.final_reply)
        if not isinstance(event, TransactionEnded):
            raise Broken(Stage.CONTENT, Reply(451, "4.5.0", "Next hop breaks the protocol"))

    async def alive(self) -> bool:
        """RSET is answered with 250."""
        self.machine.reset()
        try:
            return (await self._answer(Awaited.RESET, Stage.MAIL_FROM)).is_positive
        except Broken:
            return False

    def close(self) -> None:
        """QUIT without waiting for the answer (RFC 5321 §4.1.1.10 wants the command sent)."""
        if not self._lost and self._transport is not None and not self._transport.is_closing():
            self.machine.quit()
            self._transport.write(self.machine.data_to_send())
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection; nothing more is sent, above all no end mark."""
        self._lost = True
        if self._transport is not None:
            self._transport.abort()

    # ---- steps

    async def _hello(self, helo: str) -> None:
        self.machine.ehlo(helo)
        reply = await self._answer(Awaited.EHLO, Stage.EHLO, refused=True)
        if not reply.is_positive:
            self.machine.helo(helo)
            await self._answer(Awaited.EHLO, Stage.EHLO)

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        self.machine.start_tls()
        await self._answer(Awaited.STARTTLS, Stage.STARTTLS)
        name = self.next_hop.server_name or self.next_hop.host
        if self._transport is None or not self.machine.tls_started():
            raise Broken(Stage.STARTTLS, Reply(451, "4.7.5", "Octets injected before TLS"))
        try:
            secured = await asyncio.get_running_loop().start_tls(
                self._transport, self, context, server_hostname=name, ssl_handshake_timeout=self._timeouts.connect
            )
        except OSError as error:
            log.warning("TLS handshake with %s:%d failed: %s", self.next_hop.host, self.next_hop.port, error)
            raise Broken(Stage.STARTTLS, Reply(451, "4.7.5", "TLS handshake with the next hop failed")) from error
        if secured is None:
            raise Broken(Stage.STARTTLS, Reply(451, "4.7.5", "TLS handshake with the next hop failed"))
        self._transport = secured
        self.tls = facts(secured.get_extra_info("ssl_object"))

    async def _answer(self, awaited: Awaited, stage: Stage, *, refused: bool = False) -> Reply:
        """The reply to that command. Raises Broken for a negative one unless `refused` is fine with the caller."""
        event = await self._event(stage, self._timeouts.command)
        if not isinstance(event, Answered) or event.awaited is not awaited:
            raise Broken(stage, Reply(451, "4.5.0", "Next hop breaks the protocol"))
        reply = event.reply
        # 421 closes (RFC 5321 §3.8). A refusal before MAIL says nothing about the message: it stays temporary.
        if not reply.is_positive and (not refused or reply.code == 421):
            raise Broken(stage, Reply(451, "4.4.2", f"Next hop is not ready: {reply}"))
        return reply

    async def _event(self, stage: Stage, timeout: float) -> ClientEvent:
        """Write what is due and wait for the machine's next event. Raises Broken, never TimeoutError."""
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            event = self.machine.next_event()
            data = self.machine.data_to_send()
            if data and self._transport is not None and not self._lost:
                self._transport.write(data)
            if isinstance(event, ProtocolBroken):
                log.warning("next hop %s:%d: %s", self.next_hop.host, self.next_hop.port, event.why)
                raise Broken(stage, Reply(451, "4.5.0", "Next hop breaks the protocol"))
            if not isinstance(event, Signal):
                return event
            if self._lost:
                raise Broken(stage, Reply(451, "4.4.2", "Connection to the next hop was lost"))
            self._waiter = asyncio.get_running_loop().create_future()
            await self._wait(self._waiter, deadline, stage)

    async def _wait(self, waiter: asyncio.Future[None], deadline: float, stage: Stage) -> None:
        """Wait for a future until a deadline of the loop's clock; cheaper than a timeout scope per reply."""
        timer = asyncio.get_running_loop().call_at(deadline, waiter.cancel)
        try:
            await waiter
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise Broken(stage, Reply(451, "4.4.2", "Next hop did not answer in time")) from None
        finally:
            timer.cancel()

    async def _write_content(self) -> None:
        pieces = self.machine.send_content()
        transport = self._transport
        if transport is None or self._lost:
            raise Broken(Stage.DATA, Reply(451, "4.4.2", "Connection to the next hop was lost"))
        if sum(map(len, pieces)) > PIECE_OCTETS:
            for piece in _small_pieces(pieces):
                transport.write(piece)
                await self._drain()
        else:
            transport.writelines(pieces)
        self.content_handed_over = True

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._writing_paused and not self._lost:
            self._drained = loop.create_future()
            await self._wait(self._drained, loop.time() + self._timeouts.content_block, Stage.DATA)
        if self._lost:
            raise Broken(Stage.DATA, Reply(451, "4.4.2", "Connection to the next hop was lost"))

    def _lose(self) -> None:
        self._lost = True
        _settle(self._waiter)
        _settle(self._drained)


async def connect(next_hop: NextHop, helo: str, context: ssl.SSLContext | None, timeouts: Timeouts) -> Outgoing:
    """A connection ready for MAIL. Raises Broken."""
    loop = asyncio.get_running_loop()
    outgoing = Outgoing(next_hop, timeouts)
    try:
        async with asyncio.timeout(timeouts.connect):
            await loop.create_connection(lambda: outgoing, next_hop.host, next_hop.port)
    except OSError as error:
        # TimeoutError is an OSError, as are refusal, unreachable networks and names that do not resolve.
        log.info("next hop %s:%d: %s", next_hop.host, next_hop.port, error)
        raise Broken(Stage.CONNECT, Reply(451, "4.4.1", "No connection to the next hop")) from error
    try:
        await outgoing.open(helo, context)
    except BaseException:
        outgoing.abort()
        raise
    return outgoing


def _settle(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _small_pieces(pieces: Sequence[bytes]) -> Iterator[bytes | memoryview]:
    """Large chunks cut without copying; the last octet is not yielded before all others are drained."""
    for piece in pieces:
        if len(piece) <= PIECE_OCTETS:
            yield piece
        else:
            view = memoryview(piece)
            for start in range(0, len(piece), PIECE_OCTETS):
                yield view[start : start + PIECE_OCTETS]
