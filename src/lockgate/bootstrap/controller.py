"""The controller role: runs the durable workflows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog

from lockgate.bootstrap.durable import running_workflows
from lockgate.bootstrap.microsoft365 import provisioning
from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.quarantine import releases
from lockgate.microsoft365 import workflows as tenant_workflows
from lockgate.microsoft365.tasks import Tasks
from lockgate.quarantine import workflows as quarantine_workflows

log = structlog.get_logger()


@asynccontextmanager
async def controller(parts: Parts) -> AsyncIterator[None]:
    """Work off what was started while the block runs."""
    async with provisioning(parts) as work, releases(parts) as releasing:
        register = [
            partial(tenant_workflows.register, Tasks(work)),
            partial(quarantine_workflows.register, releasing),
        ]
        async with running_workflows(parts.settings, register):
            log.info("controller running")
            yield
