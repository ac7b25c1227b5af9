"""What the dashboard counts by something else than time: fates, ages, people, detectors; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from lockgate.console import searches
from lockgate.console.dashboard.drilling import Linked, trace_address
from lockgate.console.wording import state
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.risk import RiskyPerson
from lockgate.reporting.ageing import Aged
from lockgate.reporting.counted_lists import MONITORED
from lockgate.reporting.summaries import TOP, Numbers, Period


@dataclass(frozen=True, slots=True)
class CountList:
    """A card of the dashboard. `nothing` is said when there are no rows; `page` is where more of it is said."""

    title: str
    hint: str
    rows: tuple[Linked, ...]
    nothing: str
    page: str = ""


def count_lists(
    numbers: Numbers, waiting: tuple[Aged, ...], people: Sequence[RiskyPerson], period: Period
) -> tuple[CountList, ...]:
    """All of them."""
    risk = f"/risky-users?period={period}"
    taken = tuple(Linked(one.address, one.points, f"{risk}#{quote(one.address)}") for one in people[:TOP])
    fates, detectors, aged = _fates(numbers), _detectors(numbers), _ages(waiting)
    targets = _people(numbers.targets, numbers.since, verdict="dangerous", direction=Direction.INBOUND)
    senders = _people(numbers.senders, numbers.since, verdict="dangerous", direction=Direction.INBOUND)
    return (
        CountList("What became of them", "recipients, as answered then", fates, "No mail in this time."),
        CountList("Quarantine by age", "recipients that wait for a decision", aged, "Nothing waits in quarantine."),
        CountList("Most targeted people", "dangerous messages from outside", targets, "No dangerous mail came in."),
        CountList("Most dangerous senders", "dangerous messages from outside", senders, "No dangerous mail came in."),
        CountList("Risky users", "signs of accounts taken over, in points", taken, "No sign was seen.", risk),
        CountList("What policies did", "recipients, as answered then", _policies(numbers), "No policy decided yet."),
        CountList("What was found most", "messages by detector", detectors, "Nothing was found."),
    )


def _ages(waiting: tuple[Aged, ...]) -> tuple[Linked, ...]:
    found = []
    for one in waiting:
        times = {"since": one.since, "until": one.until}
        fields = {name: searches.written(moment) for name, moment in times.items() if moment}
        address = searches.address("/quarantine", {"state": State.QUARANTINED.value, **fields})
        found.append(Linked(one.name, one.recipients, address if one.recipients else ""))
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
