"""The controller role: runs the durable workflows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog

from lockgate.bootstrap.durable import running_workflows
from lockgate.bootstrap.microsoft365 import provisioning
from lockgate.bootstrap.parts import Parts
from lockgate.microsoft365 import workflows as tenant_workflows
from lockgate.microsoft365.tasks import Tasks

log = structlog.get_logger()


@asynccontextmanager
async def controller(parts: Parts) -> AsyncIterator[None]:
    """Work off what was started while the block runs."""
    async with provisioning(parts) as work:
        register = [partial(tenant_workflows.register, Tasks(work))]
        async with running_workflows(parts.settings, register):
            log.info("controller running")
            yield
