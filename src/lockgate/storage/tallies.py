"""Counts by the hour, kept in the commit that they count, so that a dashboard never scans the trace.

They say what was answered at the time: a release on the next day does not change them.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import delete, func, select

from lockgate.model.access import Scope
from lockgate.model.trace import MessageTrace
from lockgate.storage.prepared import insert_or_add
from lockgate.storage.schema.column_types import HOUR, to_moment, to_number
from lockgate.storage.schema.traces import hourly_tallies
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Unit

KEYS = ("hour", "tenant_id", "direction", "kind", "value", "shard")


class Kind(StrEnum):
    """What is counted."""

    VERDICT = "verdict"  # messages; the value is empty for one that was not inspected
    STATE = "state"  # recipients
    FINDING = "finding"  # messages, by detector
    MONITORED = "monitored"  # recipients, by the action that monitor-only held back


class TallyKey(NamedTuple):
    """What one counter counts. `hour` is in whole hours since 1970 UTC."""

    hour: int
    tenant_id: str
    direction: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Tally:
    """A count; `hour` is the beginning of the hour."""

    hour: datetime
    direction: str
    kind: Kind
    value: str
    count: int


def count(trace: MessageTrace, into: Counter[TallyKey]) -> None:
    """Add what `trace` is to be counted as."""
    hour = to_number(trace.received_at) // HOUR
    direction = trace.direction.value if trace.direction else ""

    def add(kind: Kind, value: str) -> None:
        into[TallyKey(hour, trace.tenant_id, direction, kind.value, value)] += 1

    add(Kind.VERDICT, trace.verdict.value if trace.verdict else "")
    for detector in {finding.detector for finding in trace.findings}:
        add(Kind.FINDING, detector)
    for recipient in trace.recipients:
        add(Kind.STATE, recipient.state.value)
        for action in recipient.monitored:
            add(Kind.MONITORED, action.value)


class Tallies:
    """The counters, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, counted: Counter[TallyKey], shard: int) -> None:
        """Add counts. Nodes use different shards so that they do not wait for each other's commit."""
        if not counted:
            return
        rows = [key._asdict() | {"shard": shard, "count": number} for key, number in sorted(counted.items())]
        insert_or_add(self._unit, hourly_tallies, KEYS, ("count",), rows)

    def between(
        self, start: datetime, end: datetime, *, tenant_id: str = "", kind: Kind | None = None, scope: Scope = None
    ) -> list[Tally]:
        """Counts of the hours that begin in [start, end), by hour."""
        table = hourly_tallies.c
        hours = (-(-to_number(start) // HOUR), -(-to_number(end) // HOUR))
        query = (
            select(table.hour, table.direction, table.kind, table.value, func.sum(table.count).label("total"))
            .where(table.hour >= hours[0], table.hour < hours[1], *within(table.tenant_id, scope))
            .group_by(table.hour, table.direction, table.kind, table.value)
            .order_by(table.hour, table.direction, table.kind, table.value)
        )
        if tenant_id:
            query = query.where(table.tenant_id == tenant_id)
        if kind is not None:
            query = query.where(table.kind == kind.value)
        return [
            Tally(to_moment(row.hour * HOUR), row.direction, Kind(row.kind), row.value, int(row.total))
            for row in self._unit.connection.execute(query)
        ]

    def verdicts_by_organisation(self, start: datetime, end: datetime) -> dict[str, dict[str, int]]:
        """Messages of the hours that begin in [start, end), by tenant id and verdict."""
        table = hourly_tallies.c
        hours = (-(-to_number(start) // HOUR), -(-to_number(end) // HOUR))
        query = (
            select(table.tenant_id, table.value, func.sum(table.count).label("total"))
            .where(table.hour >= hours[0], table.hour < hours[1], table.kind == Kind.VERDICT.value)
            .group_by(table.tenant_id, table.value)
        )
        found: dict[str, dict[str, int]] = {}
        for row in self._unit.connection.execute(query):
            found.setdefault(row.tenant_id, {})[row.value] = int(row.total)
        return found

    def prune(self, older_than: datetime) -> int:
        """Forget hours from before that moment; how many counters there were."""
        limit = to_number(older_than) // HOUR
        return self._unit.connection.execute(delete(hourly_tallies).where(hourly_tallies.c.hour < limit)).rowcount
