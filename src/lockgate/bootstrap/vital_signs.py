"""A gateway makes sure that it is fit: it knocks at its own port and has an invented message judged by a real worker.

Rule: only what was proven a moment ago is written down. A gateway that is alive and accepts nothing writes nothing.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from lockgate.bootstrap.parts import Parts
from lockgate.gateway.examination import Examination
from lockgate.model.errors import TemporaryError
from lockgate.smtp.listener import Listener
from lockgate.storage.vital_signs import VitalSigns

log = structlog.get_logger()
EVERY = 20.0  # seconds between two signs
PATIENCE = 10.0  # seconds for a greeting


@asynccontextmanager
async def giving_signs(parts: Parts, listener: Listener, examination: Examination) -> AsyncIterator[None]:
    """Write a sign of life again and again while the block runs."""
    async with asyncio.TaskGroup() as tasks:
        giving = tasks.create_task(_keep_giving(parts, listener, examination))
        try:
            yield
        finally:
            giving.cancel()


async def _keep_giving(parts: Parts, listener: Listener, examination: Examination) -> None:
    name = f"{socket.gethostname()[:40]}/{os.getpid()}"
    while True:
        try:
            if await greets(*listener.addresses[0]) and await examination.is_fit():
                await asyncio.to_thread(_note, parts, name)
            else:
                log.warning("this gateway is not fit: it does not greet, or a message cannot be judged")
        except TemporaryError as error:
            log.warning("no sign of life could be written", cause=str(error))
        await asyncio.sleep(EVERY)


async def greets(host: str, port: int) -> bool:
    """Whether somebody who connects is greeted."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(reachable, port)
            try:
                return (await reader.readline()).startswith(b"220 ")
            finally:
                writer.close()
    except OSError:  # TimeoutError is one
        return False


def _note(parts: Parts, name: str) -> None:
    with parts.database.write() as unit:
        VitalSigns(unit).note(name, parts.clock())
