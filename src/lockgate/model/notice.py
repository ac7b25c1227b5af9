"""An organisation's own notifications: whom they tell, of what, and what is known of the message that they tell of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.trace import RecipientTrace


class Audience(StrEnum):
    """Who is told."""

    ADMINISTRATORS = "administrators"
    RECIPIENT = "recipient"  # of mail that came in
    SENDER = "sender"  # of mail that went out


class Outcome(StrEnum):
    """What became of a message for a recipient, in the words of whoever is told."""

    QUARANTINED = "quarantined"
    JUNKED = "junked"
    DELETED = "deleted"
    REFUSED = "refused"
    DELIVERED = "delivered"
    MONITORED = "monitored"  # delivered, because the policy only monitors


_OF: dict[State, Outcome] = {
    State.QUARANTINED: Outcome.QUARANTINED, State.RELEASING: Outcome.QUARANTINED, State.RELEASED: Outcome.QUARANTINED,
    State.EXPIRED: Outcome.QUARANTINED, State.JUNKED: Outcome.JUNKED, State.DELETED: Outcome.DELETED,
    State.REFUSED: Outcome.REFUSED, State.BOUNCED: Outcome.REFUSED, State.RELAYED: Outcome.DELIVERED,
    State.QUEUED: Outcome.DELIVERED,
}  # fmt: skip


def outcome_of(one: RecipientTrace) -> Outcome | None:
    """What became of it; None while the sender owns the message, since nothing has happened, and for reports."""
    outcome = _OF.get(one.state)
    return Outcome.MONITORED if outcome is Outcome.DELIVERED and one.monitored else outcome


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a notification knows of a message, as words of any language are made of it later."""

    message_id: str
    direction: Direction | None
    at: datetime
    sender: str
    recipients: tuple[str, ...]  # of whom this is told
    subject: str
    verdict: Verdict | None
    reasons: tuple[str, ...]
    outcome: Outcome
    policy: str
    rule: str
