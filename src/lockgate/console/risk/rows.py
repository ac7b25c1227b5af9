"""A person's signs in words, each with the address of the rows behind it; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.console import searches
from lockgate.console.dashboard.drilling import trace_address
from lockgate.model.clicks import ClickOutcome
from lockgate.model.risk import Moment, RiskyPerson, Seen, Sign

HOUR = timedelta(hours=1)
SIGNS = {
    Sign.DANGEROUS: "Dangerous messages sent out", Sign.UNWANTED: "Spam and bulk mail sent out",
    Sign.PROTECTED: "Messages with protected content sent out", Sign.BURST: "Bursts of mail to the outside",
    Sign.BLOCKED_LINK: "Blocked links followed", Sign.WARNED_LINK: "Warnings passed by",
    Sign.REPORTED: "Messages that colleagues reported", Sign.INBOX_RULE: "Inbox rules that forward or hide mail",
    Sign.PLACES: "Hours with sign-ins from three networks or more",
}  # fmt: skip
VERDICTS = {Sign.DANGEROUS: ("dangerous",), Sign.UNWANTED: ("unwanted",), Sign.PROTECTED: ("dlp",)}
OUTCOMES = {Sign.BLOCKED_LINK: ClickOutcome.BLOCKED, Sign.WARNED_LINK: ClickOutcome.WENT_ON}
SHOWN = 5  # moments of one sign


@dataclass(frozen=True, slots=True)
class Line:
    """One sign, or one time that it was seen. Without an address, it is itself the record."""

    text: str
    points: int | None
    address: str
    at: datetime | None = None


def lines(person: RiskyPerson, since: datetime, until: datetime) -> list[Line]:
    """What the person's number is made of."""
    found = []
    for seen in person.seen:
        found.append(Line(f"{SIGNS[seen.sign]}: {seen.count:,}", seen.points, _address(person, seen, since, until)))
        found += [_moment(person, seen, one) for one in seen.moments[:SHOWN]]
    return found


def _address(person: RiskyPerson, seen: Seen, since: datetime, until: datetime) -> str:
    of_them = {"tenant": person.tenant_id}
    if verdicts := VERDICTS.get(seen.sign):
        return trace_address(since, until, address=person.address, verdict=verdicts[0], direction="outbound", **of_them)
    if outcome := OUTCOMES.get(seen.sign):
        times = {"since": searches.written(since), "until": searches.written(until)}
        fields = {"recipient": person.address, "outcome": outcome.value, **times, **of_them}
        return searches.address("/clicks", fields)
    return ""


def _moment(person: RiskyPerson, seen: Seen, one: Moment) -> Line:
    address = ""
    if seen.sign is Sign.BURST:
        address = trace_address(one.at, one.at + HOUR, address=person.address, direction="outbound")
    elif seen.sign is Sign.REPORTED:
        address = f"/reported-mail/{one.record}"
    return Line(one.detail, None, address, one.at)
