"""How a process of ours is told to end: by a signal, or, under a supervisor, by its parent's death."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

EVERY = 1.0  # seconds between two looks at the parent


async def until_told_to_stop() -> None:
    """Return at SIGTERM or SIGINT."""
    async with told_to_stop() as told:
        await told.wait()


@asynccontextmanager
async def told_to_stop(*, supervised: bool = False) -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set; with `supervised` also the end of the parent process.

    A role without its supervisor would hold ports and leases that the next supervisor's roles need.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_watch(os.getppid(), told)) if supervised else None
        try:
            yield told
        finally:
            if watching is not None:
                watching.cancel()


async def _watch(parent: int, told: asyncio.Event) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells a process that its parent has died
        await asyncio.sleep(EVERY)
    told.set()
