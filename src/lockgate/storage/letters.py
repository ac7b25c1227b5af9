"""Mail of our own on its way out: notifications today, digests and reports alike.

Rule: a node takes a letter by lease. One that dies between the server's yes and our note of it sends it again, with the
same Message-ID; of the two ways to be wrong, the one that loses nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Row, delete, func, insert, select, update

from lockgate.model.notification import Letter
from lockgate.storage.schema.notifications import letters
from lockgate.storage.unit_of_work import Unit

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
DIGEST = "digest"  # the purpose of letters to people, about what is held for them or what they reported; there are many
NOTICE = "notice"  # of letters that an organisation's own notifications write; there may be many too
MANY = (DIGEST, NOTICE)


class Letters:
    """The letters, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, letter: Letter) -> None:
        """One more, due at once."""
        row = {name: getattr(letter, name) for name in Letter.__slots__}
        row |= {"recipients": list(letter.recipients), "next_try_at": letter.made_at}
        self._unit.connection.execute(insert(letters).values(row))

    def add_once(self, letter: Letter) -> None:
        """One more, unless there is one with its id."""
        if self._unit.connection.execute(select(letters.c.id).where(letters.c.id == letter.id)).first() is None:
            self.add(letter)

    def last_made(self, purpose: str) -> datetime | None:
        """When the newest letter of this purpose was made."""
        query = select(func.max(letters.c.made_at)).where(letters.c.purpose == purpose)
        found: datetime | None = self._unit.connection.execute(query).scalar_one()
        return found

    def take_due(self, now: datetime, lease: timedelta, limit: int = 10) -> list[Letter]:
        """Letters whose next try is due, ours until the lease ends; news of the installation go before what is MANY."""
        table = letters.c
        order = (table.purpose.in_(MANY), table.next_try_at, table.id)
        due = select(table.id).where(table.next_try_at <= now).order_by(*order).limit(limit)
        ids = [row[0] for row in self._unit.connection.execute(self._unit.dialect.claim(due, table.id))]
        changed = update(letters).where(table.id.in_(ids))
        self._unit.connection.execute(changed.values(next_try_at=now + lease, attempts=table.attempts + 1))
        rows = self._unit.connection.execute(select(letters).where(table.id.in_(ids)).order_by(table.made_at))
        return [_letter(row) for row in rows]

    def sent(self, letter_id: str, at: datetime, remark: str = "") -> None:
        """The server has it; `remark` says whom it did not take it for."""
        self._change(letter_id, sent_at=at, next_try_at=NEVER, content=b"", problem=remark)

    def try_again(self, letter_id: str, at: datetime | None, problem: str) -> None:
        """It could not be sent; None gives it up."""
        self._change(letter_id, next_try_at=at or NEVER, problem=problem)

    def newest(self, limit: int = 10) -> list[Letter]:
        """Those to whoever runs the installation, the newest first."""
        mine = select(letters).where(letters.c.purpose.not_in(MANY))
        query = mine.order_by(letters.c.made_at.desc(), letters.c.id).limit(limit)
        return [_letter(row) for row in self._unit.connection.execute(query)]

    def among(self, ids: Sequence[str]) -> list[Letter]:
        """Those of these letters that are kept, the newest first."""
        query = select(letters).where(letters.c.id.in_(ids)).order_by(letters.c.made_at.desc(), letters.c.id)
        return [_letter(row) for row in self._unit.connection.execute(query)]

    def waiting(self) -> tuple[int, datetime | None, str]:
        """How many are not sent and not given up, when the oldest was made, and the last problem of that one."""
        table = letters.c
        open_ones = (table.sent_at.is_(None), table.next_try_at < NEVER)
        count, oldest = self._unit.connection.execute(
            select(func.count(), func.min(table.made_at)).where(*open_ones)
        ).one()
        first = select(table.problem).where(*open_ones).order_by(table.made_at, table.id).limit(1)
        return int(count), oldest, self._unit.connection.execute(first).scalar_one_or_none() or ""

    def prune(self, older_than: datetime) -> int:
        """Delete those made before that moment; how many there were."""
        return self._unit.connection.execute(delete(letters).where(letters.c.made_at < older_than)).rowcount

    def _change(self, letter_id: str, **values: object) -> None:
        self._unit.connection.execute(update(letters).where(letters.c.id == letter_id).values(**values))


def _letter(row: Row[tuple[object, ...]]) -> Letter:
    plain = {name: row._mapping[name] for name in Letter.__slots__}
    plain["recipients"] = tuple(plain["recipients"])
    return Letter(**plain)
