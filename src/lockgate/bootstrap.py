"""The composition root: the only place that knows every part, builds each once and hands it to those who need it."""

import asyncio
import signal
import ssl
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from lockgate.gateway.budget import MemoryBudget
from lockgate.gateway.disposition import Disposition, Keeping
from lockgate.gateway.enrichment import Enrichment
from lockgate.gateway.examination import Examination
from lockgate.gateway.inspection import InspectionPool
from lockgate.gateway.load_test import TENANT, LoadTestDirectory, LoadTestDoor, LoadTestPolicies, Uninspected
from lockgate.gateway.pipeline import Examines, Pipeline
from lockgate.gateway.ports import Directory, Ledger, Policies, Senders
from lockgate.gateway.reception import Door, Reception
from lockgate.gateway.refusals import RefusalLog
from lockgate.gateway.relay import NextHops, Relay
from lockgate.lookups.next_hops import FixedNextHop
from lockgate.model.clock import Clock, system_clock
from lockgate.model.envelope import Direction
from lockgate.policy.defaults import default_policies
from lockgate.settings import GatewaySettings
from lockgate.smtp.delivery import NextHop, TlsUse
from lockgate.smtp.listener import Listener, ListenerSettings, bind, listening
from lockgate.smtp.pool import Pool, PoolLimits
from lockgate.smtp.sender import Sender
from lockgate.smtp.tls import Identity, server_context
from lockgate.storage.blobs import open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.senders import SenderHistories
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


def new_id() -> str:
    """An id that sorts nowhere and repeats never."""
    return uuid.uuid4().hex


def reception(settings: GatewaySettings, path: MailPath) -> Reception:
    """The SMTP service in front of the pipeline."""
    relay = Relay(Sender(path.pool), path.next_hops)
    keeping = Keeping(settings.hostname, timedelta(days=30), timedelta(hours=48))
    disposition = Disposition(relay, path.ledger, path.clock, new_id, keeping)
    pipeline = Pipeline(path.examination, disposition, path.ledger, path.clock)
    refusals = RefusalLog(path.ledger, path.clock, new_id, lambda why: REFUSED.labels(why).inc())
    budget = MemoryBudget(settings.memory_budget, MEMORY_HELD.set)
    return Reception(settings.hostname, path.door, pipeline, refusals, budget, path.clock, new_id)


@asynccontextmanager
async def examination(
    settings: GatewaySettings, policies: Policies, directory: Directory, senders: Senders
) -> AsyncIterator[Examination]:
    """Full inspection on warm workers."""
    async with InspectionPool(
        settings.inspection_workers, settings.inspection_deadline, settings.inspection_memory
    ) as workers:
        enrichment = Enrichment(directory, senders, settings.facts_deadline)
        yield Examination(workers, enrichment, policies, directory, settings.hold_after_tries)


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


async def until_told_to_stop() -> None:
    """Return at SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()


@dataclass(frozen=True, slots=True)
class LoadTest:
    """What `lockgate bench gateway` was asked for; `folder` takes its database, blobs and certificate."""

    host: str
    port: int
    next_hop_host: str
    next_hop_port: int
    inspect: bool
    identity: Identity | None
    shared_port: bool
    folder: Path


@asynccontextmanager
async def load_test_gateway(load: LoadTest) -> AsyncIterator[Listener]:
    """The real mail path with one fixed tenant and a real ledger, on the loopback."""
    settings = GatewaySettings(listen=load.host, port=load.port, hostname="load-test.invalid", maximum_connections=2000)
    database = open_database(f"sqlite:///{load.folder / 'lockgate.db'}")
    ledger = StoredLedger(database, open_blobs(str(load.folder / "blobs")), system_clock)
    policies = LoadTestPolicies(default_policies(TENANT.id, Direction.INBOUND).policies)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        pool = await stack.enter_async_context(Pool(settings.hostname, None, PoolLimits()))
        examines: Examines = Uninspected()
        if load.inspect:
            senders = SenderHistories(database)
            examines = await stack.enter_async_context(examination(settings, policies, LoadTestDirectory(), senders))
        hop = FixedNextHop(NextHop(load.next_hop_host, load.next_hop_port, TlsUse.OFF))
        path = MailPath(LoadTestDoor(), examines, ledger, hop, pool, system_clock)
        tls = server_context(load.identity, None) if load.identity else None
        yield await stack.enter_async_context(serving(settings, path, tls, shared_port=load.shared_port))


async def run_load_test_gateway(load: LoadTest) -> None:
    """Serve until told to stop."""
    async with load_test_gateway(load):
        await until_told_to_stop()
