"""What processes answer from memory, kept fresh while they run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from lockgate.model.errors import TemporaryError
from lockgate.storage.snapshots import Refreshed, keep_fresh

log = structlog.get_logger()


@asynccontextmanager
async def kept_fresh(*snapshots: Refreshed) -> AsyncIterator[None]:
    """Refresh what is answered from memory while the block runs."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keep_fresh(snapshots, stopping, failed=_stale))
        try:
            yield
        finally:
            stopping.set()


def _stale(error: TemporaryError) -> None:
    log.warning("what is in memory could not be refreshed; the last known state stands", cause=str(error))
