"""What was synced of a tenant's directory: written page by page, answered from memory.

Rule: a full sync has a number; what it did not see is gone only when it has ended well (`forget_older`). Pages may
come twice, so every write is an upsert.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, delete, func, select

from lockgate.model.directory import DirectoryGroup, DirectoryUser
from lockgate.model.facts import ProtectedIdentities, ProtectedPerson
from lockgate.model.policy import RecipientProfile
from lockgate.model.service_account import SyncCounts
from lockgate.storage.changes import Topic, bump
from lockgate.storage.schema.tenants import (
    delta_links,
    directory_groups,
    directory_members,
    directory_users,
    service_accounts,
)
from lockgate.storage.snapshots import Snapshot
from lockgate.storage.unit_of_work import Database, Unit

# Whom attackers imitate: those whose word moves money or data. Words of job titles, compared lower-case.
LEADING = (
    "chief", "ceo", "cfo", "coo", "cto", "ciso", "president", "director", "head of", "owner", "founder", "treasurer",
    "controller", "partner", "chair",
)  # fmt: skip
MOST_NESTED = 20  # levels of groups in groups that are followed


@dataclass(frozen=True, slots=True)
class DeltaLink:
    """Where the next delta begins, and the number of the full sync that it goes on from."""

    link: str
    round: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DirectoryStore:
    """One tenant's directory, in one unit of work."""

    unit: Unit
    tenant_id: str

    def put_users(self, users: Iterable[DirectoryUser], number: int) -> None:
        """Store or replace users, seen by full sync `number`."""
        rows = [
            {
                "id": user.id, "display_name": user.display_name, "user_principal_name": user.user_principal_name,
                "addresses": list(user.addresses), "enabled": user.enabled, "mailbox_type": user.mailbox_type,
                "job_title": user.job_title, "department": user.department, "round": number,
            }
            for user in users
        ]  # fmt: skip
        self._upsert(directory_users, ("tenant_id", "id"), rows)

    def put_groups(self, groups: Iterable[DirectoryGroup], number: int) -> None:
        """Store or replace groups and add their members."""
        rows, members = [], []
        for group in groups:
            rows.append(
                {"id": group.id, "display_name": group.display_name, "mail": group.mail, "kind": group.kind,
                 "round": number}
            )  # fmt: skip
            members += [{"group_id": group.id, "member_id": member, "round": number} for member in group.members]
        self._upsert(directory_groups, ("tenant_id", "id"), rows)
        self._upsert(directory_members, ("tenant_id", "group_id", "member_id"), members)

    def remove_users(self, ids: Sequence[str]) -> None:
        """Forget users."""
        self._delete(directory_users, directory_users.c.id.in_(ids))

    def remove_groups(self, ids: Sequence[str]) -> None:
        """Forget groups and their memberships."""
        self._delete(directory_groups, directory_groups.c.id.in_(ids))
        self._delete(directory_members, directory_members.c.group_id.in_(ids))

    def remove_members(self, group_id: str, member_ids: Sequence[str]) -> None:
        """Take members out of a group."""
        table = directory_members.c
        self._delete(directory_members, (table.group_id == group_id) & table.member_id.in_(member_ids))

    def forget_older(self, kind: str, number: int) -> None:
        """After a full sync of `users` or `groups`: what it has not seen is gone."""
        tables = (directory_users,) if kind == "users" else (directory_groups, directory_members)
        for table in tables:
            self._delete(table, table.c.round < number)

    def link(self, kind: str) -> DeltaLink | None:
        """Where the next delta of `users` or `groups` begins; None before the first sync."""
        table = delta_links.c
        query = select(delta_links).where(table.tenant_id == self.tenant_id, table.kind == kind)
        row = self.unit.connection.execute(query).one_or_none()
        return None if row is None else DeltaLink(row.link, row.round, row.at)

    def keep_link(self, kind: str, link: DeltaLink) -> None:
        """Remember where the next delta begins; gateways learn that the directory has changed."""
        row = {"kind": kind, "link": link.link, "round": link.round, "at": link.at}
        self._upsert(delta_links, ("tenant_id", "kind"), [row])
        bump(self.unit, Topic.DIRECTORY)

    def counts(self, domains: int) -> SyncCounts:
        """How much is known."""
        return SyncCounts(self._count(directory_users), self._count(directory_groups), domains)

    def forget(self) -> None:
        """Everything of the tenant goes: the grant was revoked."""
        for table in (directory_users, directory_groups, directory_members, delta_links):
            self.unit.connection.execute(delete(table).where(table.c.tenant_id == self.tenant_id))
        bump(self.unit, Topic.DIRECTORY)

    def users(self) -> list[DirectoryUser]:
        """All users."""
        query = select(directory_users).where(directory_users.c.tenant_id == self.tenant_id)
        return [
            DirectoryUser(
                row.id, row.display_name, row.user_principal_name, tuple(row.addresses), row.enabled, row.mailbox_type,
                row.job_title, row.department,
            )
            for row in self.unit.connection.execute(query)
        ]  # fmt: skip

    def groups(self) -> list[DirectoryGroup]:
        """All groups with their direct members."""
        members = self.members()
        query = select(directory_groups).where(directory_groups.c.tenant_id == self.tenant_id)
        return [
            DirectoryGroup(row.id, row.display_name, row.mail, row.kind, tuple(members.get(row.id, ())))
            for row in self.unit.connection.execute(query)
        ]

    def members(self) -> dict[str, list[str]]:
        """Direct members by group."""
        table = directory_members.c
        query = select(table.group_id, table.member_id).where(table.tenant_id == self.tenant_id)
        found: dict[str, list[str]] = {}
        for row in self.unit.connection.execute(query):
            found.setdefault(row.group_id, []).append(row.member_id)
        return found

    def _upsert(self, table: Table, keys: tuple[str, ...], rows: Sequence[dict[str, object]]) -> None:
        if not rows:
            return
        columns = tuple(name for name in rows[0] if name not in keys)
        statement = self.unit.dialect.insert_or_replace(table, keys, columns)
        self.unit.connection.execute(statement, [{"tenant_id": self.tenant_id, **row} for row in rows])

    def _delete(self, table: Table, condition: object) -> None:
        self.unit.connection.execute(delete(table).where(table.c.tenant_id == self.tenant_id, condition))  # type: ignore[arg-type]

    def _count(self, table: Table) -> int:
        query = select(func.count()).select_from(table).where(table.c.tenant_id == self.tenant_id)
        return int(self.unit.connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class _Known:
    profiles: dict[str, RecipientProfile]
    protected: ProtectedIdentities


class DirectoryCache:
    """Implements `gateway.ports.Directory`: answers from memory, kept fresh by `snapshots.keep_fresh`."""

    def __init__(self, database: Database) -> None:
        self._snapshot = Snapshot(database, Topic.DIRECTORY, _load)

    def profile(self, tenant_id: str, address: str) -> RecipientProfile:
        """See `gateway.ports.Directory`."""
        known = self._snapshot.value.get(tenant_id)
        found = known.profiles.get(address.lower()) if known else None
        return found or RecipientProfile(address.lower(), frozenset({address.lower()}))

    def protected_identities(self, tenant_id: str) -> ProtectedIdentities:
        """See `gateway.ports.Directory`."""
        known = self._snapshot.value.get(tenant_id)
        return known.protected if known else ProtectedIdentities((), frozenset())

    def refresh(self) -> bool:
        """Load anew when a directory was changed; whether one was. Call from a thread."""
        return self._snapshot.refresh()


def _load(unit: Unit) -> dict[str, _Known]:
    accounts = [row.document for row in unit.connection.execute(select(service_accounts.c.document))]
    return {
        account.tenant_id: _known(DirectoryStore(unit, account.tenant_id), [one.name for one in account.domains])
        for account in accounts
        if account.tenant_id
    }


def _known(store: DirectoryStore, domains: Sequence[str]) -> _Known:
    above = _groups_above(store.members())
    users = store.users()
    profiles = {
        address: RecipientProfile(address, frozenset(user.addresses), above.get(user.id, frozenset()))
        for user in users
        for address in user.addresses
    }
    people = tuple(
        ProtectedPerson(user.display_name, frozenset(user.addresses)) for user in users if _is_leading(user.job_title)
    )
    return _Known(profiles, ProtectedIdentities(people, frozenset(domains)))


def _groups_above(members: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    """For every member all groups that hold it, also through other groups; a cycle ends the climb."""
    parents: dict[str, set[str]] = {}
    for group, inside in members.items():
        for member in inside:
            parents.setdefault(member, set()).add(group)
    return {member: frozenset(_climb(member, parents)) for member in parents}


def _climb(member: str, parents: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    edge = parents.get(member, set())
    for _ in range(MOST_NESTED):
        seen |= edge
        edge = {above for group in edge for above in parents.get(group, ())} - seen
        if not edge:
            break
    return seen


def _is_leading(job_title: str) -> bool:
    title = f" {job_title.lower()} "
    return any(word in title for word in LEADING)
