"""Takes delivered mail back by itself, when what is known now would have kept it out.

Rule: looked for only after a list or a tuning was changed, by what was considered last and not by the clock; each
message at most once, so that what somebody has put back stays; and when a change would take more than the settings
allow, nothing is touched and administrators are told. A change is looked at twice, some minutes apart: mail that was
under way was judged by what gateways still had in memory.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.pull_back import pull_back_requests
from lockgate.lookups.reputation_patterns import Matcher
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.notification import Notification, NotificationKind
from lockgate.model.pull_back import Destination
from lockgate.model.reputation import Entry, Standing
from lockgate.model.service_account import AccountStatus
from lockgate.model.trace import MessageTrace
from lockgate.model.tuning import Tuning
from lockgate.quarantine.ports import Starts
from lockgate.storage.audit import Author
from lockgate.storage.considered_knowledge import ConsideredKnowledge
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.notifications import Notifications
from lockgate.storage.policies import PolicyStore
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.traces import TraceFilter, every
from lockgate.tuning.documents import document_name, from_document
from lockgate.tuning.later_verdicts import TuningAt, where_to

BY = "a later verdict"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What an organisation's mail is judged by: entries in force, the tuning in force at a moment, when the newest of
    it was changed, and what tells it from any other.
    """

    entries: list[Entry]
    tuning_at: TuningAt
    changed_at: datetime | None
    fingerprint: str  # of what can make delivered mail bad
    good: str  # of what can make held mail good


def take_back_later(parts: Parts, starts: Starts) -> str:
    """Begin to take back what has to be; a sentence when that is something."""
    if not parts.settings.pull_back.hours:
        return ""
    with parts.database.read() as unit:
        accounts = ServiceAccounts(unit, parts.vault).all()
    active = [one.tenant_id for one in accounts if one.tenant_id and one.status is AccountStatus.ACTIVE]
    begun = sum(_take_back(parts, starts, tenant_id) for tenant_id in active)
    return f"{begun} messages taken back by later verdicts" if begun else ""


def _take_back(parts: Parts, starts: Starts, tenant_id: str) -> int:
    now = parts.clock()
    known = knowledge_of(parts, tenant_id)
    with parts.database.read() as unit:
        if not ConsideredKnowledge(unit, tenant_id).needs_look(known.fingerprint):
            return 0
    found = _found(parts, tenant_id, known.entries, known.tuning_at, now)
    begun = 0
    if len(found) <= parts.settings.pull_back.most:
        begun = _begin(parts, starts, found, now)
    elif known.changed_at is not None:
        _tell(parts, tenant_id, len(found), known.changed_at)
    with parts.database.write() as unit:  # last: what dies before it is done again, and takes nothing twice
        ConsideredKnowledge(unit, tenant_id).note(known.fingerprint)
    return begun


def _begin(parts: Parts, starts: Starts, found: list[tuple[MessageTrace, Destination]], now: datetime) -> int:
    requests, begun = pull_back_requests(parts, starts), 0
    for trace, destination in found:
        try:
            requests.pull_back(trace.id, destination, Author(BY, now), everywhere=False)
            begun += 1
        except InvalidInput:  # its mailboxes are gone, or it has no Message-ID
            continue
    return begun


def _found(
    parts: Parts, tenant_id: str, entries: list[Entry], tuning_at: TuningAt, now: datetime
) -> list[tuple[MessageTrace, Destination]]:
    directory = DirectoryCache(parts.database)
    lists = Matcher.of(entries)
    with parts.database.read() as unit:
        policies = PolicyStore(unit).current(tenant_id, Direction.INBOUND)
    since = now - timedelta(hours=parts.settings.pull_back.hours)
    found = []
    for trace in every(parts.database, TraceFilter(tenant_id=tenant_id, direction=Direction.INBOUND, since=since)):
        profiles = lambda address: directory.profile(tenant_id, address)  # noqa: E731
        destination = where_to(trace, tuning_at, now, lists, policies, profiles)
        if destination is not None and not _was_taken(parts, trace.id):
            found.append((trace, destination))
    return found


def _was_taken(parts: Parts, message_id: str) -> bool:
    with parts.database.read() as unit:
        return bool(PullBacks(unit).of(message_id))


def knowledge_of(parts: Parts, tenant_id: str) -> Knowledge:
    """What it is now."""
    now = parts.clock()
    with parts.database.read() as unit:
        entries = [
            one for one in ReputationStore(unit).in_force(now) if one.tenant_id in ("", tenant_id) and not one.policy_id
        ]
        versions = SettingsStore(unit).history(document_name(tenant_id))
    tunings = [(one.saved_at, from_document(one.document, one.version)) for one in versions]
    blocked = [one for one in entries if one.standing is Standing.BLOCKED]
    approved = [one for one in entries if one.standing is Standing.APPROVED]
    changed_at = max((*(one.added_at for one in blocked), *(at for at, _ in tunings)), default=None)
    version = max((one.version for one in versions), default=0)
    bad, good = fingerprint_of(blocked, version), fingerprint_of(approved, version)
    return Knowledge(entries, _in_force(tunings), changed_at, bad, good)


def fingerprint_of(entries: Iterable[Entry], version: int) -> str:
    """Of entries, whoever lists them, and of the version of the tuning."""
    lines = sorted({f"{one.subject} {one.pattern}" for one in entries})
    return hashlib.sha256("\n".join([str(version), *lines]).encode()).hexdigest()


def _in_force(tunings: list[tuple[datetime, Tuning]]) -> Callable[[datetime], Tuning]:
    newest_first = sorted(tunings, key=lambda one: one[0], reverse=True)
    return lambda moment: next((tuning for at, tuning in newest_first if at <= moment), Tuning(0))


def _tell(parts: Parts, tenant_id: str, count: int, changed_at: datetime) -> None:
    text = (
        f"By what is known since {changed_at:%Y-%m-%d %H:%M} UTC, {count} delivered messages would not have been "
        f"delivered. More than {parts.settings.pull_back.most} (pull_back.most) are never taken back by themselves: "
        "look at the newest list entries and rules, and take them back in the trace if they are right."
    )
    key = f"pull-back-stopped/{tenant_id}/{changed_at:%Y%m%d%H%M}"
    with parts.database.write() as unit:
        told = Notification(key, NotificationKind.PULL_BACK_STOPPED, parts.clock(), text, tenant_id=tenant_id)
        Notifications(unit).tell(told)
