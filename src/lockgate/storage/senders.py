"""Who wrote to a tenant before, and to whom the tenant wrote: one small row per address, kept in the trace's commit.

Rule: only mail that went through counts. Otherwise an attacker whose messages are all held would become known.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select

from lockgate.model.envelope import Direction
from lockgate.model.facts import SenderHistory
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace
from lockgate.storage.grouping import Grouping
from lockgate.storage.prepared import AnyQuery, Placeholders, find_among, insert_or_add
from lockgate.storage.schema.column_types import to_moment
from lockgate.storage.schema.traces import ADDRESS, sender_history
from lockgate.storage.unit_of_work import Database, Unit

WENT_THROUGH = frozenset({State.RELAYED, State.QUEUED})

UNKNOWN = SenderHistory(0)

Correspondent = tuple[str, str]  # tenant id, address in lower case


@dataclass(slots=True)
class Correspondence:
    """What a group of messages adds."""

    messages: Counter[Correspondent] = field(default_factory=Counter)
    wrote_to: Counter[Correspondent] = field(default_factory=Counter)
    at: datetime | None = None

    def add(self, trace: MessageTrace) -> None:
        """Count the message when it went through to somebody."""
        reached = [one.rcpt_to.lower() for one in trace.recipients if one.state in WENT_THROUGH]
        if not reached:
            return
        self.at = trace.received_at
        match trace.direction:
            case Direction.INBOUND:
                self.messages[trace.tenant_id, trace.header_from.lower()] += 1
            case Direction.OUTBOUND:
                self.wrote_to.update((trace.tenant_id, address) for address in reached)
            case None:
                pass


class Senders:
    """The rows, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, new: Correspondence) -> None:
        """Add counts; rows are touched in a fixed order so that nodes do not deadlock."""
        rows = [
            {
                "tenant_id": tenant_id,
                "address": address,
                "messages": new.messages[tenant_id, address],
                "wrote_to": new.wrote_to[tenant_id, address],
                "first_seen": new.at,
                "last_seen": new.at,
            }
            for tenant_id, address in sorted(new.messages.keys() | new.wrote_to.keys())
            if address
        ]
        if rows:
            keys, sums = ("tenant_id", "address"), ("messages", "wrote_to")
            insert_or_add(self._unit, sender_history, keys, sums, rows, newest=("last_seen",))

    def histories(self, wanted: Sequence[Correspondent]) -> list[SenderHistory]:
        """What is known of each address."""
        keys = [(tenant_id, ADDRESS.stored(address.lower())) for tenant_id, address in wanted]
        tenant_ids, addresses = {tenant_id for tenant_id, _ in keys}, {name for _, name in keys}
        found = {
            (row.tenant_id, row.address): SenderHistory(row.messages, to_moment(row.first_seen), row.wrote_to)
            for row in find_among(self._unit, _known, tenant_ids, addresses)
        }
        return [found.get(key, UNKNOWN) for key in keys]

    def prune(self, older_than: datetime) -> int:
        """Forget addresses that were last seen before that moment; how many there were."""
        return self._unit.connection.execute(
            delete(sender_history).where(sender_history.c.last_seen < older_than)
        ).rowcount


def _known(tenant_ids: Placeholders, addresses: Placeholders) -> AnyQuery:
    table = sender_history.c
    return select(table.tenant_id, table.address, table.messages, table.wrote_to, table.first_seen).where(
        table.tenant_id.in_(tenant_ids), table.address.in_(addresses)
    )


class SenderHistories:
    """Implements `gateway.ports.Senders`. One per gateway process; close it before the process ends."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader: Grouping[Correspondent, SenderHistory] = Grouping(self._look_up, name="sender-history")

    async def history(self, tenant_id: str, header_from: str) -> SenderHistory:
        """What the tenant has seen of the address; raises TemporaryError when the database is away."""
        return await self._reader.submit((tenant_id, header_from))

    async def close(self) -> None:
        """End the thread."""
        await self._reader.close()

    def _look_up(self, wanted: Sequence[Correspondent]) -> list[SenderHistory]:
        with self._database.read() as unit:
            return Senders(unit).histories(wanted)
