"""Looking after a tenant that is in service: is all as we left it, are we let in, and new secrets.

Rule: what people did in the tenant is seen and told, never undone by itself. Every method may run again after a crash
at any point and comes to the same end.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from lockgate.microsoft365 import account_signs, news, planner, survey
from lockgate.microsoft365.access_check import Trouble, trouble
from lockgate.microsoft365.admin_changes import CONTENT_TYPE, AdminChange, changes_in, last_of
from lockgate.microsoft365.deviations import deviations, switched_off
from lockgate.microsoft365.provisioning import Provisioning
from lockgate.microsoft365.resources.transport_rules import routing_rule_name
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction
from lockgate.model.errors import LockgateError, PermanentError
from lockgate.model.service_account import BUSY, ConsentStep, ServiceAccount
from lockgate.model.tenant import IN_SERVICE
from lockgate.model.tenant_care import TLS_RULE, Deviation, Rotation, RotationPhase, TroubleCause
from lockgate.model.tenant_secrets import TenantSecrets
from lockgate.storage.account_signs import AccountSigns
from lockgate.storage.audit import AuditEntry, AuditLog
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.snapshots import EVERY_SECOND

log = structlog.get_logger()
LOOKED_AT_EVERY = timedelta(minutes=15)  # each organisation, by housekeeping
NO_TROUBLE = Trouble(TroubleCause.OTHER, "")


@dataclass(frozen=True, slots=True)
class Care:
    """The steps, over those of the grant."""

    work: Provisioning

    # -- watching ----------------------------------------------------------------------------------------------

    async def check_access(self, account_id: str) -> str:
        """Whether we are let in as granted; noted in the account, and told once when it changes."""
        account = await self.work.account(account_id)
        found = await trouble(self.work.access, account) or NO_TROUBLE
        if found.sentence != account.trouble:
            act = "account.trouble" if found.sentence else "account.trouble_over"
            await self._note(account, act, found.sentence or "let in again")

            def noted(known: ServiceAccount) -> ServiceAccount:
                cause = found.cause if found.sentence else None
                return replace(known, trouble=found.sentence, trouble_cause=cause, trouble_step=found.step)

            await self._change(account_id, noted, news.access(self.work.installation.clock()))
        return found.sentence or "as granted"

    async def compare(self, account_id: str) -> str:
        """What is not as we left it; noted in the account, with who did it where Microsoft's records tell."""
        account = await self.work.account(account_id)
        if account.trouble or not self._in_service(account):
            return "not looked at"
        found = await self.work.survey(account)
        if account.status in BUSY or await self.work.account(account_id) != account:
            return "not looked at: a task of ours was changing it"
        changes = await self._admin_changes(account)
        account = await self._adopt(account, found, changes)
        plan = planner.plan(await self._as_left(account), found, frozenset(account.allow_entries))
        seen = deviations(plan, changes, self._client_id(), account.deviations) + self._lost_pilot(account)
        if {one.what for one in seen} - {one.what for one in account.deviations}:
            told = "; ".join(f"{one.kind} '{one.name}' {one.what} {one.by}".strip() for one in seen)
            await self._note(account, "account.changed_outside", told)
        now = self.work.installation.clock()
        rule = Direction.OUTBOUND in account.directions and all(one.name != TLS_RULE for one in seen)

        def looked_at(known: ServiceAccount) -> ServiceAccount:
            return replace(known, deviations=seen, watched_at=now, tls_rule_seen=rule)

        await self._change(account_id, looked_at, news.drift(now))
        return f"{len(seen)} objects are not as Lockgate left them" if seen else "as Lockgate left it"

    async def _adopt(self, account: ServiceAccount, found: survey.Survey, changes: list[AdminChange]) -> ServiceAccount:
        """A routing rule that is off in Exchange is a bypass from now on."""
        off = switched_off(found, account.directions, self.work.installation.id)
        if not off:
            return account
        culprits = {one: last_of(changes, routing_rule_name(one), self._client_id()) for one in off}
        by = {one: who.by if who else "somebody" for one, who in culprits.items()}
        for direction, who in by.items():
            await self._note(account, "account.bypass_in_exchange", f"{direction} by {who}")
        await self.work.note_bypasses(account.id, by)
        return await self.work.account(account.id)

    async def _admin_changes(self, account: ServiceAccount) -> list[AdminChange]:
        if not account.granted(ConsentStep.ACTIVITY):
            return []
        try:
            feed = self.work.access.activity(account.tenant_id)
            return changes_in(await feed.last_day(CONTENT_TYPE, self.work.installation.clock()))
        except LockgateError as error:  # knowing who did it is good to have; seeing what was done must not wait for it
            log.warning("the activity feed could not be read", account=account.id, cause=str(error))
            return []

    async def look_for_taken_accounts(self, account_id: str) -> str:
        """Note what the activity feed tells of accounts that somebody else may use."""
        account = await self.work.account(account_id)
        if not account.granted(ConsentStep.ACTIVITY):
            return "no activity data is granted"
        feed, now = self.work.access.activity(account.tenant_id), self.work.installation.clock()
        try:
            records = [record for one in account_signs.CONTENT_TYPES for record in await feed.last_day(one, now)]
        except LockgateError as error:  # the next look sees the same day
            log.warning("the activity feed could not be read", account=account.id, cause=str(error))
            return f"the activity feed could not be read: {error}"
        signs = account_signs.signs_in(records, account.tenant_id)

        def keep() -> int:
            with self.work.database.write() as unit:
                return AccountSigns(unit).add(signs)

        return f"{await asyncio.to_thread(keep)} new signs"

    def _lost_pilot(self, account: ServiceAccount) -> tuple[Deviation, ...]:
        """A rule whose group was deleted matches nobody, and says nothing (microsoft-365.md §3.4)."""
        group = account.reach.group
        if not group:
            return ()
        with self.work.database.read() as unit:
            known = {one.mail.lower() for one in DirectoryStore(unit, account.tenant_id).groups()}
        if group in known:
            return ()
        return (Deviation("pilot group", group, "does not exist any more; nobody's mail is inspected"),)

    # -- new secrets ---------------------------------------------------------------------------------------------

    async def require_as_left(self, account_id: str) -> str:
        """Raise PermanentError unless the tenant is as we left it: a rotation must not repair anything in passing."""
        account = await self.work.account(account_id)
        found = await self.work.survey(account)
        plan = planner.plan(await self._as_left(account), found, frozenset(account.allow_entries))
        if not plan.is_empty:
            names = ", ".join(change.name for change in plan.changes) or " ".join(plan.conflicts)
            raise PermanentError(f"The organisation is not as Lockgate left it ({names}). Look at the plan first.")
        return "as Lockgate left it"

    async def rotate(self, account_id: str, goal: RotationPhase | None) -> str:
        """New secrets into `goal`; None ends the rotation. Gateways know when it returns; the rules are next."""
        await asyncio.to_thread(self._rotated, account_id, goal)
        await self.work.access.sleep(3 * EVERY_SECOND)
        match goal:
            case RotationPhase.INTRODUCED:
                return "old and new secrets are accepted"
            case RotationPhase.IN_USE:
                return "the new secrets are written"
            case None:
                return "the old secrets are worth nothing any more"

    def _rotated(self, account_id: str, goal: RotationPhase | None) -> None:
        """Secrets and phase change together, so that running again changes nothing."""
        with self.work.database.write() as unit:
            accounts = ServiceAccounts(unit, self.work.vault)
            phase = rotation.phase if (rotation := accounts.get(account_id).rotation) else None
            if phase is goal or NEXT[phase] is not goal:
                return
            accounts.change_secrets(account_id, HOW[goal])
            since = Rotation(goal, self.work.installation.clock()) if goal else None
            accounts.change(account_id, lambda now: replace(now, rotation=since))

    async def rewrite_rules(self, account_id: str, run: str) -> str:
        """The rules that hold secrets, with those of now."""
        account = await self.work.account(account_id)
        found = await self.work.survey(account)
        plan = planner.plan(await self._as_left(account), found, frozenset(account.allow_entries))
        return await self.work.make_now(account_id, plan, run)

    # -- parts -----------------------------------------------------------------------------------------------------

    async def _as_left(self, account: ServiceAccount) -> Wanted:
        """What we have made, without what is granted or wished and not applied yet."""
        directions = {one: now for one, now in account.directions.items() if now in IN_SERVICE}
        return await self.work.wanted(account, directions, account.reach)

    @staticmethod
    def _in_service(account: ServiceAccount) -> tuple[Direction, ...]:
        return tuple(one for one, now in account.directions.items() if now in IN_SERVICE)

    def _client_id(self) -> str:
        return self.work.access.identity.registration(ConsentStep.MAIL_FLOW).client_id

    async def _change(
        self, account_id: str, how: Callable[[ServiceAccount], ServiceAccount], told: news.News = news.no_news
    ) -> None:
        await self.work.change(account_id, how, told)

    async def _note(self, account: ServiceAccount, act: str, told: str) -> None:
        log.warning("service account", account=account.id, act=act, told=told)
        entry = AuditEntry(
            self.work.installation.clock(), "system", act, account.id, account.tenant_id, after={"told": told}
        )

        def write() -> None:
            with self.work.database.write() as unit:
                AuditLog(unit).record(entry)

        await asyncio.to_thread(write)


NEXT: dict[RotationPhase | None, RotationPhase | None] = {
    None: RotationPhase.INTRODUCED,
    RotationPhase.INTRODUCED: RotationPhase.IN_USE,
    RotationPhase.IN_USE: None,
}
HOW: dict[RotationPhase | None, Callable[[TenantSecrets], TenantSecrets]] = {
    RotationPhase.INTRODUCED: TenantSecrets.introducing,
    RotationPhase.IN_USE: TenantSecrets.promoting,
    None: TenantSecrets.retiring,
}
