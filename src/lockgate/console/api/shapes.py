"""The shapes that the API promises. Rule: fields are added, never renamed or taken away within a version."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from lockgate.microsoft365.pull_back_requests import Standing
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.pull_back import Copy, CopyState, Destination
from lockgate.model.service_account import AccountStatus, ConsentStep, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.model.trace import MessageTrace
from lockgate.storage.held_messages import HeldItem


class Shape(BaseModel):
    """A frozen record."""

    model_config = ConfigDict(frozen=True)


class Problem(Shape):
    """What every refusal says."""

    error: str


class Messages(Shape):
    """A page of the trace, newest first; `next` is `after` of the next page, empty on the last."""

    items: list[MessageTrace]
    next: str


class HeldRecipientShape(Shape):
    """One recipient of a held message."""

    rcpt_to: str
    state: State
    changed_at: datetime
    changed_by: str
    reply: str


class HeldShape(Shape):
    """A held message."""

    id: str
    message_id: str
    tenant_id: str
    direction: Direction
    mail_from: str
    header_from: str
    subject: str
    verdict: str
    reason: str
    reasons: tuple[str, ...]
    policy_id: str
    policy_version: int
    size: int
    held_at: datetime
    expires_at: datetime
    content_kept: bool
    recipients: list[HeldRecipientShape]


class HeldPage(Shape):
    """A page of the quarantine, newest first; `next` is `after` of the next page, empty on the last."""

    items: list[HeldShape]
    next: str


class PullBackWish(Shape):
    """Where copies of a delivered message go; `everywhere`: out of every mailbox, not only the recipients'."""

    to: Destination
    everywhere: bool = False


class PullBackShape(Shape):
    """A delivered message taken back. `counts` are mailboxes and copies by state; `copies` the first 200 taken."""

    id: str
    to: Destination
    asked_at: datetime
    asked_by: str
    is_return: bool
    ended_at: datetime | None
    counts: dict[CopyState, int]
    copies: list[Copy]


class Recipients(Shape):
    """Which recipients are meant; null means all that wait."""

    recipients: list[str] | None = Field(default=None, max_length=1000)


class ReleaseWish(Recipients):
    """A release; a false positive is also kept for review, as what the classifier may learn from one day."""

    false_positive: bool = False


class Moved(Shape):
    """The recipients for whom the request did something; the others were past it already."""

    recipients: list[str]


class AccountShape(Shape):
    """A service account."""

    id: str
    tenant_id: str
    tenant_name: str
    status: AccountStatus
    directions: dict[Direction, Protection]
    consents: dict[ConsentStep, datetime]
    monitor_only: bool
    domains: list[str]
    users: int
    groups: int
    last_sync: datetime | None
    problem: str


class Count(Shape):
    """One counter of one hour."""

    hour: datetime
    direction: str
    kind: str
    value: str
    count: int


class Counts(Shape):
    """Counters by the hour, and how many recipients wait in quarantine now."""

    items: list[Count]
    waiting_in_quarantine: int


class WaitingMail(Shape):
    """Recipients whose mail is under way while a removal waits for it, by who has it."""

    in_custody: int
    in_exchange: int


class DataLossText(BaseModel):
    """An organisation's own data loss rules, and their version."""

    text: str = Field(max_length=500_000)
    version: int = Field(ge=0, le=1_000_000)


def held_shape(item: HeldItem) -> HeldShape:
    """A held message as the API shows it."""
    held = item.held
    named = {name: getattr(held, name) for name in HeldShape.model_fields if hasattr(held, name)}
    recipients = [
        HeldRecipientShape(**{name: getattr(one, name) for name in HeldRecipientShape.model_fields})
        for one in item.recipients
    ]
    return HeldShape(**named, mail_from=held.envelope.mail_from, content_kept=bool(held.blob), recipients=recipients)


def pull_back_shape(one: Standing) -> PullBackShape:
    """A request to take a message back, as the API shows it."""
    asked = one.asked
    return PullBackShape(
        id=asked.id,
        to=asked.destination,
        asked_at=asked.asked_at,
        asked_by=asked.asked_by,
        is_return=asked.is_return,
        ended_at=asked.ended_at,
        counts=one.counts,
        copies=list(one.copies),
    )


def account_shape(account: ServiceAccount) -> AccountShape:
    """A service account as the API shows it."""
    return AccountShape(
        id=account.id,
        tenant_id=account.tenant_id,
        tenant_name=account.tenant_name,
        status=account.status,
        directions=account.directions,
        consents=account.consents,
        monitor_only=account.monitor_only,
        domains=[domain.name for domain in account.domains],
        users=account.counts.users,
        groups=account.counts.groups,
        last_sync=account.last_sync,
        problem=account.problem,
    )


REFUSALS: dict[int | str, dict[str, object]] = {
    400: {"model": Problem}, 401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem},
    409: {"model": Problem}, 422: {"model": Problem}, 503: {"model": Problem},
}  # fmt: skip
