"""Forgetting: everything that is kept has an end, by kind. Run daily, by one node or by all.

Rule: a message in hand is never forgotten, and the trace goes in whole weeks where the database keeps weeks, else in
portions, so that the mail path does not wait. A week goes when all of it is old, so up to seven days late.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sqlalchemy import delete

from lockgate.model.access import Scope
from lockgate.storage import weeks
from lockgate.storage.audit import AuditLog
from lockgate.storage.clicks import Clicks
from lockgate.storage.feedback import FeedbackStore
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.letters import Letters
from lockgate.storage.notifications import Notifications
from lockgate.storage.outbox import Outbox
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.reports import Reports
from lockgate.storage.sandbox_files import SandboxFiles
from lockgate.storage.schema.custody import deferrals, settlements
from lockgate.storage.senders import Senders
from lockgate.storage.sessions import Sessions
from lockgate.storage.tallies import Tallies
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database, Unit
from lockgate.storage.user_reports import UserReports

PORTION = 2000  # messages deleted in one unit


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each kind is kept. Settlements must outlive every retry of a sender (RFC 5321 §4.5.4.1: 5 days)."""

    traces: timedelta = timedelta(days=90)
    quarantine_records: timedelta = timedelta(days=90)  # after the message itself has expired
    outbox_records: timedelta = timedelta(days=30)
    settlements: timedelta = timedelta(days=14)
    senders: timedelta = timedelta(days=400)
    tallies: timedelta = timedelta(days=800)
    audit: timedelta = timedelta(days=400)
    reports: timedelta = timedelta(days=400)
    notifications: timedelta = timedelta(days=90)  # and the mails that they went out in
    sandbox_files: timedelta = timedelta(days=40)  # verdicts count for 30 days
    feedback: timedelta = timedelta(days=180)
    clicks: timedelta = timedelta(days=90)
    user_reports: timedelta = timedelta(days=90)
    own_traces: Mapping[str, timedelta] = field(default_factory=dict)  # of organisations that want it otherwise


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each kind were deleted."""

    traces: int
    quarantine_records: int
    outbox_records: int
    settlements: int
    senders: int
    tallies: int
    audit: int
    reports: int
    notifications: int
    feedback: int
    sessions: int
    sandbox_files: int
    pull_backs: int
    clicks: int
    user_reports: int

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, one.name)} {one.name.replace('_', ' ')}" for one in fields(self))


def forget(database: Database, keep: Retention, now: datetime) -> Forgotten:
    """Delete what is older than `keep` says; raises TemporaryError when the database is away."""
    traces = _forget_all_traces(database, keep, now)
    with database.write() as unit:
        return Forgotten(
            traces,
            HeldMessages(unit).prune(now - keep.quarantine_records),
            Outbox(unit).prune(now - keep.outbox_records),
            _forget_settlements(unit, now - keep.settlements),
            Senders(unit).prune(now - keep.senders),
            Tallies(unit).prune(now - keep.tallies),
            AuditLog(unit).prune(now - keep.audit),
            Reports(unit).prune(now - keep.reports),
            _forget_notifications(unit, now - keep.notifications),
            FeedbackStore(unit).prune(now - keep.feedback),
            Sessions(unit).prune(now),
            SandboxFiles(unit).prune(now - keep.sandbox_files),
            PullBacks(unit).prune(now - keep.traces),
            Clicks(unit).prune(now - keep.clicks),
            UserReports(unit).prune(now - keep.user_reports),
        )


def _forget_all_traces(database: Database, keep: Retention, now: datetime) -> int:
    """Weeks that are too old for everybody whole; what is too old for some organisations only, row by row."""
    own, longest = keep.own_traces, max((keep.traces, *keep.own_traces.values()))
    with database.write() as unit:
        weeks.prepare(unit.connection, now)
    with database.write() as unit:
        total = Traces(unit).drop_weeks(now - longest)
        first = weeks.first_kept(unit.connection)

    def cut(age: timedelta) -> datetime:
        """Rows of the weeks that are dropped in a few days are left to that."""
        moment = now - age
        return moment if age < longest or first is None else min(moment, first)

    total += _forget_traces(database, cut(keep.traces), but=frozenset(own))
    return total + sum(_forget_traces(database, cut(age), scope=frozenset({one})) for one, age in own.items())


def _forget_traces(
    database: Database, older_than: datetime, *, scope: Scope = None, but: frozenset[str] = frozenset()
) -> int:
    total = 0
    while True:
        with database.write() as unit:
            deleted = Traces(unit).prune(older_than, PORTION, scope=scope, but=but)
        total += deleted
        if deleted < PORTION:
            return total


def _forget_notifications(unit: Unit, older_than: datetime) -> int:
    return Notifications(unit).prune(older_than) + Letters(unit).prune(older_than)


def _forget_settlements(unit: Unit, older_than: datetime) -> int:
    deleted = unit.connection.execute(delete(settlements).where(settlements.c.at < older_than)).rowcount
    return deleted + unit.connection.execute(delete(deferrals).where(deferrals.c.at < older_than)).rowcount
