"""What the dashboard counts by something else than time: fates, ages, people, detectors; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.console import searches
from lockgate.console.dashboard.drilling import Linked, trace_address
from lockgate.console.trace.search import MONITORED
from lockgate.console.wording import state
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.reporting.summaries import Numbers

AGES = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=14))
AGE_NAMES = ("Up to a day", "1 to 3 days", "3 to 7 days", "1 to 2 weeks", "Longer")
EVER = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class CountList:
    """A card of the dashboard. `nothing` is said when there are no rows."""

    title: str
    hint: str
    rows: tuple[Linked, ...]
    nothing: str


def count_lists(numbers: Numbers, waiting_since: tuple[int, ...], now: datetime) -> tuple[CountList, ...]:
    """All of them; `waiting_since` are the counts since each of `boundaries(now)`."""
    aged = ages(waiting_since, now) if waiting_since[-1] else ()
    fates, detectors = _fates(numbers), _detectors(numbers)
    targets = _people(numbers.targets, numbers.since, verdict="dangerous", direction=Direction.INBOUND)
    senders = _people(numbers.senders, numbers.since, verdict="dangerous", direction=Direction.INBOUND)
    risky = _people(numbers.risky, numbers.since, verdict="not-clean", direction=Direction.OUTBOUND)
    return (
        CountList("What became of them", "recipients, as answered then", fates, "No mail in this time."),
        CountList("Quarantine by age", "recipients that wait for a decision", aged, "Nothing waits in quarantine."),
        CountList("Most targeted people", "dangerous messages from outside", targets, "No dangerous mail came in."),
        CountList("Most dangerous senders", "dangerous messages from outside", senders, "No dangerous mail came in."),
        CountList("Risky users", "what they sent out that is not clean", risky, "Everything that went out was clean."),
        CountList("What policies did", "recipients, as answered then", _policies(numbers), "No policy decided yet."),
        CountList("What was found most", "messages by detector", detectors, "Nothing was found."),
    )


def boundaries(now: datetime) -> tuple[datetime, ...]:
    """The beginnings of the ages, to the whole hour, youngest first; the last is before everything."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return tuple(hour - age for age in (*AGES, EVER))


def ages(waiting_since: tuple[int, ...], now: datetime) -> tuple[Linked, ...]:
    """Recipients in quarantine by how long they wait."""
    limits = boundaries(now)
    found = []
    for number, name in enumerate(AGE_NAMES):
        count = waiting_since[number] - (waiting_since[number - 1] if number else 0)
        fields = {"state": State.QUARANTINED.value}
        if number < len(AGES):
            fields["since"] = searches.written(limits[number])
        if number:
            fields["until"] = searches.written(limits[number - 1])
        found.append(Linked(name, count, searches.address("/quarantine", fields) if count else ""))
    return tuple(found)


def _fates(numbers: Numbers) -> tuple[Linked, ...]:
    since = numbers.since
    found = [Linked(state(one), n, trace_address(since, state=one)) for one, n in numbers.states.most_common()]
    if numbers.monitored:
        held_back = trace_address(since, state=MONITORED)
        found.append(Linked("Held back by monitor-only", numbers.monitored, held_back))
    return tuple(found)


def _people(counts: tuple[tuple[str, int], ...], since: datetime, **fields: str) -> tuple[Linked, ...]:
    return tuple(Linked(one, count, trace_address(since, None, address=one, **fields)) for one, count in counts)


def _policies(numbers: Numbers) -> tuple[Linked, ...]:
    return tuple(
        Linked(
            f"{one.name}: {state(State(one.state))}",
            one.recipients,
            trace_address(numbers.since, policy=one.policy_id, state=one.state),
        )
        for one in numbers.policies
    )


def _detectors(numbers: Numbers) -> tuple[Linked, ...]:
    return tuple(Linked(one, count, trace_address(numbers.since, finding=one)) for one, count in numbers.findings)
