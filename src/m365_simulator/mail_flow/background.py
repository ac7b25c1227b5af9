"""The tasks of mail flow, all in one TaskGroup: work handed over by other parts of the program is run here."""

import asyncio
import logging
from collections.abc import Coroutine

log = logging.getLogger(__name__)


class Background:
    """Runs jobs until it is closed; a job that fails is logged and harms no other."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._group = asyncio.TaskGroup()
        self._stop = asyncio.Event()
        self._started = asyncio.Event()
        # The one task outside any group: it owns the group, because a group must be left by who entered it.
        self._owner = self.loop.create_task(self._run())

    async def started(self) -> None:
        """Wait until jobs can be taken."""
        await self._started.wait()

    def spawn(self, job: Coroutine[object, object, None]) -> None:
        """Run a job; may be called from any thread."""
        self.loop.call_soon_threadsafe(self._begin, job)

    def _begin(self, job: Coroutine[object, object, None]) -> None:
        if self._stop.is_set():
            job.close()
            return
        self._group.create_task(_guarded(job))

    async def close(self) -> None:
        """Cancel what still runs and wait for its end."""
        self._stop.set()
        await self._owner

    async def _run(self) -> None:
        try:
            async with self._group:
                self._started.set()
                await self._stop.wait()
                raise _Closing
        except* _Closing:
            pass


class _Closing(Exception):
    """Ends the group."""


async def _guarded(job: Coroutine[object, object, None]) -> None:
    try:
        await job
    except Exception:
        log.exception("mail flow job failed")
