"""Grouping: one thread does the work of many callers in one transaction.

Why: a durable commit costs a disk sync and a query costs a trip, whoever waits for it. Measured on SQLite: 380
messages a second settled one by one, 5,800 in groups. While one group is under way the next gathers by itself; only
when callers come faster than that, a group waits for `GATHER_SECONDS` to become larger, so that a single caller never
waits. Rule: a caller is told only after its group is done; a unit that cannot be done fails alone.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from lockgate.model.errors import TemporaryError

UnitT = TypeVar("UnitT")
ResultT = TypeVar("ResultT")
LARGEST_GROUP = 250  # units in one transaction: long enough to fill a sync, short enough for others to write
MOST_WAITING = 4000  # units; more callers wait for room
GATHER_SECONDS = 0.002
GIVE_UP_AFTER = 2  # units in a row that found the database away: the rest of the group need not try


@dataclass(slots=True)
class _Waiting(Generic[UnitT, ResultT]):
    unit: UnitT
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[ResultT]
    result: list[ResultT] = field(default_factory=list)  # one, or none and an error
    error: Exception | None = None


class Grouping(Generic[UnitT, ResultT]):
    """Hands groups of units to `work`, which does all of them, in order, or raises and does none.

    Has a thread of its own, which starts at once.
    """

    def __init__(self, work: Callable[[Sequence[UnitT]], Sequence[ResultT]], *, name: str) -> None:
        self._work = work
        self._queue: SimpleQueue[_Waiting[UnitT, ResultT] | None] = SimpleQueue()
        self._room = asyncio.Semaphore(MOST_WAITING)
        self._closed = False
        self._closing = threading.Event()
        self._crowded = False  # the last group had several units: more will come in a moment
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def submit(self, unit: UnitT) -> ResultT:
        """Returns when `unit` is done; raises what kept it from being, TemporaryError after `close`."""
        async with self._room:
            if self._closed:
                raise TemporaryError(f"{self._thread.name} is closed.")
            loop = asyncio.get_running_loop()
            waiting: _Waiting[UnitT, ResultT] = _Waiting(unit, loop, loop.create_future())
            self._queue.put(waiting)
            return await waiting.future

    async def close(self) -> None:
        """Do what was submitted before, refuse what comes after, end the thread."""
        if not self._closed:
            self._closed = True
            self._closing.set()
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._take()
            if group:
                self._do(group)
                _tell(group)

    def _take(self) -> tuple[list[_Waiting[UnitT, ResultT]], bool]:
        """Wait for one unit and take with it all that are there; False when the queue was closed."""
        item = self._queue.get()
        if item is not None and (self._crowded or not self._queue.empty()):
            self._closing.wait(GATHER_SECONDS)
        group: list[_Waiting[UnitT, ResultT]] = []
        while item is not None:
            group.append(item)
            if len(group) == LARGEST_GROUP:
                break
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
        self._crowded = len(group) > 1
        return group, item is not None

    def _do(self, group: list[_Waiting[UnitT, ResultT]]) -> None:
        try:
            for waiting, result in zip(group, self._work([one.unit for one in group]), strict=True):
                waiting.result.append(result)
        except Exception as error:  # noqa: BLE001 - the boundary of a unit: whatever it is, its caller is told
            if len(group) == 1:
                group[0].error = error
            else:
                self._do_singly(group)

    def _do_singly(self, group: list[_Waiting[UnitT, ResultT]]) -> None:
        away = 0
        for waiting in group:
            if away == GIVE_UP_AFTER:
                waiting.error = TemporaryError("The database cannot be used now.")
                continue
            self._do([waiting])
            away = away + 1 if isinstance(waiting.error, TemporaryError) else 0


def _tell(group: list[_Waiting[UnitT, ResultT]]) -> None:
    """Wake the callers: one call into each event loop for the whole group."""
    for loop in {waiting.loop for waiting in group}:
        own = [waiting for waiting in group if waiting.loop is loop]
        try:
            loop.call_soon_threadsafe(_resolve, own)
        except RuntimeError:  # the loop is closed: its callers are gone
            continue


def _resolve(group: list[_Waiting[UnitT, ResultT]]) -> None:
    for waiting in group:
        if waiting.future.done():  # the caller was cancelled; the unit is done all the same
            continue
        if waiting.error is None:
            waiting.future.set_result(waiting.result[0])
        else:
            waiting.future.set_exception(waiting.error)
