"""What happens after the consents, step by step: make the objects, prove, go live, switch on.

Rule: every method may run again after a crash at any point and comes to the same end. The state of a direction is
changed here before the tenant's rules begin to send us mail, and after they have stopped.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog
from pydantic import TypeAdapter

from lockgate.microsoft365 import kept_settings, planner, survey
from lockgate.microsoft365.account_states import forgotten, prepared
from lockgate.microsoft365.applier import Applier, ChangedMeanwhile
from lockgate.microsoft365.delivered_copies import DeliveredCopies
from lockgate.microsoft365.deviations import switched_off
from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.mailboxes import Mailboxes
from lockgate.microsoft365.news import News, adopted, drift, no_news, watchdog_acted
from lockgate.microsoft365.plan import Change, ChangeKind, Plan
from lockgate.microsoft365.proof import Prober, Seen, Sign, Submit, after_proof
from lockgate.microsoft365.resources.transport_rules import routing_rule_name
from lockgate.microsoft365.routed_people import for_rules
from lockgate.microsoft365.task_progress import TaskProgress
from lockgate.microsoft365.tenant_access import TenantAccess
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction
from lockgate.model.errors import LockgateError, PermanentError
from lockgate.model.service_account import AccountStatus, ConsentStep, ServiceAccount
from lockgate.model.tenant import AcceptedDomain, Protection
from lockgate.model.tenant_care import Reach
from lockgate.model.tenant_secrets import TenantSecrets
from lockgate.policy.defaults import default_policies
from lockgate.storage.audit import Author
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.notifications import Notifications
from lockgate.storage.plan_journal import PlanJournal, StoredPlans
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.snapshots import EVERY_SECOND
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import Vault

log = structlog.get_logger()
PLANS: TypeAdapter[Plan] = TypeAdapter(Plan)
ENTRY_KINDS = ("IP allow entry", "spoof allow entry")
RACES = 3  # how often a switch looks again when the rule changes under its hands
FindMailHost = Callable[[tuple[AcceptedDomain, ...]], Awaitable[str]]


def quiet(text: str) -> None:
    """A report that nobody reads."""


@dataclass(frozen=True, slots=True)
class Provisioning:
    """The steps. `find_mail_host` finds where the tenant takes mail; `submit_to` and `seen_for` serve the probe."""

    access: TenantAccess
    database: Database
    vault: Vault
    installation: Installation
    find_mail_host: FindMailHost
    submit_to: Callable[[str], Submit]  # by the tenant's mail host
    seen_for: Callable[[str], Seen]  # by tenant id
    sign: Sign

    # -- the plan ----------------------------------------------------------------------------------------------

    async def plan(self, account_id: str, directions: dict[Direction, Protection] | None = None) -> Plan:
        """What leads from the tenant as it is to what is wanted; kept, so that it can be applied by its digest."""
        account = await self.account(account_id)
        found = await self.survey(account)
        goal = dict(directions or prepared(account.directions))
        off = [one for one in switched_off(found, account.directions, self.installation.id) if one in goal]
        off = [one for one in off if goal[one] is Protection.LIVE]
        if off:  # the emergency exit: left alone until somebody here puts it back
            await self.note_bypasses(account_id, dict.fromkeys(off, "somebody"))
            goal |= dict.fromkeys(off, Protection.BYPASSED)
        chosen = replace(account, fixes=account.chosen_fixes)
        wanted = await self.wanted(chosen, goal, account.next_reach or account.reach)
        plan = planner.plan(wanted, found, frozenset(account.allow_entries))
        await self.keep_plan(account_id, plan)
        return plan

    async def survey(self, account: ServiceAccount) -> survey.Survey:
        """What is in the tenant now."""
        known = (account.reach, account.next_reach)
        people = any(one is not None and one.has_group_of_ours for one in known)
        return await survey.take(self.access.exchange(account.tenant_id), people=people)

    async def wanted(self, account: ServiceAccount, directions: dict[Direction, Protection], reach: Reach) -> Wanted:
        """The goal; directions that are new get their secrets now."""
        shared = await asyncio.to_thread(self._secrets, account.id, tuple(directions))
        mine = self.installation.serving(account.domains)
        goes = await asyncio.to_thread(for_rules, self.database, account, reach, mine.id)
        return Wanted(
            mine.id, mine.gateway_host, mine.source_addresses, directions, shared, goes.reach, goes.people, mine.sealer,
            account.fixes, account.kept_settings,
        )  # fmt: skip

    async def note_bypasses(self, account_id: str, by: dict[Direction, str]) -> None:
        """These directions are led past the gateway by a rule that was switched off in Exchange."""

        def noted(now: ServiceAccount) -> ServiceAccount:
            bypassed = dict.fromkeys(by, Protection.BYPASSED)
            return replace(now, directions={**now.directions, **bypassed}, bypassed_by={**now.bypassed_by, **by})

        await self.change(account_id, noted, adopted(by, self.installation.clock()))

    async def keep_plan(self, account_id: str, plan: Plan) -> None:
        """Remember a plan, so that it can be applied by its digest."""
        await asyncio.to_thread(self._keep_plan, account_id, plan)

    async def begin_apply(self, account_id: str, digest: str) -> str:
        """Tell the gateways what is about to come, before any object exists."""
        plan = await self.stored_plan(account_id, digest)
        entries = {
            change.name
            for change in plan.changes
            if change.kind is ChangeKind.CREATE and change.resource in ENTRY_KINDS
        }
        await self.change(
            account_id,
            lambda now: replace(
                now,
                directions=prepared(now.directions),
                allow_entries=tuple(sorted({*now.allow_entries, *entries})),
                plan_digest=digest,
                gateway_host=self.installation.serving(now.domains).gateway_host,
                reach=now.next_reach or now.reach,
                next_reach=None,
                fixes=now.chosen_fixes,
                next_fixes=None,
            ),
        )
        await self.access.sleep(3 * EVERY_SECOND)  # a probe must not come to a gateway that has not heard of it
        return "gateways know what comes"

    async def make_changes(self, account_id: str, digest: str, run: str, report: Callable[[str], None]) -> str:
        """Apply the plan that was approved; says how many changes it had."""
        account = await self.account(account_id)
        plan = await self.stored_plan(account_id, digest)
        await self.change(
            account_id, lambda now: replace(now, kept_settings=kept_settings.noted(plan, now.kept_settings))
        )
        journal = PlanJournal(self.database, self.installation.clock, account_id, run)

        def tell(change: Change, number: int, total: int) -> None:
            report(f"{number} of {total}: {change.kind} {change.resource} '{change.name}'")

        await Applier(self.access.exchange(account.tenant_id), journal).apply(plan, tell)
        return f"{len(plan.changes)} changes made and read back"

    async def make_now(self, account_id: str, plan: Plan, run: str, report: Callable[[str], None] = quiet) -> str:
        """Apply a plan that was made of what is there now.

        Its journal is its own: what an earlier plan of the run has done and somebody has undone since is done again.
        """
        await self.keep_plan(account_id, plan)
        return await self.make_changes(account_id, plan.digest, f"{run}/{secrets.token_hex(4)}", report)

    async def prove(self, account_id: str, direction: Direction, run: str) -> str:
        """The probe's round trip; a run that goes on after a crash knows its probes again.

        Raises PermanentError with the place where it got stuck.
        """
        account = await self.account(account_id)
        if account.protection(direction) is not Protection.PREPARING:
            return "already in service"
        nonce = (await asyncio.to_thread(self._secrets, account_id, (direction,))).probe
        graph = self.access.graph(account.tenant_id)
        prober = Prober(
            Mailboxes(graph), DeliveredCopies(graph), self.submit_to(account.next_hop),
            self.seen_for(account.tenant_id), self.access.sleep, self.installation.clock,
            self.installation.serving(account.domains).gateway_host, self.sign,
        )  # fmt: skip
        proof = await prober.prove(direction, account.probe_mailbox, nonce, run)
        if not proof.passed:
            raise PermanentError(proof.sentence)
        return proof.sentence

    async def go_live(self, account_id: str, run: str) -> str:
        """Take the probe's condition off the routing rules: from now on they route real mail.

        Nothing else is changed: what somebody did to the other objects meanwhile is for a new plan.
        """
        account = await self.account(account_id)
        fresh = [one for one, protection in account.directions.items() if protection is Protection.PREPARING]
        live = {one: after_proof(protection) for one, protection in account.directions.items()}
        whole = await self.plan(account_id, live)
        rules = {routing_rule_name(one) for one in fresh}
        if others := [change.name for change in whole.changes if change.name not in rules]:
            raise ChangedMeanwhile(
                f"Somebody else has changed {', '.join(others)} while this plan was being applied. Nothing went live. "
                "Make a new plan."
            )
        await self.make_now(account_id, whole, run)
        wanted = await self.wanted(await self.account(account_id), live, account.reach)
        await self.change(
            account_id,
            lambda now: replace(
                now,
                directions={one: after_proof(state) for one, state in now.directions.items()},
                deviations=(),
                tls_rule_seen=Direction.OUTBOUND in wanted.active,
                kept_settings=kept_settings.still_ours(wanted),
            ),
            drift(self.installation.clock()),
        )
        return ", ".join(direction for direction, protection in live.items() if protection is Protection.LIVE)

    async def enable_policies(self, account_id: str) -> str:
        """The two default policies of each direction that is about to go live, the chosen one switched on.

        Other policies stay as they are. Returns once every gateway has had the time to see them: the first real
        message must not pass because a process still answers from an older memory.
        """
        account = await self.account(account_id)
        fresh = [one for one, protection in account.directions.items() if protection is Protection.PREPARING]
        for direction in fresh:
            await asyncio.to_thread(self._add_policies, account, direction)
        if fresh:
            await self.access.sleep(3 * EVERY_SECOND)
        return "monitor only" if account.monitor_only else "active"

    async def switch(
        self, account_id: str, direction: Direction, protection: Protection, run: str, watchdogs_reason: str = ""
    ) -> str:
        """Bypass a direction or put it back: the tenant's rule first, then our own note of it.

        Only that rule is touched, whatever else in the tenant is not as it should be: a bypass must work in trouble.
        `watchdogs_reason` is empty when a person wants it.
        """
        await self._switch_rule(account_id, direction, protection, run)
        at = self.installation.clock()
        told = watchdog_acted(direction, protection, watchdogs_reason, at) if watchdogs_reason else no_news
        await self.change(account_id, lambda now: now.switched(direction, protection, at, bool(watchdogs_reason)), told)
        return f"{direction} is {protection}"

    async def _switch_rule(self, account_id: str, direction: Direction, protection: Protection, run: str) -> None:
        for _ in range(RACES):
            account = await self.account(account_id)
            whole = await self.plan(account_id, {**account.directions, direction: protection})
            rule = tuple(change for change in whole.changes if change.name == routing_rule_name(direction))
            if not rule and whole.conflicts:
                raise PermanentError(" ".join(whole.conflicts))
            try:
                await self.make_now(account_id, Plan(rule, (), whole.installation), run)
                return
            except ChangedMeanwhile as error:  # by a task of ours, or by somebody: a bypass looks again
                problem = error
        raise problem

    async def remove_objects(self, account_id: str, run: str, report: Callable[[str], None]) -> str:
        """Take everything of ours out of the tenant, routing rules first."""
        plan = await self.removal(account_id)
        made = await self.make_now(account_id, plan, run, report)
        return " ".join((f"{made}.", *plan.stays))

    async def removal(self, account_id: str) -> Plan:
        """What would be taken out of the tenant and given back now, and what stays."""
        account = await self.account(account_id)
        found = await self.survey(account)
        entries = frozenset(account.allow_entries)
        return planner.removal(self.installation.id, found, entries, account.kept_settings)

    async def forget(self, account_id: str) -> str:
        """Forget directory, plans and secrets of a tenant that we have left."""
        account = await self.account(account_id)
        if account.granted(ConsentStep.ACTIVITY):
            await self._stop_activity(account)
        await asyncio.to_thread(self._forget, account)
        return "Nothing of the organisation's directory is kept any more."

    async def _stop_activity(self, account: ServiceAccount) -> None:
        try:
            await self.access.activity(account.tenant_id).stop()
        except LockgateError as error:  # the consent may be gone already; leaving must not depend on it
            log.warning("activity subscriptions were not stopped", account=account.id, cause=str(error))

    # -- storage ---------------------------------------------------------------------------------------------

    def require_plan(self, account_id: str, digest: str) -> None:
        """Raise InvalidInput unless a plan with this digest was made for the account. Blocking."""
        self._plan_document(account_id, digest)

    async def account(self, account_id: str) -> ServiceAccount:
        """The account as it is now."""
        return await asyncio.to_thread(self._account, account_id)

    async def set_status(self, account_id: str, status: AccountStatus, problem: str = "") -> None:
        """Note where the account stands."""
        await self.change(account_id, lambda now: replace(now, status=status, problem=problem))

    async def stored_plan(self, account_id: str, digest: str) -> Plan:
        """A plan that was kept; raises InvalidInput when it is not known."""
        document = await asyncio.to_thread(self._plan_document, account_id, digest)
        return PLANS.validate_json(document)

    def progress(self, account_id: str, task: str) -> TaskProgress:
        """The notes on how far a task has come."""
        return TaskProgress(self.database, self.installation.clock, account_id, task)

    async def change(
        self, account_id: str, how: Callable[[ServiceAccount], ServiceAccount], news: News = no_news
    ) -> None:
        """Apply `how` to the account as it is now, and tell administrators in the same unit what `news` makes of it."""

        def write() -> None:
            with self.database.write() as unit:
                before = ServiceAccounts(unit, self.vault).get(account_id)
                after = ServiceAccounts(unit, self.vault).change(account_id, how)
                for one in news(before, after):
                    Notifications(unit).tell(one)

        await asyncio.to_thread(write)

    def _account(self, account_id: str) -> ServiceAccount:
        with self.database.read() as unit:
            return ServiceAccounts(unit, self.vault).get(account_id)

    def _secrets(self, account_id: str, directions: tuple[Direction, ...]) -> TenantSecrets:
        with self.database.write() as unit:
            accounts = ServiceAccounts(unit, self.vault)
            known = accounts.secrets(account_id)
            if known.probe and all(direction in known.route for direction in directions):
                return known
            return accounts.change_secrets(account_id, lambda now: now.with_directions(directions))

    def _keep_plan(self, account_id: str, plan: Plan) -> None:
        with self.database.write() as unit:
            document = PLANS.dump_json(plan).decode()
            StoredPlans(unit, self.vault).keep(account_id, plan.digest, document, self.installation.clock())

    def _plan_document(self, account_id: str, digest: str) -> str:
        with self.database.read() as unit:
            return StoredPlans(unit, self.vault).get(account_id, digest)

    def _add_policies(self, account: ServiceAccount, direction: Direction) -> None:
        author = Author("system", self.installation.clock())
        with self.database.write() as unit:
            store = PolicyStore(unit)
            for policy in default_policies(account.tenant_id, direction, monitor_only=account.monitor_only).policies:
                mine = replace(policy, id=f"{policy.id}-{account.tenant_id}")
                if store.get(mine.id) is not None:  # of an earlier grant of this organisation
                    store.set_enabled(mine.id, mine.enabled, author)
                elif not store.history(mine.id):  # one that an administrator has deleted stays deleted
                    store.add(account.tenant_id, mine, author)

    def _forget(self, account: ServiceAccount) -> None:
        with self.database.write() as unit:
            DirectoryStore(unit, account.tenant_id).forget()
            StoredPlans(unit, self.vault).forget(account.id)
            accounts = ServiceAccounts(unit, self.vault)
            accounts.change_secrets(account.id, lambda _: TenantSecrets())
            accounts.change(account.id, forgotten)
