"""Hop 7: recipients with the same fate go together, and every recipient ends with exactly one owner.

The order is the safety: first the next hop is asked (a crash then leaves the sender as owner and costs at most
a duplicate), then everything that we promise is committed in one unit of work, and only then do we answer.
Whatever is unclear is 4xx, so that the sender keeps the message.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from lockgate.gateway import bounce, replies
from lockgate.gateway.arrival import Arrival
from lockgate.gateway.copies import Copies
from lockgate.gateway.examination import Examined
from lockgate.gateway.journal import Journal
from lockgate.gateway.ports import Ledger, Settling
from lockgate.gateway.records import Fated, held_record, queued_record, recipient_trace, settlement
from lockgate.gateway.relay import Relay, on_the_wire
from lockgate.gateway.sealing import Seals
from lockgate.model.clock import Clock
from lockgate.model.custody import Held, Queued
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.end_user import reason_for
from lockgate.model.envelope import Recipient
from lockgate.model.errors import TemporaryError
from lockgate.model.lifecycle import OWNED, State
from lockgate.model.trace import Step
from lockgate.smtp.delivery import RecipientOutcome
from lockgate.smtp.delivery import Settlement as Settled
from lockgate.smtp.protocol.replies import Reply

log = structlog.get_logger()
BEST = (Settled.DELIVERED, Settled.UNKNOWN, Settled.TEMPORARY, Settled.PERMANENT)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long we keep what is ours, and what we call ourselves."""

    hostname: str
    quarantine: timedelta = timedelta(days=30)
    outbox: timedelta = timedelta(hours=48)


class Disposition:
    """Carries out decisions."""

    def __init__(
        self,
        relay: Relay,
        ledger: Ledger,
        clock: Clock,
        new_id: Callable[[], str],
        keeping: Keeping,
        sealing: Seals | None = None,
    ) -> None:
        self._relay = relay
        self._ledger = ledger
        self._clock = clock
        self._new_id = new_id
        self._keeping = keeping
        self._sealing = sealing

    async def carry_out(
        self, arrival: Arrival, examined: Examined, earlier: Mapping[str, State], journal: Journal
    ) -> Reply:
        """The final reply. A `250` means that every recipient's owner is durable (design.md, invariant 1)."""
        if any(decision.fate is Fate.TRY_LATER for decision in examined.decisions):
            return await self._defer(arrival, examined, journal)
        fated = {decision.rcpt_to: _first_fate(decision) for decision in examined.decisions}
        copies = await self._copies(arrival, examined, journal)
        outcomes = await self._relay_all(copies, examined.decisions, journal)
        for outcome in outcomes:
            fated[outcome.rcpt_to] = _after_relay(fated[outcome.rcpt_to].decision, outcome)
        if not _anything_settled(fated, earlier, outcomes):
            return await self._hand_back(arrival, fated, outcomes, journal)
        return await self._settle(copies, examined, fated, journal)

    async def _defer(self, arrival: Arrival, examined: Examined, journal: Journal) -> Reply:
        """Inspection is incomplete: nobody gets anything, the sender keeps the message, the try is counted."""
        reply = replies.INSPECTION_INCOMPLETE
        text = replies.in_words(reply)
        traces = tuple(recipient_trace(Fated(decision, State.DEFERRED, text)) for decision in examined.decisions)
        key = (arrival.tenant.id, arrival.proof.network_message_id, arrival.body_sha256)
        await self._ledger.settle(Settling(journal.close(text, traces), deferred_key=key))
        return reply

    async def _copies(self, arrival: Arrival, examined: Examined, journal: Journal) -> Copies:
        """What is to go back, sealed if we seal."""
        copies = Copies(arrival, examined.variants, self._keeping.hostname)
        if self._sealing is not None:
            wanted = (each.changes for each in examined.decisions if each.fate in (Fate.RELAY, Fate.JUNK))
            remark = await copies.seal(wanted, self._sealing)
            if remark:
                journal.note(Step.SEALED, remark)
        return copies

    async def _relay_all(
        self, copies: Copies, decisions: Sequence[Decision], journal: Journal
    ) -> list[RecipientOutcome]:
        """Hand the message to the next hop for everybody who is to get it, one transaction per variant."""
        arrival = copies.arrival
        by_address = {recipient.address: recipient for recipient in arrival.envelope.recipients}
        groups: dict[tuple[Changes, bool, tuple[str, ...], bool], list[Recipient]] = {}
        for decision in decisions:
            if decision.fate in (Fate.RELAY, Fate.JUNK):
                key = (decision.changes, decision.fate is Fate.JUNK, decision.reviewers, decision.require_tls)
                groups.setdefault(key, []).append(by_address[decision.rcpt_to])
        outcomes: list[RecipientOutcome] = []
        for (changes, junk, reviewers, require_tls), recipients in groups.items():
            content = copies.ready(changes, junk=junk, require_tls=require_tls)
            if reviewers:
                outcomes += await self._relay_to_reviewers(arrival, recipients, reviewers, content, journal)
            else:
                outcomes += await self._relay_group(arrival, recipients, content, journal)
        return outcomes

    async def _relay_to_reviewers(
        self,
        arrival: Arrival,
        instead_of: Sequence[Recipient],
        reviewers: Sequence[str],
        content: Sequence[bytes],
        journal: Journal,
    ) -> Sequence[RecipientOutcome]:
        """One copy for the reviewers; its best outcome is that of each recipient whom they stand in for."""
        people = [Recipient(address, notify="NEVER") for address in reviewers]  # a report would tell the sender of them
        outcomes = await self._relay_group(arrival, people, content, journal)
        best = min(outcomes, key=lambda outcome: BEST.index(outcome.settlement))
        return [replace(best, recipient=each) for each in on_the_wire(arrival.envelope, instead_of).recipients]

    async def _relay_group(
        self, arrival: Arrival, recipients: Sequence[Recipient], content: Sequence[bytes], journal: Journal
    ) -> Sequence[RecipientOutcome]:
        try:
            outcomes = await self._relay.send(arrival.tenant, arrival.envelope, recipients, content)
        except TemporaryError as error:
            log.warning("next hop not found", message=arrival.id, cause=str(error))
            outcomes = self._relay.nowhere(arrival.envelope, recipients)
        for outcome in outcomes:
            delivered = outcome.settlement is Settled.DELIVERED
            step = Step.RELAYED if delivered else Step.RELAY_FAILED
            detail = f"{replies.in_words(outcome.reply)} ({outcome.stage.name.lower()})"
            journal.note(step, detail, outcome.rcpt_to)
        return outcomes

    async def _hand_back(
        self,
        arrival: Arrival,
        fated: Mapping[str, Fated],
        outcomes: Sequence[RecipientOutcome],
        journal: Journal,
    ) -> Reply:
        """Nothing is settled: the next hop's word goes to the sender, who still owns the message for everybody."""
        reply = replies.of_next_hop(outcomes) if outcomes else _rejection(fated)
        state = State.REFUSED if reply.is_permanent else State.DEFERRED
        traces = tuple(recipient_trace(Fated(item.decision, state, item.reply)) for item in fated.values())
        await self._write_trace(Settling(journal.close(replies.in_words(reply), traces)), arrival)
        return reply

    async def _settle(self, copies: Copies, examined: Examined, fated: Mapping[str, Fated], journal: Journal) -> Reply:
        """Commit what is ours to keep, remember who is settled, and answer 250."""
        arrival = copies.arrival
        fated = {address: _unreviewed_is_held(item) for address, item in fated.items()}
        held = await self._hold(arrival, examined, fated, journal)
        queued = await self._queue(copies, fated, journal)
        reply = replies.accepted(arrival.id)
        now = self._clock()
        settling = Settling(
            journal.close(replies.in_words(reply), tuple(recipient_trace(item) for item in fated.values())),
            held,
            queued,
            [settlement(arrival, item, now) for item in fated.values() if item.state in OWNED],
        )
        if held or queued or any(item.state is State.DELETED for item in fated.values()):
            await self._ledger.settle(settling)
        else:
            await self._write_trace(settling, arrival)
        return reply

    async def _write_trace(self, settling: Settling, arrival: Arrival) -> None:
        """A record that no promise depends on: the next hop or the sender owns the message, so failing is not fatal."""
        try:
            await self._ledger.settle(settling)
        except Exception:
            log.exception("the trace could not be written", message=arrival.id)

    async def _hold(
        self, arrival: Arrival, examined: Examined, fated: Mapping[str, Fated], journal: Journal
    ) -> list[Held]:
        """One quarantine record per policy decision that holds, with the recipients it holds for."""
        groups: dict[tuple[str, int, str], list[Fated]] = {}
        for item in fated.values():
            if item.state is State.QUARANTINED:
                decision = item.decision
                groups.setdefault((decision.policy_id, decision.policy_version, decision.rule), []).append(item)
        if not groups:
            return []
        blob = await self._ledger.keep_content([arrival.content])
        now = self._clock()
        for item in fated.values():
            if item.state is State.QUARANTINED:
                until = now + self._held_for(arrival, examined, item)
                journal.note(Step.HELD, f"until {until:%Y-%m-%d}", item.decision.rcpt_to)
            elif item.state is State.DELETED:
                journal.note(Step.DROPPED, item.decision.explanation, item.decision.rcpt_to)
        return [
            held_record(
                self._new_id(), arrival, examined, group, blob, now, now + self._held_for(arrival, examined, group[0])
            )
            for group in groups.values()
        ]

    def _held_for(self, arrival: Arrival, examined: Examined, item: Fated) -> timedelta:
        """How long the organisation keeps what is held for such a reason."""
        reason = reason_for(examined.report.verdict, item.decision.reasons)
        return arrival.tenant.retention.held_for(reason, self._keeping.quarantine)

    async def _queue(self, copies: Copies, fated: Mapping[str, Fated], journal: Journal) -> list[Queued]:
        """Outbox records for what failed temporarily, and reports for what was refused, now that 250 will be said."""
        records: list[Queued] = []
        arrival, now = copies.arrival, self._clock()
        until = now + self._keeping.outbox
        groups: dict[tuple[Changes, bool, bool], list[Fated]] = {}
        for item in fated.values():
            if item.state is State.QUEUED:
                key = (item.decision.changes, item.decision.fate is Fate.JUNK, item.decision.require_tls)
                groups.setdefault(key, []).append(item)
        for (changes, junk, require_tls), group in groups.items():
            content = copies.ready(changes, junk=junk, require_tls=require_tls)
            blob = await self._ledger.keep_content(content)
            recipients = tuple(_recipient(arrival, item.decision) for item in group)
            records.append(queued_record(self._new_id(), arrival, recipients, blob, junk, now, until, group[0].reply))
            for item in group:
                journal.note(Step.QUEUED, f"we deliver later: {item.reply}", item.decision.rcpt_to)
        records += await self._bounces(copies, fated, journal)
        return records

    async def _bounces(self, copies: Copies, fated: Mapping[str, Fated], journal: Journal) -> list[Queued]:
        arrival = copies.arrival
        refused = [
            bounce.refused(_recipient(arrival, item.decision), replies.from_words(item.reply))
            for item in fated.values()
            if item.state is State.BOUNCED
        ]
        wanted = [item for item in refused if bounce.wants_report(arrival.envelope, item.recipient)]
        if not wanted:
            return []
        now = self._clock()
        hostname, number = self._keeping.hostname, self._new_id()
        report = bounce.report(arrival.envelope, wanted, arrival.content, hostname, number, now)
        blob = await self._ledger.keep_content([copies.stamps(junk=False), report])
        for item in wanted:
            journal.note(Step.BOUNCED, "a report goes to the sender", item.recipient.address)
        sender = (Recipient(arrival.envelope.mail_from, notify="NEVER"),)
        return [
            queued_record(number, arrival, sender, blob, False, now, now + self._keeping.outbox, "", null_sender=True)
        ]


def _recipient(arrival: Arrival, decision: Decision) -> Recipient:
    return next(item for item in arrival.envelope.recipients if item.address == decision.rcpt_to)


def _first_fate(decision: Decision) -> Fated:
    """The state that the decision alone leads to; relayed ones are settled by the next hop's answer."""
    match decision.fate:
        case Fate.QUARANTINE:
            return Fated(decision, State.QUARANTINED, "")
        case Fate.DELETE:
            return Fated(decision, State.DELETED, "")
        case Fate.REJECT:
            return Fated(decision, State.BOUNCED, replies.in_words(replies.rejected(decision.refusal)))
        case Fate.RELAY | Fate.JUNK | Fate.TRY_LATER:
            return Fated(decision, State.RECEIVED, "")


def _after_relay(decision: Decision, outcome: RecipientOutcome) -> Fated:
    """The state after the next hop's answer. An unknown outcome is tried again: a duplicate is better than a loss."""
    reply = replies.in_words(outcome.reply)
    match outcome.settlement:
        case Settled.DELIVERED:
            return Fated(decision, _delivered(decision), reply)
        case Settled.PERMANENT if decision.reviewers:
            return _held_for_review(decision, reply)
        case Settled.PERMANENT:
            return Fated(decision, State.BOUNCED, reply)
        case Settled.TEMPORARY | Settled.UNKNOWN:
            return Fated(decision, State.QUEUED, reply)


def _delivered(decision: Decision) -> State:
    if decision.fate is Fate.JUNK:
        return State.JUNKED
    return State.UNLOGGED if decision.unlogged else State.RELAYED


def _unreviewed_is_held(item: Fated) -> Fated:
    """Once others are settled, what its reviewers could not be given is held, never queued past them."""
    if item.state is State.QUEUED and item.decision.reviewers:
        return _held_for_review(item.decision, item.reply)
    return item


def _held_for_review(decision: Decision, reply: str) -> Fated:
    told = f"Held in quarantine: the reviewers could not be given it ({reply}). {decision.explanation}"
    return Fated(replace(decision, explanation=told), State.QUARANTINED, reply)


def _rejection(fated: Mapping[str, Fated]) -> Reply:
    """Everybody's policy rejects: the first reason is told."""
    return replies.from_words(next(item.reply for item in fated.values()))


def _anything_settled(
    fated: Mapping[str, Fated], earlier: Mapping[str, State], outcomes: Sequence[RecipientOutcome]
) -> bool:
    """Whether somebody other than the sender already has the message, or will by our own commit alone.

    A hold or a deletion is ours whatever the next hop says: it is committed now, so that the administrator sees it
    even if the sender gives up, and who failed temporarily beside it waits in our outbox.
    """
    if earlier or any(outcome.settlement is Settled.DELIVERED for outcome in outcomes):
        return True
    return any(item.state in (State.QUARANTINED, State.DELETED) for item in fated.values())
