"""Made-up records for the contract suites: whole, plausible, and different wherever a test asks."""

import itertools
from datetime import UTC, datetime, timedelta

from lockgate.model.clicks import Click, ClickOutcome, LinkVerdict
from lockgate.model.custody import Held, Queued, Settlement
from lockgate.model.envelope import Direction, Envelope, Recipient
from lockgate.model.findings import Category, Evidence, Finding, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.policy import ActionKind
from lockgate.model.settling import Settling
from lockgate.model.trace import MessageTrace, RecipientTrace, Step, TraceEvent

NOW = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
TENANT = "11111111-2222-3333-4444-555555555555"
DIGEST = "ab" * 32
_numbers = itertools.count(1)


def a_finding(detector: str = "links.text-differs") -> Finding:
    """A finding with two pieces of evidence."""
    evidence = (Evidence("link 3", "https://pay.example/login"), Evidence("part 1.2", "Überweisung"))
    return Finding(detector, Category.PHISHING, 2.5, "The link goes elsewhere than it says.", evidence, labels=("x:y",))


def a_recipient(rcpt_to: str = "ada@contoso.example", state: State = State.RELAYED) -> RecipientTrace:
    """A recipient for whom a policy has decided."""
    return RecipientTrace(
        rcpt_to,
        state,
        "Policy 'Default' passes clean mail.",
        policy_id="policy-1",
        policy_name="Default",
        policy_version=3,
        rule="clean",
        reasons=("links.text-differs",),
        monitored=(ActionKind.QUARANTINE,),
        reply="250 2.6.0 queued",
    )


def a_click(
    number: int,
    *,
    at: datetime = NOW,
    rcpt_to: str = "ada@contoso.example",
    host: str = "pages.example",
    outcome: ClickOutcome = ClickOutcome.REDIRECTED,
    tenant_id: str = TENANT,
    message_id: str = "m",
    reader: str = "00" * 8,
) -> Click:
    verdict = LinkVerdict.ALLOW if outcome is ClickOutcome.REDIRECTED else LinkVerdict.WARN
    return Click(
        f"click-{number:03}", at, tenant_id, message_id, reader, rcpt_to, f"https://{host}/=1|2", host, verdict,
        outcome, ("a reason",), "GET", "192.0.2.9", "Mozilla/5.0", "",
    )  # fmt: skip


def a_trace(
    *,
    at: datetime = NOW,
    direction: Direction | None = Direction.INBOUND,
    header_from: str = "mallory@evil.example",
    subject: str = "Your invoice",
    verdict: Verdict | None = Verdict.PHISHING,
    recipients: tuple[RecipientTrace, ...] | None = None,
    findings: tuple[Finding, ...] | None = None,
    tenant_id: str = TENANT,
    took: timedelta = timedelta(milliseconds=80),
) -> MessageTrace:
    """A message's trace with an id of its own."""
    number = next(_numbers)
    return MessageTrace(
        id=f"message-{number}",
        tenant_id=tenant_id,
        direction=direction,
        received_at=at,
        finished_at=at + took,
        peer="192.0.2.7 (mail.protection.outlook.com)",
        mail_from="bounce@evil.example",
        header_from=header_from,
        subject=subject,
        internet_message_id=f"<{number}@evil.example>",
        network_message_id=f"network-{number}",
        size=34_000,
        verdict=verdict,
        score=0.93,
        reply="250 2.0.0 ok",
        findings=(a_finding(),) if findings is None else findings,
        recipients=(a_recipient(),) if recipients is None else recipients,
        events=(TraceEvent(Step.RECEIVED, at, "from 192.0.2.7"), TraceEvent(Step.ANSWERED, at, "250")),
    )


def a_held(trace: MessageTrace, *addresses: str, blob: str = "", expires_at: datetime | None = None) -> Held:
    """The message of `trace` in quarantine for `addresses`."""
    recipients = tuple(Recipient(address, notify="FAILURE") for address in addresses or ("ada@contoso.example",))
    return Held(
        id=f"held-{next(_numbers)}",
        message_id=trace.id,
        tenant_id=trace.tenant_id,
        direction=trace.direction or Direction.INBOUND,
        envelope=Envelope(trace.mail_from, recipients, body="8BITMIME"),
        blob=blob,
        reason="Policy 'Default' quarantines phishing.",
        reasons=("links.text-differs",),
        verdict="phishing",
        policy_id="policy-1",
        policy_version=3,
        subject=trace.subject,
        header_from=trace.header_from,
        size=trace.size,
        held_at=trace.received_at,
        expires_at=expires_at or trace.received_at + timedelta(days=30),
    )


def a_queued(trace: MessageTrace, *addresses: str, blob: str = "") -> Queued:
    """The message of `trace` in the outbox for `addresses`."""
    recipients = tuple(Recipient(address) for address in addresses or ("ada@contoso.example",))
    return Queued(
        id=f"queued-{next(_numbers)}",
        message_id=trace.id,
        tenant_id=trace.tenant_id,
        direction=trace.direction or Direction.INBOUND,
        envelope=Envelope(trace.mail_from, recipients),
        blob=blob,
        junk=False,
        queued_at=trace.received_at,
        expires_at=trace.received_at + timedelta(days=2),
        last_reply="451 4.7.0 later",
    )


def a_settlement(trace: MessageTrace, rcpt_to: str, state: State = State.RELAYED, sha256: str = DIGEST) -> Settlement:
    """The memory that `rcpt_to` of the message has an owner."""
    direction = trace.direction or Direction.INBOUND
    return Settlement(trace.tenant_id, direction, trace.network_message_id, sha256, rcpt_to, state, trace.finished_at)


def held_settling(trace: MessageTrace, held: Held) -> Settling:
    """The unit that holds a message for all recipients."""
    settlements = [a_settlement(trace, one.address, State.QUARANTINED) for one in held.envelope.recipients]
    return Settling(trace, held=[held], settlements=settlements)
