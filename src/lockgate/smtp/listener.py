"""Accepts SMTP connections and lets one conversation run on each.

The rule: beyond a limit a client hears 421, never silence; stopping lets running transactions finish.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from .conversation import Conversation
from .protocol import standard_replies
from .protocol.events import CloseReason
from .protocol.replies import Reply
from .protocol.server import ServerConnection
from .protocol.server_states import Limits
from .service import SmtpService

TOO_MANY_CONNECTIONS = Reply(421, "4.3.2", "Too many connections, try again later")
TOO_MANY_FROM_YOU = Reply(421, "4.7.0", "Too many connections from your address")


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Seconds and counts. `hostname` is what the EHLO reply says. Timeouts: RFC 5321 §4.5.3.2.7 and §4.5.3.2.5."""

    hostname: str
    tls: ssl.SSLContext | None = None
    tls_required: bool = False
    max_size: int = 157_286_400
    max_recipients: int = 1000
    max_connections: int = 1000
    max_connections_per_peer: int = 200
    max_errors: int = 20
    max_line: int = 2048
    max_idle_commands: int = 100
    bare_line_ends_in_bdat: bool = True
    command_timeout: float = 300.0
    content_timeout: float = 180.0
    handshake_timeout: float = 30.0
    shutdown_deadline: float = 30.0

    def limits(self) -> Limits:
        """What the protocol machine has to know of it."""
        return Limits(
            self.hostname,
            self.max_size,
            self.max_recipients,
            self.max_line,
            self.max_errors,
            self.max_idle_commands,
            bare_line_ends_in_bdat=self.bare_line_ends_in_bdat,
            tls_offered=self.tls is not None,
            tls_required=self.tls_required,
        )


class Listener:
    """A running listener; `addresses` are the bound (host, port) pairs."""

    def __init__(self, service: SmtpService, settings: ListenerSettings, tasks: asyncio.TaskGroup) -> None:
        self.settings = settings
        self.tls = settings.tls
        """The context of handshakes that begin from now on; may be replaced, but not taken away."""
        self.addresses: tuple[tuple[str, int], ...] = ()
        self._service = service
        self._limits = settings.limits()
        self._tasks = tasks
        self._running: dict[Conversation, asyncio.Task[None]] = {}
        self._per_peer: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._number = 0
        self._stopping = False

    @property
    def connections(self) -> int:
        """Conversations running now."""
        return len(self._running)

    def conversation(self) -> Conversation:
        """A protocol instance for one accepted socket."""
        self._number += 1
        return Conversation(self, ServerConnection(self._limits), self._service, self._number)

    def admit(self, conversation: Conversation) -> Reply | None:
        """Start the conversation, or say why not."""
        address = conversation.session.peer.address
        if self._stopping:
            return standard_replies.SHUTTING_DOWN
        if len(self._running) >= self.settings.max_connections:
            return TOO_MANY_CONNECTIONS
        if self._per_peer[address] >= self.settings.max_connections_per_peer:
            return TOO_MANY_FROM_YOU
        self._per_peer[address] += 1
        self._running[conversation] = self._tasks.create_task(self._run(conversation, address))
        return None

    async def _run(self, conversation: Conversation, address: str) -> None:
        try:
            await conversation.run()
        finally:
            del self._running[conversation]
            self._per_peer[address] -= 1
            if not self._per_peer[address]:
                del self._per_peer[address]
            if not self._running:
                self._empty.set()

    def close_silent(self) -> None:
        """Say 421 to every client that has been silent for too long."""
        now = asyncio.get_running_loop().time()
        for conversation in tuple(self._running):
            allowed = conversation.timed_out_after
            if allowed is not None and now - conversation.quiet_since > allowed:
                conversation.end(CloseReason.TIMEOUT, standard_replies.TIMED_OUT)

    async def watch(self) -> None:
        """Look for silent clients for ever; one timer for all of them costs a message nothing."""
        interval = max(0.05, min(self.settings.command_timeout, self.settings.content_timeout, 40.0) / 8)
        while True:
            await asyncio.sleep(interval)
            self.close_silent()

    async def stop(self) -> None:
        """Let what runs finish; at the deadline cut what is left. No message cut off here has had its 250."""
        self._stopping = True
        for conversation in tuple(self._running):
            conversation.stop()
        if self._running:
            self._empty.clear()
            try:
                await asyncio.wait_for(self._empty.wait(), self.settings.shutdown_deadline)
            except TimeoutError:
                for conversation, task in tuple(self._running.items()):
                    conversation.abort()
                    task.cancel()


def bind(host: str, port: int, *, reuse_port: bool = False, backlog: int = 1024) -> socket.socket:
    """A listening TCP socket; `reuse_port` lets several processes share one port (SO_REUSEPORT).

    The protocol is named because asyncio switches Nagle's delay off only for sockets that name it: without, each reply
    that follows another waits 40 ms for the peer's acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
        bound.listen(backlog)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


@asynccontextmanager
async def listening(
    service: SmtpService, settings: ListenerSettings, sockets: Sequence[socket.socket]
) -> AsyncIterator[Listener]:
    """Serve on `sockets` (which it then owns) while the block runs; leaving it stops within `shutdown_deadline`."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        listener = Listener(service, settings, tasks)
        servers = [await loop.create_server(listener.conversation, sock=sock, backlog=1024) for sock in sockets]
        listener.addresses = tuple(sock.getsockname()[:2] for sock in sockets)
        watch = tasks.create_task(listener.watch())
        try:
            yield listener
        finally:
            for server in servers:
                server.close()
            await listener.stop()
            watch.cancel()
