"""What administrators are told of a service account, made of what it was and what it is; pure.

Rule: news comes from a change of state, so that a step that runs twice tells nothing twice.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from lockgate.model.envelope import Direction
from lockgate.model.notification import Notification, NotificationKind
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import Deviation

PAST = "led past the gateway and not inspected"
THROUGH = "led through the gateway again"
UNTIL = (
    "Exchange can take half an hour to act on it everywhere; what it has queued for the gateway stays queued for it."
)
News = Callable[[ServiceAccount, ServiceAccount], Sequence[Notification]]  # before, after


def no_news(before: ServiceAccount, after: ServiceAccount) -> Sequence[Notification]:
    """Nothing to tell."""
    del before, after
    return ()


def access(now: datetime) -> News:
    """That Microsoft does not let us in as granted, or does again."""

    def told(before: ServiceAccount, after: ServiceAccount) -> Sequence[Notification]:
        if before.trouble == after.trouble:
            return ()
        if after.trouble:
            return (_about(after, NotificationKind.ACCESS_TROUBLE, now, after.trouble),)
        return (_about(after, NotificationKind.ACCESS_RESTORED, now, "Everything that was granted works again."),)

    return told


def drift(now: datetime) -> News:
    """What others changed since we looked last, or that all is as we left it again."""

    def told(before: ServiceAccount, after: ServiceAccount) -> Sequence[Notification]:
        known = {(one.kind, one.name, one.what) for one in before.deviations}
        new = [one for one in after.deviations if (one.kind, one.name, one.what) not in known]
        if new:
            text = " ".join(f"{in_words(one)}." for one in new)
            return (
                _about(after, NotificationKind.DRIFT_FOUND, now, f"{text} Nothing is changed until you apply a plan."),
            )
        if before.deviations and not after.deviations:
            return (_about(after, NotificationKind.DRIFT_REPAIRED, now, "Nothing differs any more."),)
        return ()

    return told


def in_words(one: Deviation) -> str:
    """Object, what is different, and who did it."""
    who = f", by {one.by}" if one.by else ""
    name = f" '{one.name}'" if one.name else ":"
    return f"{one.kind[:1].upper()}{one.kind[1:]}{name} {one.what}{who}"


def adopted(by: Mapping[Direction, str], now: datetime) -> News:
    """Directions whose routing rule somebody has switched off in Exchange."""

    def told(before: ServiceAccount, after: ServiceAccount) -> Sequence[Notification]:
        return tuple(
            _about(after, NotificationKind.BYPASS_ADOPTED, now, _switched_off(direction, who), direction)
            for direction, who in by.items()
            if before.protection(direction) is Protection.LIVE
        )

    return told


def watchdog_acted(direction: Direction, goal: Protection, why: str, now: datetime) -> News:
    """That the watchdog has led a direction past the gateway, or put it back."""
    out = goal is Protection.BYPASSED
    kind = NotificationKind.WATCHDOG_BYPASSED if out else NotificationKind.WATCHDOG_RESUMED
    text = f"{direction.capitalize()} mail is {PAST if out else THROUGH}, because {why}. {UNTIL}"

    def told(before: ServiceAccount, after: ServiceAccount) -> Sequence[Notification]:
        return () if before.protection(direction) is goal else (_about(after, kind, now, text, direction),)

    return told


def _switched_off(direction: Direction, who: str) -> str:
    return (
        f"{direction.capitalize()} mail is not inspected: {who} has switched its routing rule off in Exchange. "
        "It stays off until it is put back into service here."
    )


def failed(account: ServiceAccount, task: str, problem: str, now: datetime) -> Notification:
    """That a task has failed; the same failure is told once a day."""
    key = f"task/{account.id}/{task}/{now:%Y%m%d}/{hashlib.sha256(problem.encode()).hexdigest()[:12]}"
    return _about(account, NotificationKind.TASK_FAILED, now, f"{task.capitalize()}: {problem}", key=key)


def _about(
    account: ServiceAccount, kind: NotificationKind, now: datetime, text: str, of: str = "", *, key: str = ""
) -> Notification:
    stamp = f"{kind}/{account.id}/{of}/{now.isoformat()}"
    name = account.tenant_name or "An organisation that is being granted"
    return Notification(key or stamp, kind, now, text, name, account.tenant_id, account.id)
