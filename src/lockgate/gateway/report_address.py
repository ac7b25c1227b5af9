"""The address to which people send suspicious mail: what comes to it is ours to keep, and goes no further.

Rule: only outgoing mail, which Exchange has authenticated as the organisation's own, from an address of theirs. The
address is below a name of ours, because the name itself may be a domain of the organisation, and mail to such a one
does not go out. It is not judged: it carries what somebody believes to be dangerous. It is durable before the sender
hears 250, and the same mail again changes nothing, so a retry for other recipients does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.gateway.arrival import Arrival
from lockgate.gateway.frames import Summary
from lockgate.gateway.journal import Journal
from lockgate.gateway.ports import KeepsReports
from lockgate.mime.headers import scan
from lockgate.model.envelope import Direction, Recipient
from lockgate.model.lifecycle import State
from lockgate.model.trace import RecipientTrace, Step

TAKEN = "Taken as a report of suspicious mail"
TOO_MANY = "Its sender has reported as many messages within a day as are taken from one person, and was told"
TEXT_LIMIT = 500  # characters of a field in the trace


@dataclass(frozen=True, slots=True)
class ReportAddress:
    """Knows the address and takes what comes to it. `names` are the gateway's own, lower-case."""

    names: frozenset[str]
    keeps: KeepsReports

    def is_meant(self, arrival: Arrival, recipient: Recipient) -> bool:
        """Whether this recipient is the report address, and the sender one who may report."""
        own = arrival.direction is Direction.OUTBOUND and bool(arrival.envelope.mail_from)
        return own and recipient.address.lower() in map(report_address, self.names)

    async def take(
        self, arrival: Arrival, recipients: Sequence[Recipient], journal: Journal
    ) -> tuple[RecipientTrace, ...]:
        """Keep the report, unless this person has made too many; raises TemporaryError when it cannot be kept."""
        reporter = arrival.envelope.mail_from
        key = f"{arrival.proof.network_message_id}/{arrival.body_sha256}"
        kept = await self.keeps.keep(arrival.tenant.id, reporter, key, arrival.content, arrival.received_at)
        for one in recipients:
            journal.note(Step.REPORT_TAKEN, f"from {reporter}" if kept else f"not kept: {TOO_MANY}", one.address)
        return tuple(RecipientTrace(one.address, State.TAKEN, TAKEN if kept else TOO_MANY) for one in recipients)


def described(arrival: Arrival) -> Summary:
    """What the trace shows of a report that nobody parses here."""
    header = scan(arrival.content)
    sender, subject, number = [(header.value(name) or "")[:TEXT_LIMIT] for name in ("From", "Subject", "Message-ID")]
    return Summary(sender, subject, number, 1, ())


def report_address(name: str) -> str:
    """The address below a name of the gateway."""
    return f"reports@reports.{name}"
