"""How to leave a tenant: its mail first goes past us, then what is under way comes to its end, then our objects go.

Rule: nothing that mail under way needs is taken away while there is any. Every method may run again after a crash at
any point, and waits for the rest of the time only.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lockgate.microsoft365 import planner, survey
from lockgate.microsoft365.plan import ChangeKind, Plan
from lockgate.microsoft365.provisioning import Provisioning
from lockgate.microsoft365.resources.transport_rules import TRANSPORT_RULES, routing_rule_name
from lockgate.model.envelope import Direction
from lockgate.model.errors import PermanentError
from lockgate.model.fixes import KeptSetting
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant import IN_SERVICE, Protection
from lockgate.storage.plan_journal import PlanJournal
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.under_way import UnderWay, last_arrival, mail_under_way

MINUTE = 60.0  # seconds
LOOK = 10.0  # seconds between two looks whether mail is still under way
QUEUE_LIFE = timedelta(hours=24)  # how long a queue of Exchange keeps a message at most (microsoft-365.md §4.5)
STOPPED = "routing stopped"  # the note in the run's journal
NOW = "leave now"  # the note, and the journal that it is in


@dataclass(frozen=True, slots=True)
class Leaving:
    """The steps, over those of the grant."""

    work: Provisioning

    async def stop_routing(self, account_id: str, run: str) -> str:
        """The routing rules off, and nothing else: what is under way still finds everything that it needs."""
        account = await self.work.account(account_id)
        goal = {one: Protection.BYPASSED for one, now in account.directions.items() if now in IN_SERVICE}
        found = await self.work.survey(account)
        if why := found.unread.get(TRANSPORT_RULES.kind):
            raise PermanentError(f"The mail flow rules could not be read, so nothing was switched off: {why}")
        whole = planner.plan(await self.work.wanted(account, goal, account.reach), found)
        names = {routing_rule_name(one) for one in goal}
        rules = tuple(one for one in whole.changes if one.name in names and one.kind is ChangeKind.UPDATE)
        await self.work.make_now(account_id, Plan(rules, (), whole.installation), run)
        await self.work.change(account_id, lambda now: replace(now, directions={**now.directions, **goal}))
        return f"{len(rules)} rules switched off"

    async def settle(
        self, account_id: str, run: str, report: Callable[[str], None], only: Direction | None = None
    ) -> str:
        """Wait until all of Exchange acts on a rule's change and mail under way has come (microsoft-365.md §4.5).

        Mail that does not come is waited for as long as Exchange keeps it, or until somebody asks to leave now. What
        the gateway has accepted is waited for in any case: it must not lose its way while it is ours. `only`: of this
        direction.
        """
        account = await self.work.account(account_id)
        left_alone = [one for one, now in account.directions.items() if now in IN_SERVICE and only in (None, one)]
        if not left_alone:
            return "nothing was ever routed to the gateway"
        since = await asyncio.to_thread(self._since, account_id, run)
        while (left := self._left(since)) > 0:
            report(f"Exchange can take a while to act on a change; {left / MINUTE:.0f} minutes left.")
            await self.work.access.sleep(min(MINUTE, left))
        until = since + QUEUE_LIFE
        while waiting := await asyncio.to_thread(self._under_way, account, left_alone, since):
            if not waiting.in_custody:
                if self.work.installation.clock() >= until:
                    return f"mail for {waiting.in_exchange} recipients did not come within a day; Exchange returned it"
                if await asyncio.to_thread(self._asked, account_id, since):
                    return f"left when asked to: {returned(waiting.in_exchange)}"
            report(_still(waiting, until))
            await self.work.access.sleep(LOOK)
        return "nothing is routed to the gateway any more"

    def leave_now(self, account_id: str) -> None:
        """Do not wait any longer for mail that Exchange keeps. Blocking."""
        PlanJournal(self.work.database, self.work.installation.clock, account_id, NOW).done(NOW, NOW)

    def mail_under_way(self, account_id: str) -> UnderWay:
        """Mail under way of the directions whose routing is stopped. Blocking."""
        with self.work.database.read() as unit:
            account = ServiceAccounts(unit, self.work.vault).get(account_id)
        stopped = [one for one, now in account.directions.items() if now is Protection.BYPASSED]
        return self._under_way(account, stopped, self.work.installation.clock())

    def _asked(self, account_id: str, since: datetime) -> bool:
        """Whether somebody has asked to leave now, in this run."""
        at = PlanJournal(self.work.database, self.work.installation.clock, account_id, NOW).done_at(NOW)
        return at is not None and at >= since

    async def require_quiet(self, account_id: str) -> str:
        """Raise PermanentError while a tenant that is to be forgotten still sends us mail: it would be refused."""
        account = await self.work.account(account_id)
        last = await asyncio.to_thread(self._last_arrival, account)
        clock, settle = self.work.installation.clock, self.work.installation.settle
        if last is None or (since := (clock() - last).total_seconds()) >= settle:
            return "none came lately"
        serving = [one for one, now in account.directions.items() if now in IN_SERVICE]
        rules = " and ".join(f"'{routing_rule_name(one)}'" for one in serving)
        raise PermanentError(
            f"Mail of this organisation came to the gateway {since / MINUTE:.0f} minutes ago, and would be refused if "
            f"it were forgotten. Have its administrator disable {rules}, wait {settle / MINUTE:.0f} minutes, and "
            "forget it then."
        )

    async def what_stays(self, account_id: str) -> str:
        """Names of everything of ours in a tenant that we leave without being let in; for its administrator."""
        account = await self.work.account(account_id)
        everything = {one: Protection.BYPASSED for one, now in account.directions.items() if now is not Protection.OFF}
        wanted = await self.work.wanted(account, everything, account.reach)
        plan = planner.plan(wanted, survey.nothing())
        made = "; ".join(f"{change.resource} '{change.name}'" for change in plan.changes)
        changed = " ".join(_as_it_was(one) for one in account.kept_settings)
        told = [f"Left in the organisation, to be removed by its administrator: {made}."] if made else []
        told += [f"Changed by Lockgate and not set back; its administrator can: {changed}"] if changed else []
        return " ".join(told) or "Nothing was made."

    def _left(self, since: datetime) -> float:
        passed = (self.work.installation.clock() - since).total_seconds()
        return self.work.installation.settle - passed

    def _since(self, account_id: str, run: str) -> datetime:
        """When this run began to wait, in whichever process."""
        journal = PlanJournal(self.work.database, self.work.installation.clock, account_id, run)
        if not journal.is_done(STOPPED):
            journal.done(STOPPED, STOPPED)
        return journal.done_at(STOPPED) or self.work.installation.clock()

    def _under_way(self, account: ServiceAccount, directions: list[Direction], since: datetime) -> UnderWay:
        with self.work.database.read() as unit:
            return mail_under_way(unit, account.tenant_id, directions, since - QUEUE_LIFE)

    def _last_arrival(self, account: ServiceAccount) -> datetime | None:
        with self.work.database.read() as unit:
            return last_arrival(unit, account.tenant_id)


def returned(recipients: int) -> str:
    """What becomes of mail that Exchange keeps for a gateway that is not there any more."""
    return (
        f"mail for {recipients} recipients waits in Exchange, which returns it to its senders with a non-delivery "
        "report within a day of its sending; the message trace shows it as deferred"
    )


def _still(waiting: UnderWay, until: datetime) -> str:
    if waiting.in_custody:
        return f"Mail for {waiting.in_custody} recipients is in the gateway's custody; it is delivered first."
    return (
        f"Mail for {waiting.in_exchange} recipients waits in Exchange for its next try; it is waited for until "
        f"{until:%d %b %H:%M} UTC."
    )


def _as_it_was(one: KeptSetting) -> str:
    """A setting of theirs that we cannot give back: what it is because of us, and what it was."""
    if isinstance(one.before, tuple):
        return f"{one.setting} of the {one.kind} '{one.name}' has {', '.join(sorted(one.added))} because of it."
    return f"{one.setting} of the {one.kind} '{one.name}' was {one.before} and is {one.after}."
