"""The mail path put together: reception, inspection workers, disposition, and the listener in front of them."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from lockgate.bootstrap.parts import new_id
from lockgate.gateway.budget import MemoryBudget
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.disposition import Disposition, Keeping
from lockgate.gateway.enrichment import Enrichment
from lockgate.gateway.examination import Examination
from lockgate.gateway.inspection import InspectionPool, NoOwnRules, OwnRuleSets
from lockgate.gateway.pipeline import Examines, Pipeline
from lockgate.gateway.ports import DataLoss, Directory, Knowledge, Ledger, Policies, Scans, Senders
from lockgate.gateway.reception import Door, Reception
from lockgate.gateway.refusals import RefusalLog
from lockgate.gateway.relay import NextHops, Relay
from lockgate.gateway.report_address import ReportAddress
from lockgate.gateway.scanning import Scanning
from lockgate.gateway.sealing import Seals
from lockgate.mime.signed_links import beginning
from lockgate.model.clock import Clock
from lockgate.settings import GatewaySettings
from lockgate.smtp.listener import Listener, ListenerSettings, bind, listening
from lockgate.smtp.pool import Pool
from lockgate.smtp.sender import Sender
from lockgate.telemetry import MEMORY_HELD, REFUSED

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MailPath:
    """What one gateway process is made of."""

    door: Door
    examination: Examines
    ledger: Ledger
    next_hops: NextHops
    pool: Pool
    clock: Clock
    held_for: timedelta = timedelta(days=30)  # in quarantine
    sealing: Seals | None = None  # None: mail goes back unsealed
    reports: ReportAddress | None = None  # None: nobody can report mail by mail


def reception(settings: GatewaySettings, path: MailPath) -> Reception:
    """The SMTP service in front of the pipeline."""
    relay = Relay(Sender(path.pool), path.next_hops)
    keeping = Keeping(settings.hostname, path.held_for, timedelta(hours=48))
    disposition = Disposition(relay, path.ledger, path.clock, new_id, keeping, path.sealing)
    pipeline = Pipeline(path.examination, disposition, path.ledger, path.clock, path.reports)
    refusals = RefusalLog(path.ledger, path.clock, new_id, lambda why: REFUSED.labels(why).inc())
    budget = MemoryBudget(settings.memory_budget, MEMORY_HELD.set)
    return Reception(settings.hostname, path.door, pipeline, refusals, budget, path.clock, new_id)


@asynccontextmanager
async def examination(
    settings: GatewaySettings,
    policies: Policies,
    directory: Directory,
    senders: Senders,
    data_loss: DataLoss | None = None,
    scanners: Sequence[Scans] = (),
    own_rules: OwnRuleSets = NoOwnRules(),  # noqa: B008 - it has no state
    knowledge: Knowledge | None = None,
    click_links: ClickLinks | None = None,
) -> AsyncIterator[Examination]:
    """Full inspection on warm workers."""
    async with InspectionPool(
        settings.inspection_workers,
        settings.inspection_deadline,
        settings.inspection_memory,
        own_rules,
        settings.classifier,
        beginning(click_links.service) if click_links else "",
    ) as workers:
        scanning = Scanning(scanners)
        enrichment = Enrichment(directory, senders, data_loss, settings.facts_deadline, scanning, knowledge)
        yield Examination(workers, enrichment, policies, directory, settings.hold_after_tries, click_links)


@asynccontextmanager
async def serving(
    settings: GatewaySettings, path: MailPath, tls: ssl.SSLContext | None, *, shared_port: bool
) -> AsyncIterator[Listener]:
    """The listener, accepting mail while the block runs."""
    listener_settings = ListenerSettings(
        hostname=settings.hostname,
        tls=tls,
        tls_required=tls is not None and path.door.requires_tls,
        max_size=settings.maximum_message,
        max_recipients=settings.maximum_recipients,
        max_connections=settings.maximum_connections,
        max_connections_per_peer=settings.maximum_connections,
    )
    socket = bind(settings.listen, settings.port, reuse_port=shared_port)
    async with listening(reception(settings, path), listener_settings, [socket]) as listener:
        log.info("gateway listening", addresses=listener.addresses)
        yield listener
