"""The durable memory of the mail path; implements `gateway.ports.Ledger`.

Rule: `settle` returns after the commit, and a commit holds all of a unit or nothing of it. Content is durable
before the record that names it.
"""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from lockgate.model.clock import Clock
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.settling import Earlier, Settling
from lockgate.storage.blobs import Blobs
from lockgate.storage.grouping import Grouping
from lockgate.storage.prepared import AnyQuery, Placeholders, find_among
from lockgate.storage.schema.custody import NETWORK_MESSAGE_ID, deferrals, settlements
from lockgate.storage.settling_rows import Group
from lockgate.storage.unit_of_work import Database, Unit

SHARDS = 16  # gateway processes that count without waiting for each other
THREADS = 8  # that sync content to disk at once

Wanted = tuple[str, str, str, str]  # tenant id, direction, network message id, SHA-256 of the content


class StoredLedger:
    """One per gateway process. Close it before the process ends."""

    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._shard = os.getpid() % SHARDS
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ledger-content")
        self._writer: Grouping[Settling, None] = Grouping(self._commit, name="ledger-writer")
        self._reader: Grouping[Wanted, Earlier] = Grouping(self._look_up, name="ledger-reader")

    async def earlier(self, tenant_id: str, direction: Direction, network_message_id: str, sha256: str) -> Earlier:
        """See `gateway.ports.Ledger`; raises TemporaryError when the database is away."""
        return await self._reader.submit((tenant_id, direction.value, network_message_id, sha256))

    async def keep_content(self, content: Sequence[bytes]) -> str:
        """See `gateway.ports.Ledger`; raises TemporaryError when it cannot be written."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._blobs.put, content, self._clock())

    async def settle(self, settling: Settling) -> None:
        """See `gateway.ports.Ledger`; raises TemporaryError when the database is away, and then nothing is stored."""
        await self._writer.submit(settling)

    async def close(self) -> None:
        """Commit what was asked for and end the threads."""
        await self._writer.close()
        await self._reader.close()
        await asyncio.to_thread(self._threads.shutdown)

    def _commit(self, settlings: Sequence[Settling]) -> list[None]:
        group = Group()
        for settling in settlings:
            group.add(settling)
        with self._database.write() as unit:
            group.write(unit, self._shard)
        return [None] * len(settlings)

    def _look_up(self, wanted: Sequence[Wanted]) -> list[Earlier]:
        keys = [(tenant, direction, NETWORK_MESSAGE_ID.stored(named), sha) for tenant, direction, named, sha in wanted]
        ids = {named for _, _, named, _ in keys}
        with self._database.read() as unit:
            settled = _settled(unit, ids)
            deferred = _deferred(unit, ids)
        return [Earlier(settled.get(key, {}), deferred.get((key[0], key[2], key[3]), 0)) for key in keys]


def _settled(unit: Unit, ids: set[str]) -> dict[Wanted, dict[str, State]]:
    found: dict[Wanted, dict[str, State]] = {}
    for row in find_among(unit, _settlements_of, ids):
        key = (row.tenant_id, row.direction, row.network_message_id, row.sha256)
        found.setdefault(key, {})[row.rcpt_to] = State(row.state)
    return found


def _deferred(unit: Unit, ids: set[str]) -> dict[tuple[str, str, str], int]:
    rows = find_among(unit, _deferrals_of, ids)
    return {(row.tenant_id, row.network_message_id, row.sha256): row.tries for row in rows}


def _settlements_of(ids: Placeholders) -> AnyQuery:
    table = settlements.c
    return select(
        table.tenant_id, table.direction, table.network_message_id, table.sha256, table.rcpt_to, table.state
    ).where(table.network_message_id.in_(ids))


def _deferrals_of(ids: Placeholders) -> AnyQuery:
    table = deferrals.c
    return select(table.tenant_id, table.network_message_id, table.sha256, table.count.label("tries")).where(
        table.network_message_id.in_(ids)
    )
