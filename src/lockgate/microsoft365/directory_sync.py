"""Users, groups and domains of a tenant, page by page into our database: all of it first, then only what changed.

Rule: memory holds one page. A sync that dies leaves what was there before; the delta link moves only at the end, so
that the next run reads again what this one may not have written (microsoft-365.md §2.2).
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lockgate.microsoft365.graph_client import DeltaExpired, GraphClient, Json
from lockgate.model.clock import Clock
from lockgate.model.directory import DirectoryGroup, DirectoryUser
from lockgate.storage.directory import DeltaLink, DirectoryStore
from lockgate.storage.unit_of_work import Database

USER_FIELDS = (
    "id,userPrincipalName,mail,proxyAddresses,accountEnabled,userType,displayName,jobTitle,department,deletedDateTime"
)
GROUP_FIELDS = "id,displayName,mail,groupTypes,mailEnabled,securityEnabled,members"
Report = Callable[[int], None]  # how many objects so far


@dataclass(frozen=True, slots=True)
class Organisation:
    """What Graph says of the tenant itself. `domains` are verified and lower-case."""

    tenant_id: str
    display_name: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DirectorySync:
    """Syncs one tenant."""

    graph: GraphClient
    database: Database
    tenant_id: str
    clock: Clock

    async def organisation(self) -> Organisation:
        """The tenant's name and verified domains."""
        found = (await self.graph.get("/organization"))["value"][0]
        domains: list[str] = []
        async for page in self.graph.pages("/domains"):
            domains += [str(item["id"]).lower() for item in page.items if item.get("isVerified")]
        return Organisation(str(found["id"]).lower(), str(found.get("displayName") or ""), tuple(domains))

    async def users(self, report: Report) -> None:
        """Bring the users up to date."""
        await self._sync("users", USER_FIELDS, self._write_users, report)

    async def groups(self, report: Report) -> None:
        """Bring groups and memberships up to date."""
        await self._sync("groups", GROUP_FIELDS, self._write_groups, report)

    async def _sync(
        self, kind: str, fields: str, write: Callable[[DirectoryStore, list[Json], int], None], report: Report
    ) -> None:
        last = await asyncio.to_thread(self._link, kind)
        if last is not None:
            try:
                await self._read(kind, last.link, last.round, write, report)
            except DeltaExpired:
                last = None
        if last is None:
            number = self._next_round(await asyncio.to_thread(self._link, kind))
            await self._read(kind, f"/{kind}/delta", number, write, report, fields)
            await asyncio.to_thread(self._forget_older, kind, number)

    async def _read(
        self, kind: str, start: str, number: int, write: Callable[[DirectoryStore, list[Json], int], None],
        report: Report, fields: str = "",
    ) -> None:  # fmt: skip
        total, link = 0, ""
        query = {"$select": fields} if fields else {}
        async for page in self.graph.pages(start, **query):
            await asyncio.to_thread(self._write, write, page.items, number)
            total += len(page.items)
            link = page.delta_link or link
            report(total)
        await asyncio.to_thread(self._keep_link, kind, DeltaLink(link, number, self.clock()))

    def _write(self, write: Callable[[DirectoryStore, list[Json], int], None], items: list[Json], number: int) -> None:
        with self.database.write() as unit:
            write(DirectoryStore(unit, self.tenant_id), items, number)

    def _write_users(self, store: DirectoryStore, items: list[Json], number: int) -> None:
        store.remove_users([item["id"] for item in items if "@removed" in item])
        store.put_users((as_user(item) for item in items if "@removed" not in item), number)

    def _write_groups(self, store: DirectoryStore, items: list[Json], number: int) -> None:
        store.remove_groups([item["id"] for item in items if "@removed" in item])
        alive = [item for item in items if "@removed" not in item]
        for item in alive:
            gone = [member["id"] for member in item.get("members@delta", []) if "@removed" in member]
            store.remove_members(item["id"], gone)
        store.put_groups((as_group(item) for item in alive), number)

    def _link(self, kind: str) -> DeltaLink | None:
        with self.database.read() as unit:
            return DirectoryStore(unit, self.tenant_id).link(kind)

    def _keep_link(self, kind: str, link: DeltaLink) -> None:
        with self.database.write() as unit:
            DirectoryStore(unit, self.tenant_id).keep_link(kind, link)

    def _forget_older(self, kind: str, number: int) -> None:
        with self.database.write() as unit:
            DirectoryStore(unit, self.tenant_id).forget_older(kind, number)

    @staticmethod
    def _next_round(last: DeltaLink | None) -> int:
        return last.round + 1 if last else 1


def as_user(item: Json) -> DirectoryUser:
    """A Graph user. `SMTP:` marks the primary address, `smtp:` the others."""
    proxies = [str(entry) for entry in item.get("proxyAddresses") or ()]
    primary = [entry[5:] for entry in proxies if entry.startswith("SMTP:")]
    others = [entry[5:] for entry in proxies if entry.startswith("smtp:")]
    mail = [str(item["mail"])] if item.get("mail") else []
    return DirectoryUser(
        id=str(item["id"]),
        display_name=_text(item, "displayName"),
        user_principal_name=_text(item, "userPrincipalName").lower(),
        addresses=_unique([*primary, *mail, *others]),
        enabled=bool(item.get("accountEnabled", True)),
        mailbox_type=_text(item, "userType"),
        job_title=_text(item, "jobTitle"),
        department=_text(item, "department"),
    )


def as_group(item: Json) -> DirectoryGroup:
    """A Graph group with the members that this page adds."""
    members = tuple(member["id"] for member in item.get("members@delta", []) if "@removed" not in member)
    return DirectoryGroup(
        str(item["id"]), _text(item, "displayName"), _text(item, "mail").lower(), _kind(item), members
    )


def _kind(item: Json) -> str:
    if "Unified" in (item.get("groupTypes") or ()):
        return "microsoft365"
    if item.get("mailEnabled"):
        return "mail-enabled-security" if item.get("securityEnabled") else "distribution"
    return "security"


def _text(item: Json, name: str) -> str:
    return str(item.get(name) or "")


def _unique(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.strip().lower() for address in addresses if address))
