"""Hops 3 to 6 of the mail path: parse, gather facts, inspect, decide, and prepare the changed copies.

Everything that touches the message's bytes runs in one worker process. When that fails, the report says so and
policy decides; the message is neither lost nor let through by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lockgate.gateway.arrival import Arrival
from lockgate.gateway.click_links import ClickLinks
from lockgate.gateway.enrichment import Enrichment
from lockgate.gateway.inspection import Inspection, InspectionPool, WorkerLost, unfinished
from lockgate.gateway.journal import Journal
from lockgate.gateway.ports import Directory, Policies
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Direction, Recipient
from lockgate.model.facts import Facts, Origin
from lockgate.model.findings import Report
from lockgate.model.trace import Step
from lockgate.policy import explanation
from lockgate.policy.engine import decide_after_retries

INVENTED = b"From: somebody@outside.invalid\r\nSubject: Are you well?\r\n\r\nI hope so.\r\n"


@dataclass(frozen=True, slots=True)
class Examined:
    """The judgement, one decision per recipient, and the bytes of every changed copy."""

    report: Report
    decisions: tuple[Decision, ...]
    variants: Mapping[Changes, bytes]
    header_from: str
    subject: str
    content: bytes | None = None  # what goes on when it is not what was received


class Examination:
    """Judges messages."""

    def __init__(
        self,
        pool: InspectionPool,
        enrichment: Enrichment,
        policies: Policies,
        directory: Directory,
        hold_after_tries: int,
        click_links: ClickLinks | None = None,
    ) -> None:
        self._pool = pool
        self._enrichment = enrichment
        self._policies = policies
        self._directory = directory
        self._hold_after_tries = hold_after_tries
        self._click_links = click_links

    async def is_fit(self) -> bool:
        """Whether a worker judges an invented message in time; what it finds does not matter."""
        origin = Origin(Direction.INBOUND, "somebody@outside.invalid", ("somebody@inside.invalid",), frozenset())
        try:
            async with self._pool.begin() as inspection:
                await inspection.parse(INVENTED)
                await inspection.judge(Facts((origin,)))
        except WorkerLost:
            return False
        return True

    async def examine(
        self, arrival: Arrival, recipients: Sequence[Recipient], tries: int, journal: Journal
    ) -> Examined:
        """Decide for `recipients`; `tries` earlier deliveries of this message could not be inspected completely."""
        header_from = subject = ""
        copies, received = Copies(), arrival.content
        try:
            async with self._pool.begin() as inspection:
                summary = await inspection.parse(arrival.content)
                header_from, subject = summary.header_from, summary.subject
                journal.parsed(summary)
                if self._click_links is not None and summary.own_links:
                    arrival, summary = await self._click_links.put_back(inspection, arrival, summary, journal)
                facts = await self._enrichment.gather_facts(arrival, summary, inspection)
                missing = ", ".join(fact.name for fact in facts.missing)
                journal.note(Step.FACTS_GATHERED, f"missing: {missing}" if missing else "all there")
                report = await inspection.judge(facts)
                decisions = self._decide(arrival, recipients, report, header_from, tries)
                await _make_copies(inspection, decisions, copies, journal)
                if self._click_links is not None:
                    rewriting = self._click_links.rewrite(inspection, arrival, decisions, copies.variants, journal)
                    decisions = await rewriting
        except WorkerLost as lost:
            report = unfinished(lost)
            decisions = self._decide(arrival, recipients, report, header_from, tries)
        decisions = _with_possible_changes(decisions, copies)
        if not arrival.tenant.can_require_tls:
            decisions = tuple(_never_in_the_clear(each) for each in decisions)
        journal.judged(report)
        for decision in decisions:
            journal.note(Step.DECIDED, decision.explanation, decision.rcpt_to)
        changed = arrival.content if arrival.content is not received else None
        return Examined(report, decisions, copies.variants, header_from, subject, changed)

    def _decide(
        self, arrival: Arrival, recipients: Sequence[Recipient], report: Report, header_from: str, tries: int
    ) -> tuple[Decision, ...]:
        tenant_id, direction = arrival.tenant.id, arrival.direction
        policies = self._policies.current(tenant_id, direction)

        def decide(recipient: Recipient) -> Decision:
            protected = recipient.address
            if direction is Direction.OUTBOUND:
                protected = arrival.envelope.mail_from or header_from
            profile = self._directory.profile(tenant_id, protected)
            return decide_after_retries(
                report, recipient.address, profile, policies, tries=tries, patience=self._hold_after_tries
            )

        return tuple(decide(recipient) for recipient in recipients)


@dataclass(frozen=True, slots=True)
class Copies:
    """The changed copies, and why a change that protects could not be made."""

    variants: dict[Changes, bytes] = field(default_factory=dict)
    unsafe: dict[Changes, str] = field(default_factory=dict)


async def _make_copies(inspection: Inspection, decisions: Sequence[Decision], copies: Copies, journal: Journal) -> None:
    """The changed copies that the decisions ask for. A copy that may not be changed is missing: the original goes."""
    wanted = (each.changes for each in decisions if each.changes and each.fate in (Fate.RELAY, Fate.JUNK))
    for changes in dict.fromkeys(wanted):
        note, content = await inspection.change(changes)
        for told in note.notes:
            journal.note(Step.CHANGED, told)
        if note.unsafe:
            copies.unsafe[changes] = note.unsafe
        else:
            copies.variants[changes] = content


def _never_in_the_clear(decision: Decision) -> Decision:
    """While the tenant's rule that requires TLS is not in order, what needs it is held."""
    if not decision.require_tls or decision.fate is not Fate.RELAY:
        return decision
    told = explanation.without_tls_rule(decision.explanation)
    return replace(decision, fate=Fate.QUARANTINE, changes=Changes(), reviewers=(), explanation=told)


def _with_possible_changes(decisions: Sequence[Decision], copies: Copies) -> tuple[Decision, ...]:
    """Decisions whose change was not possible relay the original, or hold it where the change was to protect."""
    return tuple(_possible(decision, copies) for decision in decisions)


def _possible(decision: Decision, copies: Copies) -> Decision:
    if not decision.changes or decision.changes in copies.variants:
        return decision
    if not decision.changes.protects:
        return replace(decision, changes=Changes())
    why = copies.unsafe.get(decision.changes, "the inspection worker was lost")
    told = explanation.unprotected(decision.explanation, why)
    return replace(decision, fate=Fate.QUARANTINE, changes=Changes(), reviewers=(), explanation=told)
