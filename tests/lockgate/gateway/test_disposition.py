"""Every recipient ends with exactly one owner, and the reply says so truly."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.gateway.disposition import Disposition, Keeping
from lockgate.gateway.examination import Examined
from lockgate.gateway.journal import Journal
from lockgate.gateway.relay import Relay, Stamp, stamps
from lockgate.gateway.sealing import Sealed, Seals
from lockgate.lookups.next_hops import FixedNextHop
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.end_user import Reason
from lockgate.model.envelope import Direction
from lockgate.model.findings import Report, Verdict
from lockgate.model.lifecycle import OWNED, State
from lockgate.model.tenant import OwnRetention, Protection
from lockgate.model.trace import Step
from lockgate.smtp.delivery import NextHop
from lockgate.smtp.protocol.replies import Reply
from tests.lockgate.gateway.stand_ins import (
    INBOUND,
    LATER,
    NEVER,
    NOW,
    OK,
    OUTBOUND,
    TENANT,
    MemoryLedger,
    ScriptedNextHop,
    arrival,
    decision,
)

A, B, C = "a@contoso.example", "b@contoso.example", "c@contoso.example"


async def carry_out(
    decisions: list[Decision],
    next_hop: ScriptedNextHop,
    ledger: MemoryLedger,
    variants: dict[Changes, bytes] | None = None,
    direction: Direction = Direction.INBOUND,
    sealing: Seals | None = None,
    retention: OwnRetention = OwnRetention(),  # noqa: B008 - frozen
) -> Reply:
    numbers = itertools.count(1)
    relay = Relay(next_hop, FixedNextHop(NextHop("192.0.2.1")))
    keeping = Keeping("gw.example", timedelta(days=1), timedelta(hours=1))
    disposition = Disposition(relay, ledger, lambda: NOW, lambda: f"id-{next(numbers)}", keeping, sealing)
    message = arrival(*(item.rcpt_to for item in decisions), direction=direction)
    message = replace(message, proof=replace(message.proof, tenant=replace(message.tenant, retention=retention)))
    report = Report(Verdict.CLEAN, 0.0, ())
    examined = Examined(report, tuple(decisions), variants or {}, "a@outside.example", "x")
    return await disposition.carry_out(message, examined, {}, Journal(message, lambda: NOW))


def states(ledger: MemoryLedger) -> dict[str, State]:
    return {item.rcpt_to: item.state for settling in ledger.settled for item in settling.trace.recipients}


async def test_a_message_is_held_as_long_as_its_organisation_wants_for_its_reason() -> None:
    file = replace(decision(A, Fate.QUARANTINE), rule="Files", reasons=("file.dangerous-type",))
    own = {Reason.FILE: 90, Reason.DLP: 3}
    for retention, days in (
        (OwnRetention(), {A: 1, B: 1}),
        (OwnRetention(quarantine=7), {A: 7, B: 7}),
        (OwnRetention(quarantine=7, by_reason=own), {A: 90, B: 7}),
    ):
        ledger = MemoryLedger()
        await carry_out([file, decision(B, Fate.QUARANTINE)], ScriptedNextHop(), ledger, retention=retention)
        held = [one for settling in ledger.settled for one in settling.held]
        kept = {one.envelope.recipients[0].address: (one.expires_at - one.held_at).days for one in held}
        assert kept == days


async def test_three_recipients_have_three_fates() -> None:
    next_hop, ledger = ScriptedNextHop(), MemoryLedger()
    fates = [decision(A, Fate.RELAY), decision(B, Fate.QUARANTINE), decision(C, Fate.JUNK)]
    reply = await carry_out(fates, next_hop, ledger)
    assert reply.code == 250
    assert states(ledger) == {A: State.RELAYED, B: State.QUARANTINED, C: State.JUNKED}
    plain, junk = sorted((content for _, content in next_hop.received), key=len)
    assert b"X-Lockgate-Junk: junk-in" in junk
    assert b"X-Lockgate-Junk" not in plain
    assert plain.endswith(b"Subject: x\r\n\r\nx\r\n")
    (held,) = ledger.settled[0].held
    assert [item.address for item in held.envelope.recipients] == [B]
    assert ledger.blobs[held.blob] == b"Subject: x\r\n\r\nx\r\n"


async def test_nothing_settled_hands_the_next_hops_word_back() -> None:
    next_hop, ledger = ScriptedNextHop({A: LATER, B: NEVER}), MemoryLedger()
    reply = await carry_out([decision(A, Fate.RELAY), decision(B, Fate.RELAY)], next_hop, ledger)
    assert reply.code == 450
    assert set(states(ledger).values()) == {State.DEFERRED}
    assert not ledger.queued


async def test_everybody_refused_is_refused_to_the_sender() -> None:
    next_hop, ledger = ScriptedNextHop({A: NEVER, B: NEVER}), MemoryLedger()
    reply = await carry_out([decision(A, Fate.RELAY), decision(B, Fate.RELAY)], next_hop, ledger)
    assert (reply.code, reply.enhanced) == (550, "5.1.1")
    assert set(states(ledger).values()) == {State.REFUSED}


async def test_once_somebody_is_settled_failures_become_ours() -> None:
    next_hop, ledger = ScriptedNextHop({B: LATER, C: NEVER}), MemoryLedger()
    reply = await carry_out(
        [decision(A, Fate.RELAY), decision(B, Fate.RELAY), decision(C, Fate.RELAY)], next_hop, ledger
    )
    assert reply.code == 250
    assert states(ledger) == {A: State.RELAYED, B: State.QUEUED, C: State.BOUNCED}
    later, report = ledger.queued
    assert [item.address for item in later.envelope.recipients] == [B]
    assert ledger.blobs[later.blob].endswith(b"Subject: x\r\n\r\nx\r\n")
    assert report.envelope.mail_from == ""
    assert [item.address for item in report.envelope.recipients] == ["a@outside.example"]
    assert b"Final-Recipient: rfc822; c@contoso.example" in ledger.blobs[report.blob]


class Marks:
    """Implements `Seals`: a field that can be told apart from others."""

    async def seal(self, received: bytes, copies: Sequence[bytes]) -> Sealed:
        return Sealed(tuple(b"ARC-Seal: %d\r\n" % len(each) for each in copies), "sealed")


async def test_what_waits_in_the_outbox_is_sealed_as_what_was_sent_and_reports_are_not() -> None:
    changes = Changes(subject_prefix="[X]")
    changed = b"Subject: [X] x\r\n\r\nx\r\n"
    next_hop, ledger = ScriptedNextHop({B: LATER, C: NEVER}), MemoryLedger()
    fates = [decision(A, Fate.RELAY), decision(B, Fate.JUNK, changes), decision(C, Fate.RELAY)]
    await carry_out(fates, next_hop, ledger, {changes: changed}, sealing=Marks())
    seals = sorted(content.partition(b"\r\n")[0] for _, content in next_hop.received)
    assert seals == [b"ARC-Seal: 17", b"ARC-Seal: 21"]
    later, report = ledger.queued
    assert ledger.blobs[later.blob].startswith(b"ARC-Seal: 21\r\nReceived: ")
    assert ledger.blobs[later.blob].endswith(changed)
    assert not ledger.blobs[report.blob].startswith(b"ARC-Seal")
    events = ledger.settled[0].trace.events
    assert [event.detail for event in events if event.step is Step.SEALED] == ["sealed"]


async def test_an_unknown_outcome_is_tried_again_rather_than_lost() -> None:
    ledger = MemoryLedger()
    reply = await carry_out([decision(A, Fate.RELAY)], ScriptedNextHop({A: None}), ledger)
    assert reply.is_temporary


async def test_a_hold_that_cannot_be_committed_is_not_promised() -> None:
    ledger = MemoryLedger()
    ledger.fail = True
    with pytest.raises(OSError, match="disk full"):
        await carry_out([decision(A, Fate.QUARANTINE)], ScriptedNextHop(), ledger)


async def test_a_relayed_message_is_accepted_even_when_its_trace_is_lost() -> None:
    ledger = MemoryLedger()
    ledger.fail = True
    assert (await carry_out([decision(A, Fate.RELAY)], ScriptedNextHop(), ledger)).code == 250


async def test_an_incomplete_inspection_defers_everybody() -> None:
    next_hop, ledger = ScriptedNextHop(), MemoryLedger()
    reply = await carry_out([decision(A, Fate.TRY_LATER), decision(B, Fate.RELAY)], next_hop, ledger)
    assert reply.code == 451
    assert not next_hop.received
    assert ledger.settled[0].deferred_key is not None


async def test_outbound_copies_carry_only_what_the_tenant_takes_off_again() -> None:
    next_hop = ScriptedNextHop()
    await carry_out([decision(A, Fate.RELAY)], next_hop, MemoryLedger(), direction=Direction.OUTBOUND)
    ((_, content),) = next_hop.received
    assert b"X-Lockgate-Return-Out: return-out" in content
    assert set(re.findall(rb"X-Lockgate-[A-Za-z-]+", content)) == {b"X-Lockgate-Return-Out", b"X-Lockgate-Return-In"}


@pytest.mark.parametrize(
    ("inbound", "written"),
    [(Protection.LIVE, True), (Protection.BYPASSED, True), (Protection.PREPARING, False), (Protection.OFF, False)],
)
def test_the_inbound_rule_lets_outbound_copies_pass_once_its_secret_is_taken_off_again(
    inbound: Protection, written: bool
) -> None:
    tenant = replace(TENANT, passages=(replace(INBOUND, protection=inbound), OUTBOUND))
    fields = stamps(tenant, OUTBOUND, Stamp("gw.example", "1", "192.0.2.1", "outlook", NOW), junk=False)
    assert b"X-Lockgate-Return-Out: return-out\r\n" in fields
    assert (b"X-Lockgate-Return-In: return-in\r\n" in fields) is written


async def test_a_changed_copy_goes_to_whom_it_is_for() -> None:
    changes = Changes(subject_prefix="[X]")
    next_hop = ScriptedNextHop()
    fates = [decision(A, Fate.RELAY, changes), decision(B, Fate.RELAY)]
    await carry_out(fates, next_hop, MemoryLedger(), {changes: b"Subject: [X] x\r\n\r\nx\r\n"})
    tagged = {
        item.rcpt_to for envelope, content in next_hop.received if b"[X]" in content for item in envelope.recipients
    }
    assert tagged == {A}


def rejecting(rcpt_to: str) -> Decision:
    return replace(decision(rcpt_to, Fate.REJECT), refusal="We take no programs")


def reviewed(rcpt_to: str) -> Decision:
    return replace(decision(rcpt_to, Fate.RELAY), reviewers=(C,))


async def test_a_rejection_of_everybody_is_told_to_the_sender() -> None:
    ledger = MemoryLedger()
    reply = await carry_out([rejecting(A), rejecting(B)], ScriptedNextHop(), ledger)
    assert (reply.code, reply.enhanced, reply.text) == (550, "5.7.1", "We take no programs")
    assert states(ledger) == {A: State.REFUSED, B: State.REFUSED}
    assert not ledger.queued


async def test_a_rejection_beside_a_delivery_goes_back_as_a_report() -> None:
    ledger = MemoryLedger()
    reply = await carry_out([rejecting(A), decision(B, Fate.RELAY)], ScriptedNextHop(), ledger)
    assert reply.code == 250
    assert states(ledger) == {A: State.BOUNCED, B: State.RELAYED}
    [report] = ledger.queued
    assert report.envelope.recipients[0].address == "a@outside.example"
    assert b"5.7.1 We take no programs" in ledger.blobs[report.blob]


async def test_a_rejection_beside_a_passing_failure_waits_with_it() -> None:
    ledger = MemoryLedger()
    reply = await carry_out([rejecting(A), decision(B, Fate.RELAY)], ScriptedNextHop({B: LATER}), ledger)
    assert reply.code == 450
    assert set(states(ledger).values()) == {State.DEFERRED}


async def test_reviewers_get_the_message_instead_once_for_all_whom_they_stand_in_for() -> None:
    next_hop, ledger = ScriptedNextHop(), MemoryLedger()
    reply = await carry_out([reviewed(A), reviewed(B)], next_hop, ledger)
    assert reply.code == 250
    assert states(ledger) == {A: State.RELAYED, B: State.RELAYED}
    ((envelope, _),) = next_hop.received
    assert [one.rcpt_to for one in envelope.recipients] == [C]


@pytest.mark.parametrize(("answer", "others"), [(NEVER, False), (NEVER, True), (LATER, True)])
async def test_what_reviewers_cannot_be_given_is_held_and_never_queued_past_them(answer: Reply, others: bool) -> None:
    ledger = MemoryLedger()
    decisions = [reviewed(A), decision(B, Fate.RELAY)] if others else [reviewed(A)]
    reply = await carry_out(decisions, ScriptedNextHop({C: answer}), ledger)
    assert reply.code == 250
    assert states(ledger)[A] is State.QUARANTINED
    [held] = [record for settling in ledger.settled for record in settling.held]
    assert [one.address for one in held.envelope.recipients] == [A] and "reviewers could not" in held.reason
    assert not ledger.queued


async def test_while_reviewers_cannot_be_reached_and_nobody_is_settled_the_sender_keeps_it() -> None:
    ledger = MemoryLedger()
    assert (await carry_out([reviewed(A)], ScriptedNextHop({C: LATER}), ledger)).code == 450
    assert states(ledger) == {A: State.DEFERRED}


@settings(max_examples=200, deadline=None)
@given(
    fates=st.lists(
        st.sampled_from([Fate.RELAY, Fate.JUNK, Fate.QUARANTINE, Fate.REJECT, Fate.DELETE]), min_size=1, max_size=5
    ),
    answers=st.lists(st.sampled_from([OK, LATER, NEVER, None]), min_size=5, max_size=5),
)
async def test_250_means_that_every_recipient_has_an_owner(fates: list[Fate], answers: list[Reply | None]) -> None:
    addresses = [f"r{number}@contoso.example" for number in range(len(fates))]
    next_hop, ledger = ScriptedNextHop(dict(zip(addresses, answers, strict=False))), MemoryLedger()
    decisions = [decision(address, fate) for address, fate in zip(addresses, fates, strict=True)]
    reply = await carry_out(decisions, next_hop, ledger)
    became = states(ledger)
    assert set(became) == set(addresses)
    if reply.code == 250:
        assert set(became.values()) <= OWNED
        held = {
            item.address
            for settling in ledger.settled
            for record in settling.held
            for item in record.envelope.recipients
        }
        assert held == {address for address, state in became.items() if state is State.QUARANTINED}
        queued = {item.address for record in ledger.queued for item in record.envelope.recipients}
        assert queued >= {address for address, state in became.items() if state is State.QUEUED}
    else:
        assert set(became.values()) <= {State.DEFERRED, State.REFUSED}
        assert not any(
            address
            for address, answer in zip(addresses, answers, strict=False)
            if answer is OK and fates[addresses.index(address)] in (Fate.RELAY, Fate.JUNK)
        )
