"""The feeds that the settings name, pumped by the controller."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from lockgate.bootstrap.parts import Parts
from lockgate.model.errors import ConfigurationError
from lockgate.reporting.feeds.pump import Collector, Feed, Pump
from lockgate.reporting.feeds.shapes import Shape
from lockgate.reporting.feeds.syslog import SyslogCollector, Way
from lockgate.reporting.feeds.webhook import Webhook
from lockgate.settings import FeedSettings

DEADLINE = 20.0  # seconds for one request


@asynccontextmanager
async def feeding(parts: Parts) -> AsyncIterator[None]:
    """Pump every feed while the block runs. Raises ConfigurationError for a secret that cannot be read."""
    async with AsyncExitStack() as stack:
        pumps = []
        for one in parts.settings.feeds:
            scope = frozenset(one.organisations) or None
            collector = await _collector(one, parts.settings.gateway.hostname, stack)
            feed = Feed(one.name, Shape(one.shape), collector, scope, one.detections_only)
            pumps.append(Pump(feed, parts.database, parts.clock))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running = [tasks.create_task(pump.run()) for pump in pumps]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


async def _collector(settings: FeedSettings, hostname: str, stack: AsyncExitStack) -> Collector:
    if settings.kind == "syslog":
        host, _, port = settings.address.rpartition(":")
        return SyslogCollector(host.strip("[]"), int(port), Way(settings.way), hostname, settings.ca)
    assert settings.secret is not None  # noqa: S101 - the settings are refused without it
    try:
        secret = settings.secret.read_bytes().strip()
    except OSError as error:
        raise ConfigurationError(f"The secret of the feed '{settings.name}' cannot be read: {error}") from error
    context = ssl.create_default_context(cafile=settings.ca)
    http = await stack.enter_async_context(httpx.AsyncClient(verify=context, timeout=DEADLINE, trust_env=False))
    return Webhook(http, settings.address, secret)
