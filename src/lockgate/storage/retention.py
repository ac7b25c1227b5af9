"""Forgetting: everything that is kept has an end, by kind. Run daily, by one node or by all.

Rule: a message in hand is never forgotten, and what grows with the mail goes by `storage/forgetting.py`, so that the
mail path does not wait. What was found in a message is never kept for longer than its trace.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import delete

from lockgate.model.access import Scope
from lockgate.storage import weeks
from lockgate.storage.account_signs import AccountSigns
from lockgate.storage.feedback import FeedbackStore
from lockgate.storage.forgetting import PORTION, Kept, forget_log
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.letters import Letters
from lockgate.storage.notices import Notices
from lockgate.storage.notifications import Notifications
from lockgate.storage.outbox import Outbox
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.reports import Reports
from lockgate.storage.sandbox_files import SandboxFiles
from lockgate.storage.schema.audit import audit_log
from lockgate.storage.schema.clicks import clicks
from lockgate.storage.schema.custody import deferrals, settlements
from lockgate.storage.schema.traces import (
    data_loss_findings,
    detections,
    later_events,
    message_recipients,
    messages,
)
from lockgate.storage.senders import Senders
from lockgate.storage.sessions import Sessions
from lockgate.storage.tallies import BURST_MEMORY, Kind, Tallies
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database, Unit
from lockgate.storage.user_reports import UserReports

QUARTER = Kept(timedelta(days=90))


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each kind is kept. Settlements must outlive every retry of a sender (RFC 5321 §4.5.4.1: 5 days)."""

    traces: Kept = QUARTER
    detections: Kept = QUARTER  # what was found in a message, but for data loss
    data_loss: Kept = QUARTER  # what was found of that, with its masked evidence
    clicks: Kept = QUARTER
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
    user_reports: timedelta = timedelta(days=90)
    account_signs: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each kind were deleted."""

    traces: int
    detections: int
    data_loss: int
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
    account_signs: int

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, one.name)} {one.name.replace('_', ' ')}" for one in fields(self))


def forget(database: Database, keep: Retention, now: datetime) -> Forgotten:
    """Delete what is older than `keep` says; raises TemporaryError when the database is away."""
    with database.write() as unit:
        weeks.prepare(unit.connection, now)
    found = forget_log(database, (detections,), keep.detections.at_most(keep.traces), now)
    data_loss = forget_log(database, (data_loss_findings,), keep.data_loss.at_most(keep.traces), now)
    of_traces = (messages, message_recipients, later_events)
    traces = forget_log(database, of_traces, keep.traces, now, _prune_traces)
    clicked = forget_log(database, (clicks,), keep.clicks, now)
    audited = forget_log(database, (audit_log,), Kept(keep.audit), now)
    with database.write() as unit:
        return Forgotten(
            traces,
            found,
            data_loss,
            HeldMessages(unit).prune(now - keep.quarantine_records),
            Outbox(unit).prune(now - keep.outbox_records),
            _forget_settlements(unit, now - keep.settlements),
            Senders(unit).prune(now - keep.senders),
            Tallies(unit).prune(now - keep.tallies) + Tallies(unit).prune(now - BURST_MEMORY, Kind.SENT),
            audited,
            Reports(unit).prune(now - keep.reports),
            _forget_notifications(unit, now - keep.notifications),
            FeedbackStore(unit).prune(now - keep.feedback),
            Sessions(unit).prune(now),
            SandboxFiles(unit).prune(now - keep.sandbox_files),
            PullBacks(unit).prune(now - keep.traces.usual),
            clicked,
            UserReports(unit).prune(now - keep.user_reports),
            AccountSigns(unit).prune(now - keep.account_signs),
        )


def _prune_traces(unit: Unit, older_than: datetime, scope: Scope, but: frozenset[str]) -> int:
    return Traces(unit).prune(older_than, PORTION, scope=scope, but=but)


def _forget_notifications(unit: Unit, older_than: datetime) -> int:
    told = Notifications(unit).prune(older_than) + Notices(unit).prune(older_than)
    return told + Letters(unit).prune(older_than)


def _forget_settlements(unit: Unit, older_than: datetime) -> int:
    deleted = unit.connection.execute(delete(settlements).where(settlements.c.at < older_than)).rowcount
    return deleted + unit.connection.execute(delete(deferrals).where(deferrals.c.at < older_than)).rowcount
