"""The message trace: one record per message, one per recipient, one per step; written with the reply it explains."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lockgate.model.envelope import Direction
from lockgate.model.findings import Finding, SeenFile, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.policy import ActionKind


class Step(StrEnum):
    """The steps a trace can show."""

    RECEIVED = "received"
    REFUSED_AT_DOOR = "refused-at-door"  # never became a message: wrong tenant, no proof, unknown domain, loop
    PARSED = "parsed"
    FACTS_GATHERED = "facts-gathered"
    INSPECTED = "inspected"
    DECIDED = "decided"
    CHANGED = "changed"
    SEALED = "sealed"  # or why not
    RELAYED = "relayed"
    RELAY_FAILED = "relay-failed"
    HELD = "held"
    QUEUED = "queued"
    DROPPED = "dropped"
    ANSWERED = "answered"
    ALREADY_SETTLED = "already-settled"
    REDELIVERED = "redelivered"
    RELEASED = "released"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    PULLED_BACK = "pulled-back"  # out of a mailbox, after delivery
    PUT_BACK = "put-back"
    REPORT_TAKEN = "report-taken"  # suspicious mail that somebody sent to the report address
    AUTOMATIC = "automatic"  # by its own word, which anybody can write, a program has sent it
    OWN_MAIL = "own-mail"  # proven: this installation has written it


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """One step. `detail` is text for the administrator; never message content, secrets or tokens."""

    step: Step
    at: datetime
    detail: str
    rcpt_to: str = ""


@dataclass(frozen=True, slots=True)
class RecipientTrace:
    """What became of the message for one recipient, and why."""

    rcpt_to: str
    state: State
    explanation: str
    policy_id: str = ""
    policy_name: str = ""
    policy_version: int = 0
    rule: str = ""
    reasons: tuple[str, ...] = ()
    monitored: tuple[ActionKind, ...] = ()
    reply: str = ""  # the next hop's reply, or ours


@dataclass(frozen=True, slots=True)
class MessageTrace:
    """One message that came to our door."""

    id: str
    tenant_id: str  # empty when it could not be told
    direction: Direction | None
    received_at: datetime
    finished_at: datetime
    peer: str  # address and verified certificate name of the host that handed it over
    mail_from: str
    header_from: str
    subject: str
    internet_message_id: str
    network_message_id: str
    size: int
    verdict: Verdict | None
    score: float | None
    reply: str  # what we answered at the end
    findings: tuple[Finding, ...]
    recipients: tuple[RecipientTrace, ...]
    events: tuple[TraceEvent, ...]
    files: tuple[SeenFile, ...] = ()

    def logged(self) -> "MessageTrace | None":
        """What of it may be kept: without the recipients whose policy says not to log; None when that is everybody."""
        unlogged = {one.rcpt_to for one in self.recipients if one.state is State.UNLOGGED}
        left = tuple(one for one in self.recipients if one.rcpt_to not in unlogged)
        if not unlogged:
            return self
        if not left:
            return None
        return replace(self, recipients=left, events=tuple(one for one in self.events if one.rcpt_to not in unlogged))
