"""The watchdog's rounds in the controller: what gateways and mail look like, and the switching that follows.

Rule: the switching itself is the same durable task that a person's bypass is. A watchdog that cannot read the database
knows nothing and does nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from lockgate.bootstrap.parts import Parts, new_id
from lockgate.gateway import replies
from lockgate.microsoft365.tasks import Task
from lockgate.microsoft365.watchdog import Act, Health, acts
from lockgate.model.errors import LockgateError
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant_care import WATCHDOG
from lockgate.quarantine.ports import Starts
from lockgate.storage.audit import AuditEntry, AuditLog
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.vital_signs import VitalSigns

log = structlog.get_logger()
EVERY = 20.0  # seconds between two rounds
FRESH = timedelta(seconds=90)  # a sign of life that is older says nothing of the present
AGAIN = timedelta(minutes=5)  # before a switching that did not come about is asked for again


@dataclass
class Rounds:
    """What is remembered from round to round; a new controller begins anew, and so acts later rather than sooner."""

    parts: Parts
    starts: Starts
    watching_since: datetime
    well_since: datetime | None = None
    begun: set[str] = field(default_factory=set)

    def go(self) -> list[Act]:
        """One round; what was begun. Blocking."""
        now = self.parts.clock()
        with self.parts.database.read() as unit:
            last = VitalSigns(unit).newest()
            accounts = [one for one in ServiceAccounts(unit, self.parts.vault).all() if one.watchdog is not None]
        is_fit = last is not None and now - last <= FRESH
        self.well_since = (self.well_since or now) if is_fit else None
        begun = []
        for account in accounts:
            for act in acts(account, self._health(account, last, now), now):
                self._begin(account, act, now)
                begun.append(act)
        return begun

    def _health(self, account: ServiceAccount, last: datetime | None, now: datetime) -> Health:
        minutes = account.watchdog.minutes if account.watchdog else 0.0
        put_off_with = replies.in_words(replies.INSPECTION_INCOMPLETE)
        with self.parts.database.read() as unit:
            turnout = VitalSigns(unit).turnout(account.tenant_id, now - timedelta(minutes=minutes), put_off_with)
        return Health(
            self.watching_since, last, self.well_since, turnout.messages, turnout.percent_put_off, turnout.first_put_off
        )

    def _begin(self, account: ServiceAccount, act: Act, now: datetime) -> None:
        period = int(now.timestamp() // AGAIN.total_seconds())
        run = f"watchdog-{account.id}-{act.direction}-{act.goal}-{period}"
        if run in self.begun:
            return
        self.begun.add(run)
        log.warning("watchdog", account=account.id, direction=act.direction, goal=act.goal, why=act.why)
        told = {"direction": act.direction.value, "goal": act.goal.value, "why": act.why}
        with self.parts.database.write() as unit:
            entry = AuditEntry(now, WATCHDOG, "account.watchdog", account.id, account.tenant_id, after=told)
            AuditLog(unit).record(entry)
        arguments = (account.id, act.direction.value, act.goal.value, new_id(), act.why)
        self.starts.start(f"tenant.{Task.SWITCH}", run, *arguments)


@asynccontextmanager
async def watching(parts: Parts, starts: Starts) -> AsyncIterator[None]:
    """Make rounds while the block runs."""
    rounds = Rounds(parts, starts, parts.clock())
    async with asyncio.TaskGroup() as tasks:
        walking = tasks.create_task(_keep_walking(rounds))
        try:
            yield
        finally:
            walking.cancel()


async def _keep_walking(rounds: Rounds) -> None:
    while True:
        await asyncio.sleep(EVERY)
        try:
            await asyncio.to_thread(rounds.go)
        except LockgateError as error:
            log.warning("the watchdog knows nothing now", cause=str(error))
        except Exception:  # a mistake of ours must not end the rounds
            log.exception("the watchdog stumbled")
