"""Users, groups and domains of a tenant, page by page into our database: all of it first, then only what changed.

Rule: memory holds one page. A sync that dies leaves what was there before; the delta link moves only at the end, so
that the next run reads again what this one may not have written (microsoft-365.md §2.2).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from lockgate.microsoft365.directory_objects import (
    GROUP_FIELDS,
    GROUP_KEYS,
    USER_FIELDS,
    USER_KEYS,
    as_group,
    as_user,
    latest,
    member_changes,
)
from lockgate.microsoft365.graph_client import DeltaExpired, GraphClient, Json
from lockgate.model.clock import Clock
from lockgate.model.errors import TemporaryError
from lockgate.storage.directory import DeltaLink, DirectoryStore
from lockgate.storage.unit_of_work import Database

log = structlog.get_logger()
FULL_TRIES = 3  # of reading everything, when Microsoft forgets in the middle what it was sending
Report = Callable[[int], None]  # how many objects so far
Write = Callable[[DirectoryStore, list[Json], int], None]


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

    async def _sync(self, kind: str, fields: str, write: Write, report: Report) -> None:
        last = await asyncio.to_thread(self._link, kind)
        if last is not None:
            try:
                total, link = await self._read(last.link, last.round, write, report)
            except DeltaExpired:
                log.info("the delta link has expired; everything is read anew", tenant=self.tenant_id, kind=kind)
            else:
                await asyncio.to_thread(self._end_delta, kind, DeltaLink(link, last.round, self.clock()), total > 0)
                return
        await self._read_all(kind, fields, write, report)

    async def _read_all(self, kind: str, fields: str, write: Write, report: Report) -> None:
        for _ in range(FULL_TRIES):
            number = await asyncio.to_thread(self._next_round, kind)
            try:
                _, link = await self._read(f"/{kind}/delta", number, write, report, fields)
            except DeltaExpired:  # Microsoft has forgotten what it was sending us: begin again
                continue
            await asyncio.to_thread(self._end_full, kind, DeltaLink(link, number, self.clock()))
            return
        raise TemporaryError(f"Microsoft Graph breaks off sending {kind}; try again later.")

    async def _read(self, start: str, number: int, write: Write, report: Report, fields: str = "") -> tuple[int, str]:
        """Write page after page; how many objects came, and where the next delta begins."""
        total, link = 0, ""
        query = {"$select": fields} if fields else {}
        async for page in self.graph.pages(start, **query):
            await asyncio.to_thread(self._write, write, page.items, number)
            total += len(page.items)
            link = page.delta_link or link
            report(total)
        if not link:
            raise TemporaryError("Microsoft Graph ended a list of changes without a link to go on; try again later.")
        return total, link

    def _write(self, write: Write, items: list[Json], number: int) -> None:
        if items:
            with self.database.write() as unit:
                write(DirectoryStore(unit, self.tenant_id), items, number)

    def _write_users(self, store: DirectoryStore, items: list[Json], number: int) -> None:
        alive, gone = latest(items)
        store.remove_users(gone)
        known = store.users_seen([one for one, item in alive.items() if not item.keys() >= USER_KEYS], number)
        store.put_users([as_user(item, known.get(one)) for one, item in alive.items()], number)

    def _write_groups(self, store: DirectoryStore, items: list[Json], number: int) -> None:
        alive, gone = latest(items)
        store.remove_groups(gone)
        known = store.groups_seen([one for one, item in alive.items() if not item.keys() >= GROUP_KEYS], number)
        store.put_groups([as_group(item, known.get(one)) for one, item in alive.items()], number)
        store.change_members(member_changes(items, alive.keys()), number)

    def _link(self, kind: str) -> DeltaLink | None:
        with self.database.read() as unit:
            return DirectoryStore(unit, self.tenant_id).link(kind)

    def _next_round(self, kind: str) -> int:
        with self.database.read() as unit:
            return DirectoryStore(unit, self.tenant_id).next_round(kind)

    def _end_delta(self, kind: str, link: DeltaLink, changed: bool) -> None:
        with self.database.write() as unit:
            DirectoryStore(unit, self.tenant_id).keep_link(kind, link, changed=changed)

    def _end_full(self, kind: str, link: DeltaLink) -> None:
        with self.database.write() as unit:
            DirectoryStore(unit, self.tenant_id).end_full(kind, link)
