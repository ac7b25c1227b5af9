"""What administrators are told without asking, and the mail in which it goes out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NotificationKind(StrEnum):
    """What has happened."""

    ACCESS_TROUBLE = "access-trouble"
    ACCESS_RESTORED = "access-restored"
    DRIFT_FOUND = "drift-found"
    DRIFT_REPAIRED = "drift-repaired"
    BYPASS_ADOPTED = "bypass-adopted"  # a routing rule was switched off in Exchange
    WATCHDOG_BYPASSED = "watchdog-bypassed"
    WATCHDOG_RESUMED = "watchdog-resumed"
    TASK_FAILED = "task-failed"
    CERTIFICATE_ENDS = "certificate-ends"
    CERTIFICATE_RENEWED = "certificate-renewed"
    QUARANTINE_WAITS = "quarantine-waits"
    OUTBOX_WAITS = "outbox-waits"
    RELEASE_REQUESTED = "release-requested"  # by somebody for whom a message is held
    LETTING_GO_STOPPED = "letting-go-stopped"  # a change would let more held mail go than may be by itself
    PULL_BACK_STOPPED = "pull-back-stopped"  # a change would take more mail back than may be by itself
    MAIL_REPORTED = "mail-reported"  # somebody holds a delivered message to be dangerous


GOOD = frozenset({
    NotificationKind.ACCESS_RESTORED, NotificationKind.DRIFT_REPAIRED, NotificationKind.WATCHDOG_RESUMED,
    NotificationKind.CERTIFICATE_RENEWED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing to tell. What has the same `key` is told once, however often it is noticed."""

    key: str
    kind: NotificationKind
    at: datetime
    text: str  # sentences for people: what happened, and what to do; never message content or secrets
    organisation: str = ""  # empty: it is about the installation
    tenant_id: str = ""
    account_id: str = ""

    @property
    def good(self) -> bool:
        """Whether it says that something is well again."""
        return self.kind in GOOD


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail of ours on its way. `content` is the finished message; empty once it has been sent."""

    id: str
    purpose: str  # such as `events`; at most one per pause is made of each
    recipients: tuple[str, ...]
    subject: str
    content: bytes
    made_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None
    problem: str = ""  # what the last try came to, when it was not all well


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a letter."""

    name: str
    media_type: str
    content: bytes
