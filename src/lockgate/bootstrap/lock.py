"""One `lockgate serve` per data directory, kept so by a lock that the system frees when its holders are dead.

Rule: the children hold the lock together with their supervisor. After a killed supervisor the next one waits until
its orphans have ended, so that never two controllers work on one installation's workflows.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from lockgate.model.errors import ConfigurationError

log = structlog.get_logger()
FILE = "serve.lock"
ORPHANS = 60.0  # seconds that the children of a dead supervisor may take to end
LOOK = 0.2


@asynccontextmanager
async def sole_use(folder: Path) -> AsyncIterator[int]:
    """The lock's file descriptor, to be handed to children; raises ConfigurationError when another one serves here."""
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        await _take(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


async def _take(descriptor: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + ORPHANS
    told = False
    while not _taken(descriptor):
        holder = _holder(descriptor)
        if _is_alive(holder) or loop.time() > deadline:
            raise ConfigurationError(
                f"lockgate serve is running already (process {holder}) on the data directory {folder}; stop that one "
                "first, or give this one a data directory of its own (data_directory)."
            )
        if not told:
            log.warning("waiting for the roles of a supervisor that died", process=holder)
        told = True
        await asyncio.sleep(LOOK)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() else 0


def _is_alive(process: int) -> bool:
    if not process:
        return True  # just starting: its number is not written yet
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
