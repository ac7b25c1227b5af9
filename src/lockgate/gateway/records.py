"""What is written down about a message when it is settled: pure translations into the model's records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.gateway.arrival import Arrival
from lockgate.gateway.examination import Examined
from lockgate.model.custody import Held, Queued, Settlement
from lockgate.model.decision import Decision
from lockgate.model.envelope import Envelope, Recipient
from lockgate.model.lifecycle import State
from lockgate.model.trace import RecipientTrace


@dataclass(frozen=True, slots=True)
class Fated:
    """One recipient's decision and what came of it; `reply` is the next hop's, in words."""

    decision: Decision
    state: State
    reply: str


def recipient_trace(item: Fated) -> RecipientTrace:
    """The trace row of one recipient."""
    decision = item.decision
    return RecipientTrace(
        rcpt_to=decision.rcpt_to,
        state=item.state,
        explanation=decision.explanation,
        policy_id=decision.policy_id,
        policy_name=decision.policy_name,
        policy_version=decision.policy_version,
        rule=decision.rule,
        reasons=decision.reasons,
        monitored=decision.monitored,
        reply=item.reply,
    )


def settlement(arrival: Arrival, item: Fated, now: datetime) -> Settlement:
    """The memory that keeps a retry from being delivered twice."""
    return Settlement(
        arrival.tenant.id,
        arrival.direction,
        arrival.proof.network_message_id,
        arrival.body_sha256,
        item.decision.rcpt_to,
        item.state,
        now,
    )


def _envelope(arrival: Arrival, recipients: Sequence[Recipient], mail_from: str) -> Envelope:
    own = arrival.envelope
    return Envelope(mail_from, tuple(recipients), own.body, own.smtputf8, own.ret, own.envid)


def held_record(
    new_id: str, arrival: Arrival, examined: Examined, group: Sequence[Fated], blob: str, now: datetime, until: datetime
) -> Held:
    """A quarantine record for recipients whom the same rule holds back."""
    decision = group[0].decision
    addresses = {item.decision.rcpt_to for item in group}
    recipients = [recipient for recipient in arrival.envelope.recipients if recipient.address in addresses]
    return Held(
        id=new_id,
        message_id=arrival.id,
        tenant_id=arrival.tenant.id,
        direction=arrival.direction,
        envelope=_envelope(arrival, recipients, arrival.envelope.mail_from),
        blob=blob,
        reason=decision.explanation,
        reasons=decision.reasons,
        verdict=examined.report.verdict,
        policy_id=decision.policy_id,
        policy_version=decision.policy_version,
        subject=examined.subject,
        header_from=examined.header_from,
        size=len(arrival.content),
        held_at=now,
        expires_at=until,
        asked=decision.asked,
        require_tls=decision.require_tls,
        click_time=decision.click_time,
    )


def queued_record(
    new_id: str,
    arrival: Arrival,
    recipients: Sequence[Recipient],
    blob: str,
    junk: bool,
    now: datetime,
    until: datetime,
    last_reply: str,
    *,
    null_sender: bool = False,
) -> Queued:
    """An outbox record; a report goes out with the null sender (RFC 5321 §4.5.5)."""
    envelope = _envelope(arrival, recipients, "" if null_sender else arrival.envelope.mail_from)
    if null_sender:
        envelope = Envelope("", tuple(recipients))
    return Queued(
        new_id, arrival.id, arrival.tenant.id, arrival.direction, envelope, blob, junk, now, until, last_reply
    )
