"""Mail that somebody of an organisation has reported as suspicious: what it is, what we think now, what was decided."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lockgate.model.findings import Finding, Verdict
from lockgate.model.pull_back import Destination


class ReportState(StrEnum):
    """Where a report stands."""

    ARRIVED = "arrived"  # kept; nobody has looked into it yet
    WAITING = "to-decide"  # judged with today's knowledge; somebody has to decide
    UNREADABLE = "unreadable"  # there is no message in it that could be judged
    HARMLESS = "harmless"  # decided: the message was in order
    REJECTED = "rejected"  # decided: nothing follows from the report
    MITIGATED = "mitigated"  # decided: the message was dangerous, and something was done about its like


OPEN = (ReportState.ARRIVED, ReportState.WAITING, ReportState.UNREADABLE)


class Way(StrEnum):
    """How a report came."""

    MAIL = "mail"  # to the report address, with the message attached
    BUTTON = "button"  # through the API, the message itself


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of a reported message today. `message_id` is of its trace; empty when none is kept."""

    header_from: str
    subject: str
    internet_message_id: str
    message_id: str
    verdict: Verdict
    score: float
    findings: tuple[Finding, ...]
    link_hosts: tuple[str, ...]
    incomplete: tuple[str, ...] = ()  # what the inspection could not do, and why


@dataclass(frozen=True, slots=True)
class UserReport:
    """One report. `blob` is the mail that brought the message until it was opened, then the message itself."""

    id: str
    tenant_id: str
    reporter: str  # an address of the organisation, proven by how the report came
    way: Way
    reported_at: datetime
    state: ReportState
    blob: str
    comment: str = ""
    judgement: Judgement | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""  # what was decided and done, in sentences


@dataclass(frozen=True, slots=True)
class Similar:
    """A delivered message like a reported one. `alike` says in which way, the closest first."""

    message_id: str
    received_at: datetime
    header_from: str
    subject: str
    recipients: tuple[str, ...]
    alike: str
    same: bool  # the very message, by its Message-ID


@dataclass(frozen=True, slots=True)
class Mitigation:
    """What is to be done: take these messages out of mailboxes, block these senders and hosts of links for days."""

    pull_back: tuple[str, ...] = ()
    to: Destination = Destination.QUARANTINE
    senders: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    days: int = 30
