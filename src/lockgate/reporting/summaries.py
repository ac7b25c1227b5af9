"""The counts of the last hours or days, from the hourly tallies.

Rule: what is shown is added up from counters; no summary ever scans the trace. Days are days in UTC.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.findings import DANGEROUS, UNWANTED, Verdict
from lockgate.model.latency import Steps
from lockgate.model.lifecycle import State
from lockgate.storage.tallies import Kind, PolicyEffect, Tallies, Tally
from lockgate.storage.unit_of_work import Unit

TOP = 6


class Period(StrEnum):
    """How far back to look."""

    DAY = "day"  # 24 hours, by the hour
    WEEK = "week"
    MONTH = "month"  # 30 days

    @property
    def bars(self) -> int:
        """How many times are counted."""
        return {Period.DAY: 24, Period.WEEK: 7, Period.MONTH: 30}[self]

    @property
    def hours(self) -> int:
        """The length of one of them."""
        return 1 if self is Period.DAY else 24

    def beginning(self, now: datetime) -> datetime:
        """The first hour that is counted; the present hour or day is the last bar."""
        present = now.replace(minute=0, second=0, microsecond=0)
        if self is not Period.DAY:
            present = present.replace(hour=0)
        return present - timedelta(hours=self.hours * (self.bars - 1))


@dataclass(frozen=True, slots=True)
class Bar:
    """What was counted in [begins, ends): messages by verdict, by direction and by the time to our reply."""

    begins: datetime
    ends: datetime
    verdicts: Counter[Verdict]
    directions: Counter[Direction]
    latency: Steps


@dataclass(frozen=True, slots=True)
class Numbers:
    """What dashboard and reports show of [since, until).

    `targets` and `senders` are recipients and authors of the most dangerous mail from outside.
    """

    since: datetime
    until: datetime
    messages: Counter[Direction]
    states: Counter[State]
    verdicts: Counter[Verdict]
    findings: tuple[tuple[str, int], ...]
    targets: tuple[tuple[str, int], ...]
    senders: tuple[tuple[str, int], ...]
    policies: tuple[PolicyEffect, ...]
    monitored: int
    bars: tuple[Bar, ...]

    @property
    def latency(self) -> Steps:
        """Inspected messages by the time that passed between their last byte and our reply."""
        return sum((one.latency for one in self.bars), Counter[int]())

    @property
    def total(self) -> int:
        """Messages of both directions."""
        return self.messages.total()

    @property
    def dangerous(self) -> int:
        """Malware, phishing and fraud."""
        return sum(self.verdicts[one] for one in DANGEROUS)

    @property
    def unwanted(self) -> int:
        """Spam and bulk mail."""
        return sum(self.verdicts[one] for one in UNWANTED)


def summary(unit: Unit, now: datetime, period: Period = Period.DAY, scope: Scope = None) -> Numbers:
    """The numbers of `period`, the present hour included."""
    start, length = period.beginning(now), timedelta(hours=period.hours)
    return counted(unit, [start + number * length for number in range(period.bars + 1)], period.hours, scope)


def counted(unit: Unit, edges: Sequence[datetime], hours: int = 1, scope: Scope = None) -> Numbers:
    """The numbers between the first edge and the last, with a bar between every two; edges are whole hours.

    `hours` is how many hours may be added up by the database: 24 when all edges are midnights in UTC.
    """
    tallies, start, end = Tallies(unit), edges[0], edges[-1]
    found = tallies.between(start, end, hours=hours, scope=scope)
    bars = _bars(found, edges)
    return Numbers(
        start,
        end,
        messages=sum((one.directions for one in bars), Counter[Direction]()),
        states=Counter({State(value): count for value, count in _added(found, Kind.STATE).items()}),
        verdicts=sum((one.verdicts for one in bars), Counter[Verdict]()),
        findings=tuple(_added(found, Kind.FINDING).most_common(TOP)),
        targets=tuple(tallies.top(Kind.TARGET, start, end, TOP, scope)),
        senders=tuple(tallies.top(Kind.SENDER, start, end, TOP, scope)),
        policies=tuple(tallies.policy_effects(start, end, scope)[: 2 * TOP]),
        monitored=_added(found, Kind.MONITORED).total(),
        bars=bars,
    )


def _added(tallies: Sequence[Tally], kind: Kind) -> Counter[str]:
    added: Counter[str] = Counter()
    for tally in tallies:
        if tally.kind is kind:
            added[tally.value] += tally.count
    return added


def _bars(tallies: Sequence[Tally], edges: Sequence[datetime]) -> tuple[Bar, ...]:
    bars = [Bar(one, other, Counter(), Counter(), Counter()) for one, other in pairwise(edges)]
    for tally in tallies:
        place = bisect_right(edges, tally.hour) - 1
        if not 0 <= place < len(bars):
            continue
        bar = bars[place]
        if tally.kind is Kind.LATENCY:
            bar.latency[int(tally.value)] += tally.count
        if tally.kind is Kind.VERDICT and tally.direction:
            bar.directions[Direction(tally.direction)] += tally.count
        if tally.kind is Kind.VERDICT and tally.value:
            bar.verdicts[Verdict(tally.value)] += tally.count
    return tuple(bars)
