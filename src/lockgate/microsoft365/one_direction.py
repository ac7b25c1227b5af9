"""Taking one direction out of a tenant while the other goes on: its routing stops, mail under way comes, objects go.

Rule: only what the one direction had is touched. What else differs from how we left it is for a plan, not for this.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import TypeVar

from lockgate.microsoft365 import planner
from lockgate.microsoft365.plan import Plan
from lockgate.microsoft365.provisioning import Provisioning
from lockgate.model.envelope import Direction
from lockgate.model.errors import PermanentError
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant import IN_SERVICE, Protection
from lockgate.storage.service_accounts import ServiceAccounts

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class OneDirection:
    """The steps; each may run again after a crash at any point."""

    work: Provisioning
    direction: Direction

    async def stop(self, account_id: str, run: str) -> str:
        """Its routing rule off; what is under way still finds everything that it needs."""
        account = await self.work.account(account_id)
        if account.protection(self.direction) is not Protection.LIVE:
            return "nothing was routed"
        return await self.work.switch(account_id, self.direction, Protection.BYPASSED, f"{run}/stop")

    async def remove(self, account_id: str, run: str) -> str:
        """Its objects go, and rules that both directions share lose its part."""
        account = await self.work.account(account_id)
        found = await self.work.survey(account)
        entries = frozenset(account.allow_entries)
        served = {one: now for one, now in account.directions.items() if now in IN_SERVICE}
        others = {one: now for one, now in served.items() if one is not self.direction}
        if self.direction not in served and account.protection(self.direction) is not Protection.OFF:
            served[self.direction] = Protection.BYPASSED  # it was being prepared: its objects may be there
        known = planner.plan(await self.work.wanted(account, served, account.reach), found, entries)
        goal = planner.plan(await self.work.wanted(account, others, account.reach), found, entries)
        if goal.conflicts:
            raise PermanentError(" ".join(goal.conflicts))
        differing = {(one.kind, one.resource, one.name, one.fields) for one in known.changes}
        mine = [one for one in goal.changes if (one.kind, one.resource, one.name, one.fields) not in differing]
        return await self.work.make_now(account_id, Plan(tuple(mine), (), goal.installation), run)

    async def forget(self, account_id: str) -> str:
        """The direction and its secrets leave the account."""
        await asyncio.to_thread(self._forget, account_id)
        return f"{self.direction} is not part of the service account any more"

    def _forget(self, account_id: str) -> None:
        with self.work.database.write() as unit:
            accounts = ServiceAccounts(unit, self.work.vault)
            accounts.change_secrets(account_id, lambda known: known.without(self.direction))
            accounts.change(account_id, self._without)

    def _without(self, now: ServiceAccount) -> ServiceAccount:
        return replace(
            now,
            directions=self._others(now.directions),
            bypassed_by=self._others(now.bypassed_by),
            resumed_at=self._others(now.resumed_at),
        )

    def _others(self, known: dict[Direction, ValueT]) -> dict[Direction, ValueT]:
        return {one: value for one, value in known.items() if one is not self.direction}
