"""Accounts that say they are busy while nothing works for them: set free, with a sentence.

The status is written in our tables and the workflow in those of its engine, so a console that dies in between leaves an
account that nobody would touch any more. So does an engine that has given a workflow up.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from lockgate.bootstrap.durable import Enqueue
from lockgate.bootstrap.parts import Parts
from lockgate.microsoft365.tasks import BEFORE
from lockgate.model.errors import LockgateError
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.storage.service_accounts import ServiceAccounts

log = structlog.get_logger()
EVERY = 30.0  # seconds; a task that is being started is seen by the second look at the latest
INTERRUPTED = "This task was interrupted, and nothing works on it any more. Start it again."


@asynccontextmanager
async def freeing_stranded(parts: Parts, starts: Enqueue) -> AsyncIterator[None]:
    """While the block runs, whoever is found stranded by two looks in a row is set free."""
    async with asyncio.TaskGroup() as tasks:
        freeing = tasks.create_task(_keep_freeing(parts, starts))
        try:
            yield
        finally:
            freeing.cancel()


async def _keep_freeing(parts: Parts, starts: Enqueue) -> None:
    before: dict[str, AccountStatus] = {}
    while True:
        try:
            found = await asyncio.to_thread(stranded, parts, starts)
            await asyncio.to_thread(_free, parts, {one: now for one, now in found.items() if before.get(one) is now})
            before = found
        except LockgateError as error:
            log.warning("stranded accounts are looked for later", cause=str(error))
        except Exception:  # the engine's database is away; the other work goes on
            log.exception("stranded accounts are looked for later")
        await asyncio.sleep(EVERY)


def stranded(parts: Parts, starts: Enqueue) -> dict[str, AccountStatus]:
    """Busy accounts without a living task, with what they say they are doing. Blocking."""
    with parts.database.read() as unit:
        busy = [one for one in ServiceAccounts(unit, parts.vault).all() if one.status in BEFORE.values()]
    return {one.id: one.status for one in busy if not _lives(one, starts)}


def _lives(account: ServiceAccount, starts: Enqueue) -> bool:
    tasks = [f"tenant.{task}" for task, status in BEFORE.items() if status is account.status]
    return starts.is_under_way(tasks, account.id)


def _free(parts: Parts, found: dict[str, AccountStatus]) -> None:
    def freed(now: ServiceAccount) -> ServiceAccount:
        if now.status is not found[now.id]:
            return now
        return replace(now, status=AccountStatus.ATTENTION, problem=INTERRUPTED)

    for account_id, status in found.items():
        log.error("an account was busy with nothing", account=account_id, status=status)
        with parts.database.write() as unit:
            ServiceAccounts(unit, parts.vault).change(account_id, freed)
