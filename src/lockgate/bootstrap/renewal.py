"""A certificate that was replaced in its place is taken up by running processes, without a restart.

Rule: a pair that does not fit is not taken up: the old one stands until both files are right. Connections that exist go
on with the certificate that they were made with; a message in flight notices nothing.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from lockgate.bootstrap.parts import further_contexts, further_identities, identity
from lockgate.model.errors import ConfigurationError
from lockgate.settings import GatewaySettings
from lockgate.smtp.listener import Listener
from lockgate.smtp.pool import Pool
from lockgate.smtp.tls import Identity, client_context, server_context

log = structlog.get_logger()
EVERY = 20.0  # seconds between two looks at the files
TakesUp = Callable[[Identity], None]  # raises OSError or ConfigurationError, and then has changed nothing
Stamp = tuple[tuple[int, int, int], ...]


def for_listener(listener: Listener, pool: Pool, settings: GatewaySettings, peer_authorities: Path) -> TakesUp:
    """New connections of both sides use the new certificate."""

    def take_up(mine: Identity) -> None:
        further = further_identities(settings)
        incoming, outgoing = server_context(mine, peer_authorities, further), client_context(mine, settings.peer_ca)
        others = further_contexts(settings)
        listener.tls, pool.tls, pool.others = incoming, outgoing, others

    return take_up


def for_pool(pool: Pool, settings: GatewaySettings) -> TakesUp:
    """New connections to next hops use the new certificate."""

    def take_up(mine: Identity) -> None:
        outgoing, others = client_context(mine, settings.peer_ca), further_contexts(settings)
        pool.tls, pool.others = outgoing, others

    return take_up


def for_web(context: ssl.SSLContext | None, certificate: Path, key: Path | None = None) -> Callable[[], None]:
    """New connections of browsers use the new certificate; requests under way go on."""

    def take_up() -> None:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)  # or raise
        if context is not None:
            context.load_cert_chain(certificate, key)

    return take_up


@asynccontextmanager
async def renewing(settings: GatewaySettings, take_up: TakesUp, every: float = EVERY) -> AsyncIterator[None]:
    """Look at the gateway's certificates and keys while the block runs, and take up what was changed."""
    further = (file for one in settings.names for file in (one.certificate, one.key))
    files = (settings.certificate, settings.key, *further)
    async with following(files, lambda: take_up(identity(settings)), every):
        yield


@asynccontextmanager
async def following(
    files: Sequence[Path | None], take_up: Callable[[], None], every: float = EVERY
) -> AsyncIterator[None]:
    """Look at these files while the block runs, and take up what was changed."""
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(_keep_looking(files, take_up, every))
        try:
            yield
        finally:
            looking.cancel()


async def _keep_looking(files: Sequence[Path | None], take_up: Callable[[], None], every: float) -> None:
    seen = await asyncio.to_thread(stamp, files)
    complained_of = seen
    while True:
        await asyncio.sleep(every)
        now = await asyncio.to_thread(stamp, files)
        if now == seen or now != await asyncio.to_thread(stamp, files):  # or it is being written at this moment
            continue
        try:
            await asyncio.to_thread(take_up)
        except (ConfigurationError, OSError) as error:
            if now != complained_of:
                log.warning("the new certificate is not taken up; the old one stands", cause=str(error))
            complained_of = now
            continue
        seen = now
        log.info("new certificate taken up", file=str(files[0]))


def stamp(files: Sequence[Path | None]) -> Stamp:
    """What changes when one of the files does, also where it is replaced through a link."""
    found = []
    for file in files:
        try:
            about = file.stat() if file else None
        except OSError:
            about = None
        found.append((about.st_ino, about.st_mtime_ns, about.st_size) if about else (0, 0, 0))
    return tuple(found)
