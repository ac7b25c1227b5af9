"""The controller role: runs the durable workflows, keeps house, and delivers what lies in the outbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import structlog

from lockgate.bootstrap import housekeeping
from lockgate.bootstrap.durable import running_workflows, starting
from lockgate.bootstrap.feeds import feeding
from lockgate.bootstrap.freshness import kept_fresh
from lockgate.bootstrap.microsoft365 import credentials, provisioning
from lockgate.bootstrap.notifications import mailing
from lockgate.bootstrap.parts import Parts, new_id, next_hop_pool, next_hops
from lockgate.bootstrap.pull_back import pulling_back
from lockgate.bootstrap.quarantine import releases
from lockgate.bootstrap.renewal import for_pool, renewing
from lockgate.bootstrap.stranded import freeing_stranded
from lockgate.bootstrap.watchdog import watching
from lockgate.gateway.disposition import Keeping
from lockgate.gateway.redelivery import Redelivery
from lockgate.gateway.relay import Relay
from lockgate.microsoft365 import pull_back_workflow
from lockgate.microsoft365 import workflows as tenant_workflows
from lockgate.microsoft365.tasks import Tasks
from lockgate.quarantine import workflows as quarantine_workflows
from lockgate.smtp.sender import Sender
from lockgate.storage.outbox_records import OutboxRecords
from lockgate.storage.tenants import TenantCache

log = structlog.get_logger()
EVERY = 5.0  # seconds between two looks into the outbox


@asynccontextmanager
async def controller(parts: Parts) -> AsyncIterator[None]:
    """Work off what was started while the block runs."""
    async with provisioning(parts) as work, releases(parts) as releasing:
        with starting(parts.settings) as starts:
            certificate = credentials(parts, work.access.identity)
            chores = (
                *housekeeping.chores(parts, starts),
                *housekeeping.sandbox_chore(parts, starts),
                housekeeping.certificate_chore(certificate),
            )
            register = [
                partial(tenant_workflows.register, Tasks(work)),
                partial(quarantine_workflows.register, releasing),
                partial(pull_back_workflow.register, pulling_back(parts, work.access, starts)),
                partial(housekeeping.register, parts, chores),
            ]
            async with (
                running_workflows(parts.settings, register),
                redelivering(parts),
                mailing(parts, work.access),
                watching(parts, starts),
                feeding(parts),
                housekeeping.keeping_house(parts, starts, chores),
                freeing_stranded(parts, starts),
            ):
                log.info("controller running")
                yield


@asynccontextmanager
async def redelivering(parts: Parts) -> AsyncIterator[None]:
    """Deliver what is due in the outbox while the block runs; its records are the memory, taken by lease."""
    settings = parts.settings.gateway
    tenants = TenantCache(parts.database, parts.vault)
    keeping = Keeping(settings.hostname, timedelta(days=parts.settings.retention.quarantine), timedelta(hours=48))
    async with (
        kept_fresh(tenants),
        next_hop_pool(settings) as pool,
        renewing(settings, for_pool(pool, settings)),
        asyncio.TaskGroup() as tasks,
    ):
        relay = Relay(Sender(pool), next_hops(parts.settings))
        outbox = OutboxRecords(parts.database, parts.blobs)
        redelivery = Redelivery(outbox, relay, tenants, parts.clock, new_id, keeping)
        delivering = tasks.create_task(redelivery.keep_delivering(EVERY))
        try:
            yield
        finally:
            delivering.cancel()
