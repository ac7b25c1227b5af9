"""Hops 3 to 6 of the mail path: parse, gather facts, inspect, decide, and prepare the changed copies.

Everything that touches the message's bytes runs in one worker process. When that fails, the report says so and
policy decides; the message is neither lost nor let through by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lockgate.gateway.arrival import Arrival
from lockgate.gateway.enrichment import Enrichment
from lockgate.gateway.inspection import Inspection, InspectionPool, WorkerLost, unfinished
from lockgate.gateway.journal import Journal
from lockgate.gateway.ports import Directory, Policies
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Direction, Recipient
from lockgate.model.findings import Report
from lockgate.model.trace import Step
from lockgate.policy.engine import decide_after_retries


@dataclass(frozen=True, slots=True)
class Examined:
    """The judgement, one decision per recipient, and the bytes of every changed copy."""

    report: Report
    decisions: tuple[Decision, ...]
    variants: Mapping[Changes, bytes]
    header_from: str
    subject: str


class Examination:
    """Judges messages."""

    def __init__(
        self,
        pool: InspectionPool,
        enrichment: Enrichment,
        policies: Policies,
        directory: Directory,
        hold_after_tries: int,
    ) -> None:
        self._pool = pool
        self._enrichment = enrichment
        self._policies = policies
        self._directory = directory
        self._hold_after_tries = hold_after_tries

    async def examine(
        self, arrival: Arrival, recipients: Sequence[Recipient], tries: int, journal: Journal
    ) -> Examined:
        """Decide for `recipients`; `tries` earlier deliveries of this message could not be inspected completely."""
        header_from = subject = ""
        variants: dict[Changes, bytes] = {}
        try:
            async with self._pool.begin() as inspection:
                summary = await inspection.parse(arrival.content)
                header_from, subject = summary.header_from, summary.subject
                journal.parsed(summary)
                facts = await self._enrichment.gather_facts(arrival, summary)
                missing = ", ".join(fact.name for fact in facts.missing)
                journal.note(Step.FACTS_GATHERED, f"missing: {missing}" if missing else "all there")
                report = await inspection.judge(facts)
                decisions = self._decide(arrival, recipients, report, header_from, tries)
                variants = await _variants(inspection, decisions, journal)
        except WorkerLost as lost:
            report = unfinished(lost)
            decisions = self._decide(arrival, recipients, report, header_from, tries)
        journal.judged(report)
        for decision in decisions:
            journal.note(Step.DECIDED, decision.explanation, decision.rcpt_to)
        return Examined(report, _with_possible_changes(decisions, variants), variants, header_from, subject)

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


async def _variants(inspection: Inspection, decisions: Sequence[Decision], journal: Journal) -> dict[Changes, bytes]:
    """The changed copies that the decisions ask for. A copy that may not be changed is missing: the original goes."""
    wanted = {
        decision.changes for decision in decisions if decision.changes and decision.fate in (Fate.RELAY, Fate.JUNK)
    }
    variants: dict[Changes, bytes] = {}
    for changes in wanted:
        changed: bytes | None = None
        if changes.disclaimer:
            changed = await inspection.add_disclaimer(changes.disclaimer)
            journal.note(Step.CHANGED, "disclaimer added" if changed else "disclaimer not added: must stay as signed")
        if changes.subject_prefix:
            tagged = await inspection.tag_subject(changes.subject_prefix, changed)
            journal.note(Step.CHANGED, "subject tagged" if tagged else "subject not tagged: must stay as signed")
            changed = tagged or changed
        if changed is not None:
            variants[changes] = changed
    return variants


def _with_possible_changes(decisions: Sequence[Decision], variants: Mapping[Changes, bytes]) -> tuple[Decision, ...]:
    """Decisions whose change was not possible relay the original."""
    return tuple(
        decision if not decision.changes or decision.changes in variants else replace(decision, changes=Changes())
        for decision in decisions
    )
