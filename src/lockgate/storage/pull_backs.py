"""Delivered messages that are taken back, in one unit of work.

Rule: a row says what is durable. A step that died is taken up from its row, and doing it again changes nothing.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy import delete as delete_from

from lockgate.model.pull_back import Copy, CopyState, Destination, PullBack
from lockgate.storage.schema.pull_backs import pull_back_copies, pull_backs
from lockgate.storage.unit_of_work import Unit


class PullBacks:
    """The requests and their copies."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, one: PullBack, mailboxes: Iterable[str]) -> None:
        """A new request; every mailbox waits to be looked into."""
        row = {name: getattr(one, name) for name in PullBack.__slots__} | {"destination": one.destination.value}
        self._unit.connection.execute(insert(pull_backs).values(row))
        self.put(one.id, [Copy(mailbox, "", CopyState.WAITING, one.asked_at) for mailbox in mailboxes])

    def get(self, pull_back_id: str) -> PullBack | None:
        """The request."""
        row = self._unit.connection.execute(select(pull_backs).where(pull_backs.c.id == pull_back_id)).one_or_none()
        return _pull_back(row) if row else None

    def of(self, message_id: str) -> list[PullBack]:
        """The requests about a message, the newest first."""
        table = pull_backs.c
        query = select(pull_backs).where(table.message_id == message_id).order_by(table.asked_at.desc(), table.id)
        return [_pull_back(row) for row in self._unit.connection.execute(query)]

    def unended(self) -> list[PullBack]:
        """Those with work left."""
        query = select(pull_backs).where(pull_backs.c.ended_at.is_(None)).order_by(pull_backs.c.asked_at)
        return [_pull_back(row) for row in self._unit.connection.execute(query)]

    def put(self, pull_back_id: str, copies: Iterable[Copy]) -> None:
        """Store or replace mailboxes and copies."""
        fields = [name for name in Copy.__slots__ if name not in ("mailbox", "item_id")]
        rows = [
            {name: getattr(one, name) for name in Copy.__slots__}
            | {"pull_back_id": pull_back_id, "state": one.state.value}
            for one in copies
        ]
        if rows:
            keys = ("pull_back_id", "mailbox", "item_id")
            statement = self._unit.dialect.insert_or_replace(pull_back_copies, keys, tuple(fields))
            self._unit.connection.execute(statement, rows)

    def copies(self, pull_back_id: str, states: Collection[CopyState], limit: int) -> list[Copy]:
        """Mailboxes and copies in these states, by mailbox."""
        table = pull_back_copies.c
        query = select(pull_back_copies).where(
            table.pull_back_id == pull_back_id, table.state.in_([one.value for one in states])
        )
        rows = self._unit.connection.execute(query.order_by(table.mailbox, table.item_id).limit(limit))
        return [_copy(row) for row in rows]

    def counts(self, pull_back_id: str) -> dict[CopyState, int]:
        """How many mailboxes and copies are in each state."""
        table = pull_back_copies.c
        query = select(table.state, func.count()).where(table.pull_back_id == pull_back_id).group_by(table.state)
        return {CopyState(row[0]): int(row[1]) for row in self._unit.connection.execute(query)}

    def end(self, pull_back_id: str, at: datetime) -> None:
        """No work is left."""
        statement = update(pull_backs).where(pull_backs.c.id == pull_back_id, pull_backs.c.ended_at.is_(None))
        self._unit.connection.execute(statement.values(ended_at=at))

    def turn_round(self, pull_back_id: str) -> bool:
        """Begin to put back what was pulled; False when somebody has begun, or the pulling has not ended."""
        table = pull_backs.c
        whole = (table.id == pull_back_id, table.ended_at.is_not(None), table.is_return.is_(False))
        statement = update(pull_backs).where(*whole).values(is_return=True, ended_at=None)
        return self._unit.connection.execute(statement).rowcount == 1

    def prune(self, older_than: datetime) -> int:
        """Forget ended requests from before that moment."""
        table = pull_backs.c
        old = delete_from(pull_backs).where(table.ended_at.is_not(None), table.asked_at < older_than)
        return self._unit.connection.execute(old).rowcount


def _pull_back(row: Row[tuple[object, ...]]) -> PullBack:
    plain = {name: row._mapping[name] for name in PullBack.__slots__}
    return PullBack(**plain | {"destination": Destination(plain["destination"])})


def _copy(row: Row[tuple[object, ...]]) -> Copy:
    plain = {name: row._mapping[name] for name in Copy.__slots__}
    return Copy(**plain | {"state": CopyState(plain["state"])})
