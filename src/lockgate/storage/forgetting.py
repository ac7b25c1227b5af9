"""How rows of one kind are forgotten: weeks that are too old for everybody whole, the rest in portions.

Rule: no unit deletes more than a portion, so that the mail path does not wait. Where the database keeps weeks, what
is in one that will be dropped within days is left to that, so a row may stay up to seven days longer than its time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Table, delete, select, tuple_

from lockgate.model.access import Scope
from lockgate.storage import weeks
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Database, Unit

PORTION = 2000  # rows deleted in one unit
NOBODY: frozenset[str] = frozenset()
Prune = Callable[[Unit, datetime, Scope, frozenset[str]], int]  # what is older, of the scope, and not of these


@dataclass(frozen=True, slots=True)
class Kept:
    """How long rows are kept: usually, and of organisations that want it otherwise."""

    usual: timedelta
    own: Mapping[str, timedelta] = field(default_factory=dict)

    def at_most(self, other: "Kept") -> "Kept":
        """No longer than `other`, for anybody."""
        known = {*self.own, *other.own}
        own = {one: min(self.own.get(one, self.usual), other.own.get(one, other.usual)) for one in known}
        return Kept(min(self.usual, other.usual), own)


def forget_log(
    database: Database, tables: tuple[Table, ...], kept: Kept, now: datetime, prune: Prune | None = None
) -> int:
    """Forget what is too old in the first of `tables`, and what belongs to it in the others; how many of the first."""
    own, longest, remove = kept.own, max((kept.usual, *kept.own.values())), prune or rows_of(tables[0])
    with database.write() as unit:
        total = weeks.drop(unit.connection, tables, now - longest)
        first = weeks.first_kept(unit.connection, tables[0])

    def cut(age: timedelta) -> datetime:
        moment = now - age
        return moment if age < longest or first is None else min(moment, first)

    def portions(age: timedelta, scope: Scope = None, but: frozenset[str] = NOBODY) -> int:
        return in_portions(database, lambda unit: remove(unit, cut(age), scope, but))

    total += portions(kept.usual, but=frozenset(own))
    return total + sum(portions(age, frozenset({one})) for one, age in own.items())


def in_portions(database: Database, remove: Callable[[Unit], int]) -> int:
    """Call `remove` in one unit after the other until it finds less than a portion; how many in all."""
    total = 0
    while True:
        with database.write() as unit:
            deleted = remove(unit)
        total += deleted
        if deleted < PORTION:
            return total


def rows_of(table: Table) -> Prune:
    """Deletes the oldest portion of a table that is in weeks, by its primary key."""
    keys, moment = tuple(table.primary_key.columns), table.c[weeks.IN_WEEKS[table]]

    def remove(unit: Unit, older_than: datetime, scope: Scope, but: frozenset[str]) -> int:
        organisation = table.c.tenant_id
        old = (moment < older_than, organisation.not_in(but), *within(organisation, scope))
        oldest = select(*keys).where(*old).order_by(moment).limit(PORTION)
        # The moment is named again, so that only the weeks that can hold such rows are looked into.
        return unit.connection.execute(delete(table).where(moment < older_than, tuple_(*keys).in_(oldest))).rowcount

    return remove
