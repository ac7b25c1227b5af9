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
from lockgate.storage.group_commit import GroupCommitter
from lockgate.storage.schema.custody import deferrals, settlements
from lockgate.storage.settling_rows import Group
from lockgate.storage.unit_of_work import Database, Unit

SHARDS = 16  # gateway processes that count without waiting for each other
THREADS = 8  # that read or sync content at once


class StoredLedger:
    """One per gateway process. Close it before the process ends."""

    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._shard = os.getpid() % SHARDS
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ledger")
        self._committer = GroupCommitter(self._commit, name="ledger-writer")

    async def earlier(self, tenant_id: str, direction: Direction, network_message_id: str, sha256: str) -> Earlier:
        """See `gateway.ports.Ledger`; raises TemporaryError when the database is away."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, self._earlier, tenant_id, direction, network_message_id, sha256
        )

    async def keep_content(self, content: Sequence[bytes]) -> str:
        """See `gateway.ports.Ledger`; raises TemporaryError when it cannot be written."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._blobs.put, content, self._clock())

    async def settle(self, settling: Settling) -> None:
        """See `gateway.ports.Ledger`; raises TemporaryError when the database is away, and then nothing is stored."""
        await self._committer.submit(settling)

    async def close(self) -> None:
        """Commit what was asked for and end the threads."""
        await self._committer.close()
        await asyncio.to_thread(self._threads.shutdown)

    def _commit(self, settlings: Sequence[Settling]) -> None:
        group = Group()
        for settling in settlings:
            group.add(settling)
        with self._database.write() as unit:
            group.write(unit, self._shard)

    def _earlier(self, tenant_id: str, direction: Direction, network_message_id: str, sha256: str) -> Earlier:
        with self._database.read() as unit:
            settled = _settled(unit, tenant_id, direction, network_message_id, sha256)
            return Earlier(settled, _deferrals(unit, tenant_id, network_message_id, sha256))


def _settled(
    unit: Unit, tenant_id: str, direction: Direction, network_message_id: str, sha256: str
) -> dict[str, State]:
    table = settlements.c
    query = select(table.rcpt_to, table.state).where(
        table.tenant_id == tenant_id,
        table.direction == direction.value,
        table.network_message_id == network_message_id,
        table.sha256 == sha256,
    )
    return {row.rcpt_to: State(row.state) for row in unit.connection.execute(query)}


def _deferrals(unit: Unit, tenant_id: str, network_message_id: str, sha256: str) -> int:
    table = deferrals.c
    query = select(table.count).where(
        table.tenant_id == tenant_id, table.network_message_id == network_message_id, table.sha256 == sha256
    )
    return unit.connection.execute(query).scalar_one_or_none() or 0
