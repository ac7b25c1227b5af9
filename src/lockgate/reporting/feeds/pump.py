"""Pumps the trace and the click log to a collector, each in its own order, at least once.

The position is moved only after the collector has a batch: a crash in between repeats that batch and loses nothing. A
message is sent most of a minute after it was finished, because commits that overlap come in any order.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Protocol

import structlog

from lockgate.model.access import Scope
from lockgate.model.clicks import Click, LinkVerdict
from lockgate.model.clock import Clock
from lockgate.model.errors import TemporaryError
from lockgate.model.findings import Verdict
from lockgate.model.trace import MessageTrace
from lockgate.reporting.feeds.clicks import click_texts
from lockgate.reporting.feeds.shapes import Shape, texts
from lockgate.storage.clicks import Clicks
from lockgate.storage.feed_positions import SETTLED, FeedPositions
from lockgate.storage.searching import Cursor
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database

log = structlog.get_logger()
BATCH = 200  # messages, or clicks
CLICKS = "/clicks"  # behind the name of a feed: its place in the click log
EVERY = 5.0  # seconds between two looks when there was little
LONGEST = 300.0  # seconds between two tries at a collector that is away


class Collector(Protocol):
    """Somebody who takes events; `syslog` and `webhook` are the real ones."""

    async def send(self, events: Sequence[str], at: datetime) -> None:
        """Take a batch. Raises TemporaryError when it was not taken for sure."""
        ...


@dataclass(frozen=True, slots=True)
class Feed:
    """What goes where. `name` keeps its place; `detections_only` leaves out what was clean."""

    name: str
    shape: Shape
    collector: Collector
    scope: Scope = None
    detections_only: bool = False


class Pump:
    """One feed, pumped for ever."""

    def __init__(self, feed: Feed, database: Database, clock: Clock) -> None:
        self._feed = feed
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Send what is new; a collector that is away is tried again ever more slowly, and gets everything then."""
        pause = EVERY
        while True:
            try:
                sent = (await self.step(), await self.step_of_clicks())
                pause = 0.0 if BATCH in sent else EVERY
            except TemporaryError as error:
                pause = min(max(pause, EVERY) * 2, LONGEST)
                log.warning("a feed waits", feed=self._feed.name, cause=str(error), seconds=pause)
            except Exception:  # a mistake of ours must end neither the feed nor the controller that pumps it
                pause = LONGEST
                log.exception("a feed waits", feed=self._feed.name, seconds=pause)
            await asyncio.sleep(pause)

    async def step(self) -> int:
        """One batch; how many messages it covered."""
        until = self._clock() - SETTLED
        position = await asyncio.to_thread(self._position, self._feed.name, until)
        traces = await asyncio.to_thread(self._next, position, until)
        if not traces:
            return 0
        wanted = [one for one in traces if not self._feed.detections_only or one.verdict not in (Verdict.CLEAN, None)]
        events = list(chain.from_iterable(texts(self._feed.shape, one) for one in wanted))
        if events:
            await self._feed.collector.send(events, self._clock())
        await asyncio.to_thread(self._move, self._feed.name, Cursor(traces[-1].finished_at, traces[-1].id))
        return len(traces)

    async def step_of_clicks(self) -> int:
        """One batch of clicks; how many it covered."""
        until = self._clock() - SETTLED
        place = self._feed.name + CLICKS
        position = await asyncio.to_thread(self._position, place, until)
        clicks = await asyncio.to_thread(self._next_clicks, position, until)
        if not clicks:
            return 0
        wanted = [one for one in clicks if not self._feed.detections_only or one.verdict is not LinkVerdict.ALLOW]
        events = list(chain.from_iterable(click_texts(self._feed.shape, one) for one in wanted))
        if events:
            await self._feed.collector.send(events, self._clock())
        await asyncio.to_thread(self._move, place, Cursor(clicks[-1].at, clicks[-1].id))
        return len(clicks)

    def _position(self, place: str, now: datetime) -> Cursor:
        """Where the feed stands; a new one begins now."""
        with self._database.read() as unit:
            known = FeedPositions(unit).get(place)
        if known is None:
            known = Cursor(now, "")
            self._move(place, known)
        return known

    def _next(self, position: Cursor, until: datetime) -> list[MessageTrace]:
        with self._database.read() as unit:
            return Traces(unit).finished(position, until, limit=BATCH, scope=self._feed.scope)

    def _next_clicks(self, position: Cursor, until: datetime) -> list[Click]:
        with self._database.read() as unit:
            return Clicks(unit).following(position, until, limit=BATCH, scope=self._feed.scope)

    def _move(self, place: str, position: Cursor) -> None:
        with self._database.write() as unit:
            FeedPositions(unit).move(place, position)
