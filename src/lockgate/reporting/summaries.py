"""The counts of the last day, from the hourly tallies.

Rule: what is shown is added up from counters; no summary ever scans the trace.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.storage.tallies import Kind, Tallies, Tally
from lockgate.storage.unit_of_work import Unit

HOURS = 24
TOP = 6
DANGEROUS = frozenset({Verdict.MALWARE.value, Verdict.PHISHING.value, Verdict.FRAUD.value})
UNWANTED = frozenset({Verdict.SPAM.value, Verdict.BULK.value, Verdict.DLP.value})


@dataclass(frozen=True, slots=True)
class Bar:
    """The messages of one hour by what was thought of them. Heights are in hundredths of the tallest bar."""

    hour: datetime
    clean: int
    unwanted: int
    dangerous: int
    clean_height: float
    unwanted_height: float
    dangerous_height: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the dashboard shows of the last HOURS hours."""

    messages: dict[Direction, int]
    states: dict[State, int]
    verdicts: dict[str, int]
    findings: tuple[tuple[str, int], ...]
    monitored: int
    not_inspected: int
    bars: tuple[Bar, ...]

    @property
    def total(self) -> int:
        """Messages of both directions."""
        return sum(self.messages.values())

    @property
    def delivered(self) -> int:
        """Recipients who got the message."""
        return sum(self.states.get(state, 0) for state in (State.RELAYED, State.JUNKED))


def beginning(now: datetime) -> datetime:
    """The first of the hours that are counted."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def last_day(unit: Unit, now: datetime, scope: Scope = None) -> Numbers:
    """The numbers of the last HOURS hours, the present one included."""
    return numbers(Tallies(unit).between(beginning(now), now + timedelta(hours=1), scope=scope), now)


def numbers(tallies: Sequence[Tally], now: datetime) -> Numbers:
    """Adds the tallies of the hours since `beginning(now)`."""
    verdicts = [tally for tally in tallies if tally.kind is Kind.VERDICT]
    directions = {one: sum(t.count for t in verdicts if t.direction == one.value) for one in Direction}
    states = _added(tallies, Kind.STATE)
    return Numbers(
        messages=directions,
        states={State(value): count for value, count in states.items()},
        verdicts={value: count for value, count in _added(tallies, Kind.VERDICT).items() if value},
        findings=tuple(_added(tallies, Kind.FINDING).most_common(TOP)),
        monitored=sum(_added(tallies, Kind.MONITORED).values()),
        not_inspected=sum(tally.count for tally in verdicts if not tally.value),
        bars=tuple(_bars(verdicts, now)),
    )


def _added(tallies: Iterable[Tally], kind: Kind) -> Counter[str]:
    added: Counter[str] = Counter()
    for tally in tallies:
        if tally.kind is kind:
            added[tally.value] += tally.count
    return added


def _bars(verdicts: Sequence[Tally], now: datetime) -> list[Bar]:
    hours = [beginning(now) + timedelta(hours=number) for number in range(HOURS)]
    sums = {hour: [0, 0, 0] for hour in hours}
    for tally in verdicts:
        if tally.hour in sums:
            place = 2 if tally.value in DANGEROUS else 1 if tally.value in UNWANTED else 0
            sums[tally.hour][place] += tally.count
    tallest = max((sum(parts) for parts in sums.values()), default=0) or 1
    return [Bar(hour, *parts, *(round(100 * part / tallest, 2) for part in parts)) for hour, parts in sums.items()]
