"""Persistent connections to next hops: few, warm, healthy.

The rule: a connection is given to one message at a time and comes back only in a known state.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from .delivery import NextHop, Stage
from .outgoing import Broken, Outgoing, Timeouts, connect
from .protocol.replies import Reply

NO_FREE_CONNECTION = Reply(451, "4.3.2", "All connections to the next hop are busy")


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Seconds unless said otherwise."""

    connections_per_next_hop: int = 50
    messages_per_connection: int = 1000
    idle_seconds: float = 60.0
    health_check_after: float = 15.0
    """A connection idle for longer is asked with RSET before a message is trusted to it."""
    wait_for_connection: float = 60.0
    timeouts: Timeouts = field(default_factory=Timeouts)


@dataclass(slots=True)
class _Lane:
    """The connections to one next hop. `open` counts those in use and idle."""

    idle: list[Outgoing] = field(default_factory=list)
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    open: int = 0


class Pool:
    """`async with Pool(...) as pool:`; leaving closes idle connections, and the others as they come back.

    `helo` is our name in EHLO; `tls` the context for next hops that require TLS. `others` are contexts by our further
    names, for next hops that are to know us under one of those (`NextHop.ours`). Both may be replaced: connections that
    exist keep theirs.
    """

    def __init__(
        self, helo: str, tls: ssl.SSLContext | None, limits: PoolLimits | None = None,
        others: Mapping[str, ssl.SSLContext] | None = None,
    ) -> None:  # fmt: skip
        self._helo = helo
        self.others = dict(others or {})
        self.tls = tls
        self._limits = limits or PoolLimits()
        self._lanes: dict[NextHop, _Lane] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for lane in self._lanes.values():
            for outgoing in lane.idle:
                outgoing.close()
            lane.open -= len(lane.idle)
            lane.idle.clear()

    def counts(self) -> dict[NextHop, tuple[int, int]]:
        """(in use, idle) per next hop, for metrics."""
        return {hop: (lane.open - len(lane.idle), len(lane.idle)) for hop, lane in self._lanes.items()}

    @asynccontextmanager
    async def connection(self, next_hop: NextHop, *, fresh: bool = False) -> AsyncIterator[Outgoing]:
        """A connection for one message. Raises Broken. An exception inside the block costs the connection."""
        lane = self._lanes.setdefault(next_hop, _Lane())
        await self._slot(lane)
        outgoing: Outgoing | None = None
        try:
            outgoing = None if fresh else await self._warm(lane)
            if outgoing is None:
                outgoing = await self._connected(next_hop)
            yield outgoing
        except BaseException:
            if outgoing is not None:
                outgoing.abort()
            self._free(lane)
            raise
        self._give_back(lane, outgoing)

    async def _connected(self, next_hop: NextHop) -> Outgoing:
        other = self.others.get(next_hop.ours)
        if other is not None:
            return await connect(next_hop, next_hop.ours, other, self._limits.timeouts)
        return await connect(next_hop, self._helo, self.tls, self._limits.timeouts)

    async def _slot(self, lane: _Lane) -> None:
        """Wait until this lane may have one more connection in use; first come, first served."""
        limit = self._limits.connections_per_next_hop
        if lane.open - len(lane.idle) < limit and not lane.waiting:
            lane.open += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.waiting.append(turn)
        try:
            async with asyncio.timeout(self._limits.wait_for_connection):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._free(lane)
            elif turn in lane.waiting:
                lane.waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise Broken(Stage.CONNECT, NO_FREE_CONNECTION) from error
            raise

    async def _warm(self, lane: _Lane) -> Outgoing | None:
        """The most recently used connection that still lives; the others grow old and are closed."""
        now = asyncio.get_running_loop().time()
        while lane.idle:
            outgoing = lane.idle.pop()
            lane.open -= 1
            old = now - outgoing.idle_since > self._limits.health_check_after
            if outgoing.usable and (not old or await outgoing.alive()):
                return outgoing
            outgoing.abort()
        return None

    def _give_back(self, lane: _Lane, outgoing: Outgoing) -> None:
        if self._closed or not outgoing.usable or outgoing.messages >= self._limits.messages_per_connection:
            outgoing.close()
        else:
            outgoing.idle_since = asyncio.get_running_loop().time()
            lane.idle.append(outgoing)
            lane.open += 1
            self._sweep_later()
        self._free(lane)

    def _free(self, lane: _Lane) -> None:
        """One use has ended: the next in the queue takes its place."""
        lane.open -= 1
        while lane.waiting:
            turn = lane.waiting.popleft()
            if not turn.done():
                lane.open += 1
                turn.set_result(None)
                return

    def _sweep_later(self) -> None:
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(self._limits.idle_seconds / 2, self._sweep)

    def _sweep(self) -> None:
        """Close what has been idle for too long; runs only while something is idle."""
        self._sweeper = None
        oldest = asyncio.get_running_loop().time() - self._limits.idle_seconds
        for lane in self._lanes.values():
            expired = [outgoing for outgoing in lane.idle if outgoing.idle_since <= oldest or not outgoing.usable]
            for outgoing in expired:
                lane.idle.remove(outgoing)
                lane.open -= 1
                outgoing.close()
        if any(lane.idle for lane in self._lanes.values()):
            self._sweep_later()
