"""What people have chosen, how far they were told of what is held for them, and what they wish for.

Rule: how far somebody was told moves only by compare-and-set, in the unit that keeps their letter.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update

from lockgate.model.end_user import Frequency, Wish
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.storage.schema.custody import held, held_recipients
from lockgate.storage.schema.end_users import digest_people, digest_runs, wishes
from lockgate.storage.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody has chosen: None and empty mean the organisation's. `told_until` None: never told."""

    frequency: Frequency | None = None
    language: str = ""
    told_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wished:
    """What somebody has said of a held message."""

    rcpt_to: str
    wish: Wish
    at: datetime


@dataclass(frozen=True, slots=True)
class EndUsers:
    """The people of one organisation, in one unit of work."""

    unit: Unit
    tenant_id: str

    def choice(self, person_id: str) -> Choice:
        """What this person has chosen."""
        return self.choices([person_id]).get(person_id, Choice())

    def choices(self, people: Collection[str]) -> dict[str, Choice]:
        """The choices of those of these people who have a row."""
        table = digest_people.c
        query = select(digest_people).where(table.tenant_id == self.tenant_id, table.person_id.in_(people))
        return {
            row.person_id: Choice(Frequency(row.frequency) if row.frequency else None, row.language, row.told_until)
            for row in self.unit.connection.execute(query)
        }

    def choose(self, person_id: str, frequency: Frequency | None, language: str) -> None:
        """Keep what somebody has chosen."""
        self._ensure(person_id)
        self._update(person_id, frequency=frequency.value if frequency else "", language=language)

    def told(self, person_id: str, before: datetime | None, until: datetime) -> bool:
        """Move on from `before`; False when another process was quicker."""
        self._ensure(person_id)
        table = digest_people.c
        mine = (table.tenant_id == self.tenant_id, table.person_id == person_id)
        unmoved = table.told_until.is_(None) if before is None else table.told_until == before
        statement = update(digest_people).where(*mine, unmoved).values(told_until=until)
        return self.unit.connection.execute(statement).rowcount == 1

    def run_until(self) -> datetime | None:
        """Until when every digest of the organisation is written; None before the first run."""
        query = select(digest_runs.c.until).where(digest_runs.c.tenant_id == self.tenant_id)
        found: datetime | None = self.unit.connection.execute(query).scalar_one_or_none()
        return found

    def ran(self, until: datetime) -> None:
        """Every digest until then is written."""
        statement = self.unit.dialect.insert_or_replace(digest_runs, ("tenant_id",), ("until",))
        self.unit.connection.execute(statement, [{"tenant_id": self.tenant_id, "until": until}])

    def waiting_addresses(self, since: datetime, until: datetime) -> set[str]:
        """The recipients, in lower case, for whom mail from outside was held between these moments and waits."""
        table, one = held.c, held_recipients.c
        query = select(one.rcpt_to_folded).where(
            table.tenant_id == self.tenant_id, table.direction == Direction.INBOUND.value,
            table.held_at > since, table.held_at <= until,
            one.held_id == table.id, one.state == State.QUARANTINED.value,
        ).distinct()  # fmt: skip
        return set(self.unit.connection.execute(query).scalars())

    def _ensure(self, person_id: str) -> None:
        row = {"tenant_id": self.tenant_id, "person_id": person_id, "frequency": "", "language": "", "told_until": None}
        there = select(func.count()).where(
            digest_people.c.tenant_id == self.tenant_id, digest_people.c.person_id == person_id
        )
        if not self.unit.connection.execute(there).scalar_one():
            self.unit.connection.execute(insert(digest_people).values(row))

    def _update(self, person_id: str, **values: str) -> None:
        table = digest_people.c
        mine = (table.tenant_id == self.tenant_id, table.person_id == person_id)
        self.unit.connection.execute(update(digest_people).where(*mine).values(**values))


class Wishes:
    """What people have said of held messages, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, held_id: str, addresses: Collection[str], wish: Wish, at: datetime) -> tuple[str, ...]:
        """Keep it, once for each address; those for whom it is new."""
        said = {one.rcpt_to for one in self.of(held_id) if one.wish is wish}
        new = tuple(one for one in addresses if one not in said)
        rows = [{"held_id": held_id, "rcpt_to": one, "wish": wish.value, "at": at} for one in new]
        if rows:
            self._unit.connection.execute(insert(wishes), rows)
        return new

    def of(self, held_id: str) -> list[Wished]:
        """What was said of this message, the oldest first."""
        query = select(wishes).where(wishes.c.held_id == held_id).order_by(wishes.c.at, wishes.c.rcpt_to)
        return [Wished(row.rcpt_to, Wish(row.wish), row.at) for row in self._unit.connection.execute(query)]
