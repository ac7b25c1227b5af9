"""Counts by the hour, kept in the commit that they count, so that a dashboard never scans the trace.

They say what was answered at the time: a release on the next day does not change them.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, literal_column, select

from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.findings import DANGEROUS, Verdict
from lockgate.model.latency import step_of
from lockgate.model.lifecycle import State
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
    TARGET = "target"  # dangerous messages from outside, by recipient
    SENDER = "sender"  # dangerous messages from outside, by author
    RISKY = "risky"  # messages to outside that are not clean, by verdict and author: `phishing/ada@contoso.example`
    SENT = "sent"  # recipients of mail to outside, by author; kept for BURST_MEMORY only
    LATENCY = "latency"  # inspected messages, by the time to our reply; see `model/latency.py`
    POLICY = "policy"  # recipients, by policy and state; see `PolicyEffect`


PEOPLE = (Kind.TARGET, Kind.SENDER, Kind.RISKY, Kind.SENT)
BURST_MEMORY = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class PolicyEffect:
    """What a policy did to how many recipients."""

    policy_id: str
    state: str
    name: str
    recipients: int


class BusyHour(NamedTuple):
    """An hour of one author."""

    tenant_id: str
    author: str
    begins: datetime
    recipients: int


class TallyKey(NamedTuple):
    """What one counter counts. `hour` is in whole hours since 1970 UTC."""

    hour: int
    tenant_id: str
    direction: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Tally:
    """A count; `hour` is the beginning of the hour, or of the longer time that was asked for."""

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
    if trace.verdict and direction:
        add(Kind.LATENCY, str(step_of(trace.finished_at - trace.received_at)))
    for detector in {finding.detector for finding in trace.findings}:
        add(Kind.FINDING, detector)
    targeted = trace.direction is Direction.INBOUND and trace.verdict in DANGEROUS
    logged = any(one.state is not State.UNLOGGED for one in trace.recipients)
    author = trace.header_from.casefold() if logged else ""
    if targeted and author:
        add(Kind.SENDER, author)
    sender = author if trace.direction is Direction.OUTBOUND else ""
    if sender and trace.verdict not in (None, Verdict.CLEAN):
        add(Kind.RISKY, f"{trace.verdict}/{author}")
    for recipient in trace.recipients:
        add(Kind.STATE, recipient.state.value)
        if sender:
            add(Kind.SENT, sender)
        if recipient.policy_id:
            add(Kind.POLICY, f"{recipient.policy_id}/{recipient.state.value}/{recipient.policy_name}")
        if targeted and recipient.state is not State.UNLOGGED:
            add(Kind.TARGET, recipient.rcpt_to.casefold())
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
        self,
        start: datetime,
        end: datetime,
        *,
        tenant_id: str = "",
        kind: Kind | None = None,
        scope: Scope = None,
        hours: int = 1,
    ) -> list[Tally]:
        """Counts of the hours that begin in [start, end), added up over `hours` at a time; 24 makes days in UTC.

        People are left out, and policies, unless asked for by `kind`.
        """
        table = hourly_tallies.c
        # A literal: with parameters PostgreSQL would not see that what is selected is what is grouped by.
        begins = (table.hour - table.hour % literal_column(str(int(hours)))).label("begins")
        columns = (begins, table.direction, table.kind, table.value)
        query = (
            select(*columns, func.sum(table.count).label("total"))
            .where(*_hours(start, end), *within(table.tenant_id, scope))
            .where(table.kind == kind.value if kind else table.kind.not_in([*PEOPLE, Kind.POLICY]))
            .group_by(*columns)
            .order_by(*columns)
        )
        if tenant_id:
            query = query.where(table.tenant_id == tenant_id)
        return [
            Tally(to_moment(row.begins * HOUR), row.direction, Kind(row.kind), row.value, int(row.total))
            for row in self._unit.connection.execute(query)
        ]

    def verdicts_by_organisation(self, start: datetime, end: datetime) -> dict[str, dict[str, int]]:
        """Messages of the hours that begin in [start, end), by tenant id and verdict."""
        table = hourly_tallies.c
        query = (
            select(table.tenant_id, table.value, func.sum(table.count).label("total"))
            .where(*_hours(start, end), table.kind == Kind.VERDICT.value)
            .group_by(table.tenant_id, table.value)
        )
        found: dict[str, dict[str, int]] = {}
        for row in self._unit.connection.execute(query):
            found.setdefault(row.tenant_id, {})[row.value] = int(row.total)
        return found

    def top(self, kind: Kind, start: datetime, end: datetime, limit: int, scope: Scope = None) -> list[tuple[str, int]]:
        """The values of a kind that were counted most in these hours, with their counts."""
        table = hourly_tallies.c
        total = func.sum(table.count)
        query = (
            select(table.value, total.label("total"))
            .where(*_hours(start, end), table.kind == kind.value, *within(table.tenant_id, scope))
            .group_by(table.value)
            .order_by(total.desc(), table.value)
            .limit(limit)
        )
        return [(row.value, int(row.total)) for row in self._unit.connection.execute(query)]

    def people(self, kind: Kind, start: datetime, end: datetime, scope: Scope = None) -> list[tuple[str, str, int]]:
        """Organisation, value and count of a kind in these hours."""
        table = hourly_tallies.c
        query = (
            select(table.tenant_id, table.value, func.sum(table.count))
            .where(*_hours(start, end), table.kind == kind.value, *within(table.tenant_id, scope))
            .group_by(table.tenant_id, table.value)
        )
        return [(row[0], row[1], int(row[2])) for row in self._unit.connection.execute(query)]

    def busy_hours(
        self, start: datetime, end: datetime, least: int, scope: Scope = None, authors: Collection[str] | None = None
    ) -> list[BusyHour]:
        """Hours in which somebody wrote to at least `least` recipients outside; of these `authors`, or anybody."""
        table, total = hourly_tallies.c, func.sum(hourly_tallies.c.count)
        query = (
            select(table.tenant_id, table.value, table.hour, total)
            .where(*_hours(start, end), table.kind == Kind.SENT.value, *within(table.tenant_id, scope))
            .group_by(table.tenant_id, table.value, table.hour)
            .having(total >= least)
        )
        if authors is not None:
            query = query.where(table.value.in_(authors))
        return [
            BusyHour(row[0], row[1], to_moment(row[2] * HOUR), int(row[3]))
            for row in self._unit.connection.execute(query)
        ]

    def policy_effects(self, start: datetime, end: datetime, scope: Scope = None) -> list[PolicyEffect]:
        """What policies did in these hours, what happened most first; a policy by its newest name."""
        added: dict[tuple[str, str], PolicyEffect] = {}
        for tally in self.between(start, end, kind=Kind.POLICY, scope=scope):
            policy_id, state, name = tally.value.split("/", 2)
            before = added.get((policy_id, state))
            total = tally.count + (before.recipients if before else 0)
            added[policy_id, state] = PolicyEffect(policy_id, state, name, total)
        return sorted(added.values(), key=lambda one: (-one.recipients, one.name, one.state))

    def prune(self, older_than: datetime, kind: Kind | None = None) -> int:
        """Forget hours from before that moment, of one kind or all; how many counters there were."""
        gone = delete(hourly_tallies).where(hourly_tallies.c.hour < to_number(older_than) // HOUR)
        if kind is not None:
            gone = gone.where(hourly_tallies.c.kind == kind.value)
        return self._unit.connection.execute(gone).rowcount


def _hours(start: datetime, end: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The hours that begin in [start, end)."""
    hour = hourly_tallies.c.hour
    return hour >= -(-to_number(start) // HOUR), hour < -(-to_number(end) // HOUR)
