"""How audit records become content blobs, and which blobs a window of time shows.

Records are packed when somebody looks, in the order in which they were written; a blob never changes afterwards.
Records written while no subscription is enabled are never shown (content between stop and restart is lost).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from m365_simulator.activity.errors import FeedError
from m365_simulator.world import ActivityBlob, ActivitySubscription, AuditRecord, Tenant, World

RECORDS_PER_BLOB = 10
BLOBS_PER_PAGE = 20
KEPT = timedelta(days=7)
LONGEST_WINDOW = timedelta(hours=24)
TIME_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f")


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time: start inclusive, end exclusive."""

    start: datetime
    end: datetime


def pack(world: World, tenant: Tenant) -> None:
    """Put every record not yet looked at into a blob of its content type.

    The switch `activity_latency_seconds` delays when a blob appears; `activity_records_per_blob` sizes it.
    """
    latency = timedelta(seconds=_number(world, "activity_latency_seconds", 0))
    size = max(1, int(_number(world, "activity_records_per_blob", RECORDS_PER_BLOB)))
    for subscription in tenant.subscriptions.values():
        if not subscription.enabled:
            continue
        fresh = tenant.audit[subscription.read_up_to :]
        subscription.read_up_to = len(tenant.audit)
        own = [record for record in fresh if record.content_type == subscription.content_type]
        for place in range(0, len(own), size):
            _add_blob(world, tenant, subscription, own[place : place + size], latency)


def _add_blob(
    world: World,
    tenant: Tenant,
    subscription: ActivitySubscription,
    records: list[AuditRecord],
    latency: timedelta,
) -> None:
    written = max(record.created for record in records)
    of_type = (blob.created for blob in tenant.blobs.values() if blob.content_type == subscription.content_type)
    newest = max(of_type, default=written)
    created = (written if written >= newest else world.clock.now()) + latency
    blob = ActivityBlob(subscription.content_type, created, [record.id for record in records])
    blob.id = f"{created:%Y%m%d%H%M%S%f}${created:%Y%m%d%H%M%S%f}${blob.id}${subscription.content_type}"
    tenant.blobs[blob.id.lower()] = blob


def blobs_in(world: World, tenant: Tenant, content_type: str, window: Window) -> list[ActivityBlob]:
    """The blobs that became available inside the window, oldest first."""
    now = world.clock.now()
    found = [
        blob
        for blob in tenant.blobs.values()
        if blob.content_type == content_type and window.start <= blob.created < window.end and blob.created <= now
    ]
    return sorted(found, key=lambda blob: blob.created)


def window_of(now: datetime, start: str | None, end: str | None) -> Window:
    """The window a request asks for; without times, the last 24 hours. AF20030 when it is not allowed."""
    if start is None and end is None:
        soon = now + timedelta(seconds=1)  # what was written this very moment is inside
        return Window(soon - LONGEST_WINDOW, soon)
    if start is None or end is None:
        raise FeedError("AF20030", "both or none have to be given")
    first, last = _parse(start), _parse(end)
    if not first < last or last - first > LONGEST_WINDOW:
        raise FeedError("AF20030", "the end has to be at most 24 hours after the start")
    if first < now - KEPT:
        raise FeedError("AF20030", "the start is more than seven days in the past")
    return Window(first, last)


def records_of(world: World, tenant: Tenant, content_id: str) -> list[AuditRecord]:
    """The records of one blob; AF20050 when it does not exist (yet), AF20051 when it is too old."""
    blob = tenant.blobs.get(content_id.lower())
    now = world.clock.now()
    if blob is None or blob.created > now:
        raise FeedError("AF20050", content_id)
    if blob.created < now - KEPT:
        raise FeedError("AF20051", content_id)
    wanted = set(blob.records)
    return [record for record in tenant.audit if record.id in wanted]


def _parse(text: str) -> datetime:
    for form in TIME_FORMATS:
        try:
            return datetime.strptime(text.removesuffix("Z"), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise FeedError("AF20030", text)


def _number(world: World, switch: str, default: float) -> float:
    value = world.switches.get(switch, default)
    return float(value) if isinstance(value, int | float) else default
