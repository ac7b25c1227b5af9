"""Click-time protection put together: its keys, its part of the mail path, and the role that serves its links.

The keys are derived from a vault of their own, `click-links.key` beside the master key, so that they can be replaced
without touching any other secret. Every process looks at the file anew when it was changed.
"""

import html
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from lockgate.bootstrap.freshness import kept_fresh
from lockgate.bootstrap.knowledge import own_knowledge
from lockgate.bootstrap.parts import Parts, new_id
from lockgate.click_time.following import Following
from lockgate.click_time.judgement import Judging
from lockgate.click_time.log import ClickLog
from lockgate.click_time.throttle import Throttle
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.inspection import InspectionPool, WorkerLost
from lockgate.mime.signed_links import LinkKeys
from lockgate.model.clicks import LinkVerdict
from lockgate.model.clock import Clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import TemporaryError
from lockgate.model.facts import Fact, Facts, Origin
from lockgate.model.findings import Finding
from lockgate.model.reputation import Reputation
from lockgate.settings import Settings
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.tenants import TenantCache
from lockgate.storage.vault import open_vault, rotate
from lockgate.tuning.knowledge import Knowledge

log = structlog.get_logger()
KEY_FILE = "click-links.key"
PURPOSE = "click-link"
ASKED = "From: page@link-service.invalid\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


@dataclass(slots=True)
class FreshKeys:
    """The keys of links, read again when their file changed. Call it for today's."""

    file: Path
    _seen: tuple[int, int] = (0, 0)
    _keys: LinkKeys = field(default_factory=lambda: LinkKeys({}))

    def __call__(self) -> LinkKeys:
        """The keys; the file is made at first use. Raises ConfigurationError when it cannot be read."""
        try:
            status = self.file.stat()
        except FileNotFoundError:
            open_vault(self.file)
            status = self.file.stat()
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            self._keys, self._seen = LinkKeys.of(open_vault(self.file).signing_keys(PURPOSE)), seen
        return self._keys


def link_keys(settings: Settings) -> FreshKeys:
    """The keys of this installation's links."""
    return FreshKeys(settings.data_directory / KEY_FILE)


def replace_keys(settings: Settings) -> None:
    """New links are signed with a new key; links that were signed before go on working."""
    link_keys(settings)()
    rotate(settings.data_directory / KEY_FILE)


def click_links(parts: Parts, knowledge: Knowledge) -> ClickLinks | None:
    """What gateways need for it; None where there is no link service."""
    service = parts.settings.click_time.public_url
    return ClickLinks(service, link_keys(parts.settings), knowledge) if service else None


@asynccontextmanager
async def link_service(parts: Parts) -> AsyncIterator[None]:
    """Follow links while the block runs; raises ConfigurationError when the port is taken."""
    # Gateways need this module's keys, and none of its web server.
    from lockgate.bootstrap.web_server import serving_web, web_config
    from lockgate.click_time.app import create_app

    settings = parts.settings.click_time
    gateway = parts.settings.gateway
    knowledge = own_knowledge(parts)
    tenants, directory = TenantCache(parts.database, parts.vault), DirectoryCache(parts.database)
    workers = InspectionPool(1, settings.deadline, gateway.inspection_memory, classifier=gateway.classifier)
    async with kept_fresh(knowledge, tenants, directory), workers as pool:
        asks = AsksDetectors(pool, knowledge, tenants, directory, parts.clock)
        judging = Judging(knowledge, asks, LinkVerdict(settings.on_trouble), settings.deadline)
        keys = link_keys(parts.settings)
        lifetime = timedelta(days=settings.lifetime_days) if settings.lifetime_days else None
        notes = ClickLog(parts.database, keys)
        following = Following(keys, judging, notes, parts.clock, new_id, lifetime)
        public = urlsplit(settings.public_url)
        throttle = Throttle(settings.clicks_per_minute, time.monotonic)
        app = create_app(following, throttle, public.path.rstrip("/"), tls=public.scheme == "https")
        listen = settings.listen, settings.port
        config = web_config(app, *listen, settings.certificate, settings.key, settings.proxies)
        async with serving_web(config, "link service"):
            log.info("link service listening", address=settings.public_url, port=settings.port)
            yield


@dataclass(frozen=True, slots=True)
class AsksDetectors:
    """Implements `click_time.ports.Inspects`: an invented message with one link, judged by an inspection worker."""

    pool: InspectionPool
    knowledge: Knowledge
    tenants: TenantCache
    directory: DirectoryCache
    clock: Clock

    async def findings(self, tenant_id: str, address: str, reputation: Reputation) -> Sequence[Finding]:
        """See `click_time.ports.Inspects`."""
        shown = html.escape(address, quote=True)
        message = f'{ASKED}<a href="{shown}">{shown}</a>\r\n'.encode("utf-8", "replace")
        try:
            async with self.pool.begin() as inspection:
                await inspection.parse(message)
                return (await inspection.judge(self._facts(tenant_id, reputation))).findings
        except WorkerLost as error:
            raise TemporaryError(f"the detectors of links gave no answer: {error}") from error

    def _facts(self, tenant_id: str, reputation: Reputation) -> Facts:
        tenant = self.tenants.by_id(tenant_id)
        domains = frozenset(domain.name for domain in tenant.domains) if tenant else frozenset()
        origin = Origin(Direction.INBOUND, "", (), domains, received_at=self.clock())
        known: list[Fact] = [origin, self.directory.protected_identities(tenant_id), reputation]
        tuning = self.knowledge.tuning(tenant_id)
        return Facts((*known, *((tuning,) if tuning else ())))
