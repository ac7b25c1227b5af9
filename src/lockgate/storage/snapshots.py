"""What is answered from memory: a value loaded from the database and loaded anew when its topic has changed.

Rule: a reader never waits and never sees half of a change; when the database is away the last value stands.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from lockgate.model.errors import TemporaryError
from lockgate.storage.changes import Topic, counters
from lockgate.storage.unit_of_work import Database, Unit

ValueT = TypeVar("ValueT")
EVERY_SECOND = 1.0


class Refreshed(Protocol):
    """Something that `keep_fresh` can keep fresh."""

    def refresh(self) -> bool: ...


class Snapshot(Generic[ValueT]):
    """A value in memory. `load` makes it; the first load happens here and may raise TemporaryError."""

    def __init__(self, database: Database, topic: Topic, load: Callable[[Unit], ValueT]) -> None:
        self._database = database
        self._topic = topic
        self._load = load
        self._seen = -1
        self._value: ValueT
        self.refresh()

    @property
    def value(self) -> ValueT:
        """The value as last loaded."""
        return self._value

    def refresh(self) -> bool:
        """Load anew when the topic has changed; whether it had. Call from a thread."""
        with self._database.read() as unit:
            now = counters(unit).get(self._topic, 0)
            if now == self._seen:
                return False
            self._value = self._load(unit)
        self._seen = now
        return True


async def keep_fresh(
    snapshots: Sequence[Refreshed],
    stopping: asyncio.Event,
    *,
    every: float = EVERY_SECOND,
    failed: Callable[[TemporaryError], None] | None = None,
) -> None:
    """Refresh `snapshots` every `every` seconds until `stopping` is set; `failed` hears of a database that is away."""
    while not stopping.is_set():
        for snapshot in snapshots:
            try:
                await asyncio.to_thread(snapshot.refresh)
            except TemporaryError as error:
                if failed is not None:
                    failed(error)
        try:
            await asyncio.wait_for(stopping.wait(), every)
        except TimeoutError:
            continue
