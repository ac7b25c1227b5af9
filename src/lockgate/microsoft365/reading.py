"""Reading the tenant, step by step: what we may do, the organisation, users and groups.

Rule: as in `provisioning.py`, every step may run again after a crash at any point.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from lockgate.microsoft365 import planner, roles, survey
from lockgate.microsoft365.activity_feed import CONTENT_TYPES
from lockgate.microsoft365.directory_sync import DirectorySync
from lockgate.microsoft365.exchange_recipients import ExchangeRecipients
from lockgate.microsoft365.plan import ChangeKind, Plan
from lockgate.microsoft365.provisioning import Provisioning
from lockgate.microsoft365.resources.routed_people import ROUTED_PEOPLE
from lockgate.model.directory import DirectoryUser
from lockgate.model.envelope import domain_of
from lockgate.model.errors import PermanentError
from lockgate.model.service_account import ServiceAccount, SyncCounts
from lockgate.model.tenant import IN_SERVICE, AcceptedDomain
from lockgate.storage.directory import DirectoryStore


@dataclass(frozen=True, slots=True)
class Reading:
    """The steps of a sync, over those of the grant."""

    work: Provisioning

    async def check_permissions(self, account_id: str) -> str:
        """New tokens of both applications carry what is needed; raises with the sentence that says what is missing."""
        account = await self.work.account(account_id)
        await roles.require(self.work.access, account.tenant_id)
        now = self.work.installation.clock()
        await self.work.change(account_id, lambda known: replace(known, role_seen_at=known.role_seen_at or now))
        return "all there"

    async def start_activity(self, account_id: str) -> str:
        """From now on Microsoft keeps audit records for us; says which kinds."""
        account = await self.work.account(account_id)
        active = await self.work.access.activity(account.tenant_id).start()
        if missing := set(CONTENT_TYPES) - active:
            raise PermanentError(f"Microsoft does not keep {', '.join(sorted(missing))} for us; grant it again.")
        return ", ".join(sorted(active))

    async def read_organisation(self, account_id: str) -> str:
        """Name, accepted domains and mail host of the tenant; says what was found."""
        account = await self.work.account(account_id)
        domains = await survey.accepted_domains(self.work.access.exchange(account.tenant_id))
        organisation = await self._sync_of(account).organisation()
        host = await self.work.find_mail_host(domains)
        await self.work.change(
            account_id,
            lambda now: replace(now, tenant_name=organisation.display_name, domains=domains, next_hop=host),
        )
        return f"{organisation.display_name}: {len(domains)} accepted domains"

    async def read_users(self, account_id: str, report: Callable[[int], None]) -> str:
        """All users, or those that changed; says how many are known."""
        account = await self.work.account(account_id)
        await self._sync_of(account).users(report)
        if not account.probe_mailbox:
            users = await asyncio.to_thread(self._users, account.tenant_id)
            mailbox = choose_mailbox(users, account.domains)
            await self.work.change(account_id, lambda now: replace(now, probe_mailbox=mailbox))
        return f"{(await asyncio.to_thread(self._counts, account)).users} users"

    async def read_recipients(self, account_id: str) -> str:
        """Contacts and dynamic groups, which only Exchange tells of."""
        account = await self.work.account(account_id)
        exchange = self.work.access.exchange(account.tenant_id)
        return await ExchangeRecipients(exchange, self.work.database, account.tenant_id).read()

    async def read_groups(self, account_id: str, report: Callable[[int], None]) -> str:
        """All groups, or those that changed; notes the end of the sync and says how many are known."""
        account = await self.work.account(account_id)
        await self._sync_of(account).groups(report)
        counts = await asyncio.to_thread(self._counts, account)
        now = self.work.installation.clock()
        await self.work.change(account_id, lambda known: replace(known, last_sync=now, counts=counts))
        return f"{counts.groups} groups"

    async def follow_people(self, account_id: str, run: str) -> str:
        """Our group gets the members of today; nothing else is changed."""
        account = await self.work.account(account_id)
        served = {one: now for one, now in account.directions.items() if now in IN_SERVICE}
        if not account.reach.has_group_of_ours or not served:
            return "no group to be kept"
        wanted = await self.work.wanted(account, served, account.reach)
        found = await self.work.survey(account)
        whole = planner.plan(wanted, found, frozenset(account.allow_entries))
        mine = tuple(one for one in whole.changes if one.resource == ROUTED_PEOPLE.kind)
        mine = tuple(one for one in mine if one.kind is ChangeKind.UPDATE)  # a missing group is drift, and told as such
        if mine:
            await self.work.make_now(account_id, Plan(mine, (), whole.installation), run)
        return f"{len(wanted.people or ())} people"

    def _sync_of(self, account: ServiceAccount) -> DirectorySync:
        graph = self.work.access.graph(account.tenant_id)
        return DirectorySync(graph, self.work.database, account.tenant_id, self.work.installation.clock)

    def _users(self, tenant_id: str) -> list[DirectoryUser]:
        with self.work.database.read() as unit:
            return DirectoryStore(unit, tenant_id).users()

    def _counts(self, account: ServiceAccount) -> SyncCounts:
        with self.work.database.read() as unit:
            return DirectoryStore(unit, account.tenant_id).counts(len(account.domains))


def choose_mailbox(users: list[DirectoryUser], domains: tuple[AcceptedDomain, ...]) -> str:
    """A mailbox for probes: of an enabled user with an address in an accepted domain, the first by name."""
    names = {domain.name for domain in domains}
    fit = [user for user in users if user.enabled and user.addresses and domain_of(user.addresses[0]) in names]
    fit = [user for user in fit if user.user_principal_name in user.addresses] or fit
    if not fit:
        raise PermanentError("No user with a mailbox in an accepted domain was found; the probe needs one.")
    return min(fit, key=lambda user: user.display_name.lower()).addresses[0]
