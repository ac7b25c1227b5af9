"""The outbox: messages that some recipients have already, and that the others must get too.

Rule: a node takes a message by lease; a node that dies loses it when the lease ends. A recipient leaves the outbox
only by compare-and-set.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Row, delete, exists, func, select, update

from lockgate.model.custody import Queued
from lockgate.model.envelope import Direction, Recipient
from lockgate.model.lifecycle import State, may_become
from lockgate.storage.prepared import insert_rows
from lockgate.storage.schema.custody import held, outbox, outbox_recipients
from lockgate.storage.settling_rows import queued_recipient_rows, queued_row
from lockgate.storage.trace_notes import note_states
from lockgate.storage.unit_of_work import Unit

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits: recipients, and since when the oldest message."""

    recipients: int
    oldest: datetime | None


class Outbox:
    """The outbox, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def take_due(self, now: datetime, lease: timedelta, limit: int = 20) -> list[Queued]:
        """Messages whose next try is due, each with the recipients that still wait, ours until the lease ends."""
        table = outbox.c
        due = (
            select(table.id)
            .where(table.next_try_at <= now, table.leased_until <= now)
            .order_by(table.next_try_at, table.id)
            .limit(limit)
        )
        ids = [row[0] for row in self._unit.connection.execute(self._unit.dialect.claim(due, table.id))]
        self._unit.connection.execute(update(outbox).where(table.id.in_(ids)).values(leased_until=now + lease))
        return self._queued(ids)

    def get(self, queued_id: str) -> Queued | None:
        """The message with the recipients that still wait, or None."""
        found = self._queued([queued_id])
        return found[0] if found else None

    def move(self, item: Queued, rcpt_tos: Sequence[str], then: State, *, at: datetime, reply: str) -> tuple[str, ...]:
        """Move waiting recipients to RELAYED, JUNKED or BOUNCED; the addresses that were moved."""
        if not may_become(State.QUEUED, then):
            raise ValueError(f"{State.QUEUED} never becomes {then}")
        table = outbox_recipients.c
        statement = (
            update(outbox_recipients)
            .where(table.queued_id == item.id, table.rcpt_to.in_(rcpt_tos), table.state == State.QUEUED.value)
            .values(state=then.value, changed_at=at, reply=reply)
            .returning(table.rcpt_to)
        )
        moved = tuple(self._unit.connection.execute(statement).scalars())
        note_states(self._unit, item.message_id, moved, then, at, reply=reply)
        return moved

    def add(self, item: Queued) -> None:
        """One more message that is ours to deliver; its content is durable already."""
        insert_rows(self._unit, outbox, [queued_row(item)])
        insert_rows(self._unit, outbox_recipients, queued_recipient_rows(item))

    def try_again(self, item: Queued, next_try_at: datetime, reply: str) -> None:
        """Give the message back for a later try, and say what was answered this time."""
        table = outbox.c
        self._unit.connection.execute(
            update(outbox)
            .where(table.id == item.id)
            .values(next_try_at=next_try_at, leased_until=next_try_at, attempts=table.attempts + 1, last_reply=reply)
        )

    def finish(self, item: Queued) -> str:
        """Close the message when nobody waits any more; the content's key to delete after the commit, or empty."""
        table = outbox.c
        waits = exists().where(
            outbox_recipients.c.queued_id == table.id, outbox_recipients.c.state == State.QUEUED.value
        )
        statement = update(outbox).where(table.id == item.id, table.blob == item.blob, ~waits)
        changed = self._unit.connection.execute(statement.values(blob="", next_try_at=NEVER)).rowcount
        if not item.blob or changed == 0:
            return ""
        named = select(exists().where(table.blob == item.blob) | exists().where(held.c.blob == item.blob))
        return "" if self._unit.connection.execute(named).scalar_one() else item.blob

    def backlog(self) -> Backlog:
        """How much waits."""
        query = select(func.count(), func.min(outbox.c.queued_at)).where(
            outbox.c.id == outbox_recipients.c.queued_id, outbox_recipients.c.state == State.QUEUED.value
        )
        total, oldest = self._unit.connection.execute(query).one()
        return Backlog(total, oldest)

    def backlog_by_organisation(self) -> dict[str, Backlog]:
        """How much waits, by tenant id."""
        query = (
            select(outbox.c.tenant_id, func.count(), func.min(outbox.c.queued_at))
            .where(outbox.c.id == outbox_recipients.c.queued_id, outbox_recipients.c.state == State.QUEUED.value)
            .group_by(outbox.c.tenant_id)
        )
        return {row[0]: Backlog(row[1], row[2]) for row in self._unit.connection.execute(query)}

    def prune(self, older_than: datetime) -> int:
        """Delete finished messages that were queued before that moment; how many."""
        finished = (outbox.c.queued_at < older_than, outbox.c.next_try_at == NEVER)
        return self._unit.connection.execute(delete(outbox).where(*finished)).rowcount

    def _queued(self, ids: Sequence[str]) -> list[Queued]:
        table = outbox_recipients.c
        waiting: dict[str, list[Recipient]] = {}
        query = (
            select(table.queued_id, table.recipient)
            .where(table.queued_id.in_(ids), table.state == State.QUEUED.value)
            .order_by(table.queued_id, table.position)
        )
        for row in self._unit.connection.execute(query):
            waiting.setdefault(row.queued_id, []).append(row.recipient)
        rows = self._unit.connection.execute(select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.queued_at))
        return [_queued(row, tuple(waiting.get(row.id, ()))) for row in rows]


def _queued(row: Row[tuple[object, ...]], waiting: tuple[Recipient, ...]) -> Queued:
    plain = {name: row._mapping[name] for name in Queued.__slots__}
    plain["direction"] = Direction(plain["direction"])
    plain["envelope"] = replace(plain["envelope"], recipients=waiting)
    return Queued(**plain)
