"""Whose account somebody else may be using: the signs of a period, by person, from counters and logs.

Only people of the organisations count: who sent mail out, whom a link or an audit record names, or who has an address
in the domain of somebody who did. `model/risk.py` says what each sign is worth.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from lockgate.model.access import Scope
from lockgate.model.clicks import ClickOutcome
from lockgate.model.findings import DANGEROUS, Verdict
from lockgate.model.risk import Moment, RiskyPerson, Seen, Sign, risky
from lockgate.storage.account_signs import AccountSigns
from lockgate.storage.risk_counts import clicks_by_person, suspected
from lockgate.storage.tallies import BusyHour, Kind, Tallies
from lockgate.storage.unit_of_work import Unit

Whose = tuple[str, str]  # organisation, address
BURST = 50  # recipients outside within an hour
TIMES = 4  # as many as in the busiest hour of the weeks before
BEFORE = timedelta(days=28)
CLICKS = {ClickOutcome.BLOCKED: Sign.BLOCKED_LINK, ClickOutcome.WENT_ON: Sign.WARNED_LINK}


class _Found:
    """Signs as they are found."""

    def __init__(self) -> None:
        self.counts: dict[Whose, dict[Sign, int]] = defaultdict(lambda: defaultdict(int))
        self.moments: dict[tuple[Whose, Sign], list[Moment]] = defaultdict(list)

    def add(self, tenant_id: str, address: str, sign: Sign, count: int = 1, *moments: Moment) -> None:
        """One more sign of a person."""
        whose = (tenant_id, address.casefold())
        self.counts[whose][sign] += count
        self.moments[whose, sign].extend(moments)

    def people(self) -> list[RiskyPerson]:
        """Everybody of whom there is a sign, what is worth most first."""
        found = [
            risky(*whose, tuple(Seen(sign, n, tuple(self.moments[whose, sign])) for sign, n in counts.items()))
            for whose, counts in self.counts.items()
        ]
        return sorted(found, key=lambda one: (-one.points, one.address, one.tenant_id))


def risky_people(unit: Unit, start: datetime, end: datetime, scope: Scope = None) -> list[RiskyPerson]:
    """Everybody of whom a sign was seen in the hours of [start, end)."""
    found = _Found()
    for tenant_id, value, count in Tallies(unit).people(Kind.RISKY, start, end, scope):
        verdict, _, address = value.partition("/")
        found.add(tenant_id, address, _sign_of(Verdict(verdict)), count)
    for hour in _bursts(unit, start, end, scope):
        detail = f"Wrote to {hour.recipients:,} recipients outside within an hour."
        found.add(hour.tenant_id, hour.author, Sign.BURST, 1, Moment(hour.begins, detail))
    for outcome, sign in CLICKS.items():
        for tenant_id, address, count in clicks_by_person(unit, outcome, start, end, scope):
            found.add(tenant_id, address, sign, count)
    for one in AccountSigns(unit).between(start, end, scope):
        found.add(one.tenant_id, one.address, one.sign, 1, Moment(one.at, one.detail))
    _add_reported(unit, found, start, end, scope)
    return found.people()


def _sign_of(verdict: Verdict) -> Sign:
    if verdict in DANGEROUS:
        return Sign.DANGEROUS
    return Sign.PROTECTED if verdict is Verdict.DLP else Sign.UNWANTED


def _bursts(unit: Unit, start: datetime, end: datetime, scope: Scope) -> Iterable[BusyHour]:
    tallies = Tallies(unit)
    busy = tallies.busy_hours(start, end, BURST, scope)
    authors = {hour.author for hour in busy}
    usual: dict[Whose, int] = defaultdict(int)
    for hour in tallies.busy_hours(start - BEFORE, start, 1, scope, authors) if authors else ():
        whose = (hour.tenant_id, hour.author)
        usual[whose] = max(usual[whose], hour.recipients)
    return [one for one in busy if one.recipients >= TIMES * usual[one.tenant_id, one.author]]


def _add_reported(unit: Unit, found: _Found, start: datetime, end: datetime, scope: Scope) -> None:
    """Mail of ours that colleagues reported."""
    for one in suspected(unit, start, end, scope):
        author = one.judgement.header_from.casefold() if one.judgement else ""
        own_domain = one.reporter.casefold().rpartition("@")[2]
        if author and author.rpartition("@")[2] == own_domain:
            moment = Moment(one.reported_at, f"Reported by {one.reporter}.", one.id)
            found.add(one.tenant_id, author, Sign.REPORTED, 1, moment)
