"""What was synced of a tenant's directory, written page by page; `directory_cache` answers from memory.

Rule: a full sync has a number of its own; what it did not see is gone only when it has ended well (`end_full`). Pages
may come twice, so every write is an upsert.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, delete, func, select

from lockgate.model.directory import CONTACT, DYNAMIC_GROUP, DirectoryGroup, DirectoryUser
from lockgate.model.service_account import SyncCounts
from lockgate.storage.changes import Topic, bump
from lockgate.storage.schema.tenants import (
    delta_links,
    directory_groups,
    directory_members,
    directory_users,
)
from lockgate.storage.unit_of_work import Unit


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
                "job_title": user.job_title, "department": user.department,
                "language": user.language[:32], "round": number,
            }
            for user in users
        ]  # fmt: skip
        self._upsert(directory_users, ("tenant_id", "id"), rows)

    def put_groups(self, groups: Iterable[DirectoryGroup], number: int) -> None:
        """Store or replace groups, without their members."""
        rows = [
            {"id": group.id, "display_name": group.display_name, "mail": group.mail, "kind": group.kind,
             "round": number}
            for group in groups
        ]  # fmt: skip
        self._upsert(directory_groups, ("tenant_id", "id"), rows)

    def change_members(self, changes: Mapping[tuple[str, str], bool], number: int) -> None:
        """By group and member id: whether the member is in the group now."""
        came = [pair for pair, is_in in changes.items() if is_in]
        rows = [{"group_id": group, "member_id": member, "round": number} for group, member in came]
        self._upsert(directory_members, ("tenant_id", "group_id", "member_id"), rows)
        went: dict[str, list[str]] = {}
        for (group, member), is_in in changes.items():
            if not is_in:
                went.setdefault(group, []).append(member)
        for group, members in went.items():
            table = directory_members.c
            self._delete(directory_members, (table.group_id == group) & table.member_id.in_(members))

    def remove_users(self, ids: Sequence[str]) -> None:
        """Forget users."""
        self._delete(directory_users, directory_users.c.id.in_(ids))

    def remove_groups(self, ids: Sequence[str]) -> None:
        """Forget groups and their memberships."""
        self._delete(directory_groups, directory_groups.c.id.in_(ids))
        self._delete(directory_members, directory_members.c.group_id.in_(ids))

    def next_round(self, kind: str) -> int:
        """A number for a full sync that no row has, not even one of a full sync that broke off."""
        rows = self._most(directory_users) if kind == "users" else self._most(directory_groups, directory_members)
        last = self.link(kind)
        return max(rows, last.round if last else 0) + 1

    def end_full(self, kind: str, link: DeltaLink) -> None:
        """After a full sync of `users` or `groups`: what it has not seen is gone, and the next delta begins here."""
        users, groups, members = directory_users.c, directory_groups.c, directory_members.c
        if kind == "users":
            self._delete(directory_users, (users.round < link.round) & (users.mailbox_type != CONTACT))
        else:
            self._delete(directory_groups, (groups.round < link.round) & (groups.kind != DYNAMIC_GROUP))
            old = members.round < link.round
            self._delete(directory_members, old & members.group_id.not_in(self._dynamic_groups()))
        self.keep_link(kind, link)

    def replace_from_exchange(self, contacts: Sequence[DirectoryUser], groups: Sequence[DirectoryGroup]) -> None:
        """What Exchange alone knows, as a whole; gateways learn of it when something is different."""
        if self._from_exchange() == (set(contacts), set(groups)):
            return
        self._delete(directory_members, directory_members.c.group_id.in_(self._dynamic_groups()))
        self._delete(directory_groups, directory_groups.c.kind == DYNAMIC_GROUP)
        self._delete(directory_users, directory_users.c.mailbox_type == CONTACT)
        self.put_users(contacts, 0)
        self.put_groups(groups, 0)
        self.change_members({(group.id, member): True for group in groups for member in group.members}, 0)
        bump(self.unit, Topic.DIRECTORY)

    def link(self, kind: str) -> DeltaLink | None:
        """Where the next delta of `users` or `groups` begins; None before the first sync."""
        table = delta_links.c
        query = select(delta_links).where(table.tenant_id == self.tenant_id, table.kind == kind)
        row = self.unit.connection.execute(query).one_or_none()
        return None if row is None else DeltaLink(row.link, row.round, row.at)

    def keep_link(self, kind: str, link: DeltaLink, *, changed: bool = True) -> None:
        """Remember where the next delta begins; gateways learn of it when something has `changed`."""
        row = {"kind": kind, "link": link.link, "round": link.round, "at": link.at}
        self._upsert(delta_links, ("tenant_id", "kind"), [row])
        if changed:
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
        return [_user(row) for row in self.unit.connection.execute(query)]

    def user(self, user_id: str) -> DirectoryUser | None:
        """The user with this id."""
        table = directory_users.c
        query = select(directory_users).where(table.tenant_id == self.tenant_id, table.id == user_id)
        row = self.unit.connection.execute(query).one_or_none()
        return None if row is None else _user(row)

    def owners(self, addresses: Collection[str]) -> dict[str, DirectoryUser]:
        """The users whose these addresses are (lower-case), by address. Reads through all users once."""
        query = select(directory_users).where(directory_users.c.tenant_id == self.tenant_id)
        rows = self.unit.connection.execute(query, execution_options={"yield_per": 1000}) if addresses else ()
        found = ((one, row) for row in rows for one in row.addresses if one in addresses)
        return {address: _user(row) for address, row in found}

    def users_seen(self, ids: Sequence[str], number: int) -> dict[str, DirectoryUser]:
        """Those of these users that full sync `number`, or what came after it, has written."""
        rows = self._seen(directory_users, ids, number)
        return {row.id: _user(row) for row in rows}

    def groups_seen(self, ids: Sequence[str], number: int) -> dict[str, DirectoryGroup]:
        """The same for groups, without their members."""
        rows = self._seen(directory_groups, ids, number)
        return {row.id: DirectoryGroup(row.id, row.display_name, row.mail, row.kind, ()) for row in rows}

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

    def _dynamic_groups(self) -> Select[tuple[str]]:
        table = directory_groups.c
        return select(table.id).where(table.tenant_id == self.tenant_id, table.kind == DYNAMIC_GROUP)

    def _from_exchange(self) -> tuple[set[DirectoryUser], set[DirectoryGroup]]:
        """The contacts, and the dynamic groups with their members in order."""
        users, groups, members = directory_users.c, directory_groups.c, directory_members.c
        contacts = select(directory_users).where(users.tenant_id == self.tenant_id, users.mailbox_type == CONTACT)
        pairs = select(members.group_id, members.member_id).where(
            members.tenant_id == self.tenant_id, members.group_id.in_(self._dynamic_groups())
        )
        of: dict[str, list[str]] = {}
        for row in self.unit.connection.execute(pairs):
            of.setdefault(row.group_id, []).append(row.member_id)
        listed = select(directory_groups).where(groups.tenant_id == self.tenant_id, groups.kind == DYNAMIC_GROUP)
        return {_user(row) for row in self.unit.connection.execute(contacts)}, {
            DirectoryGroup(row.id, row.display_name, row.mail, row.kind, tuple(sorted(of.get(row.id, ()))))
            for row in self.unit.connection.execute(listed)
        }

    def _seen(self, table: Table, ids: Sequence[str], number: int) -> Sequence[Row[Any]]:
        wanted = (table.c.tenant_id == self.tenant_id, table.c.id.in_(ids), table.c.round >= number)
        return self.unit.connection.execute(select(table).where(*wanted)).all() if ids else []

    def _most(self, *tables: Table) -> int:
        queries = [select(func.max(table.c.round)).where(table.c.tenant_id == self.tenant_id) for table in tables]
        return max(int(self.unit.connection.execute(query).scalar_one() or 0) for query in queries)

    def _upsert(self, table: Table, keys: tuple[str, ...], rows: Sequence[dict[str, object]]) -> None:
        if not rows:
            return
        columns = tuple(name for name in rows[0] if name not in keys)
        statement = self.unit.dialect.insert_or_replace(table, keys, columns)
        self.unit.connection.execute(statement, [{"tenant_id": self.tenant_id, **row} for row in rows])

    def _delete(self, table: Table, condition: ColumnElement[bool]) -> None:
        self.unit.connection.execute(delete(table).where(table.c.tenant_id == self.tenant_id, condition))

    def _count(self, table: Table) -> int:
        query = select(func.count()).select_from(table).where(table.c.tenant_id == self.tenant_id)
        return int(self.unit.connection.execute(query).scalar_one())


def _user(row: Row[Any]) -> DirectoryUser:
    return DirectoryUser(
        row.id, row.display_name, row.user_principal_name, tuple(row.addresses), row.enabled, row.mailbox_type,
        row.job_title, row.department, row.language,
    )  # fmt: skip
