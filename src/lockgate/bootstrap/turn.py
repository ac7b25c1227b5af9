"""One controller at a time: a second one waits, and takes over when the first has died.

Rule: whoever works without the right could run what another one is running. A controller that may have lost it ends at
once, and its supervisor starts one that waits its turn.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from lockgate.bootstrap.parts import Parts
from lockgate.model.errors import TemporaryError
from lockgate.storage.exclusive import Exclusive, exclusive

log = structlog.get_logger()
NAME = "controller"
LOOK = 0.5  # seconds between two tries
WATCH = 5.0  # seconds between two looks whether it is still ours


@asynccontextmanager
async def turn_of_controller(parts: Parts, told: asyncio.Event) -> AsyncIterator[bool]:
    """Whether this process may work: True once no other controller does, False when told to stop before.

    While the block runs, a right that was lost raises TemporaryError out of it.
    """
    right = exclusive(parts.database, parts.settings.data_directory, NAME)
    try:
        if not await _taken(right, told):
            yield False
            return
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_watch(right))
            try:
                yield True
            finally:
                watching.cancel()
    finally:
        await asyncio.to_thread(right.free)


async def _taken(right: Exclusive, told: asyncio.Event) -> bool:
    waiting = False
    while not told.is_set():
        try:
            if await asyncio.to_thread(right.take):
                return True
            if not waiting:
                log.warning("another controller is at work; this one waits until it has ended")
            waiting = True
        except TemporaryError as error:
            log.warning("the controller waits for its database", cause=str(error))
        await _pause(told)
    return False


async def _pause(told: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(told.wait(), LOOK)
    except TimeoutError:
        return


async def _watch(right: Exclusive) -> None:
    while True:
        await asyncio.sleep(WATCH)
        await asyncio.to_thread(right.require)
