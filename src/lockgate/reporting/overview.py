"""Everything that the dashboard shows of a period, in one record: what the API and the command line give out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lockgate.model.access import Scope
from lockgate.model.latency import Percentile, Steps, percentile
from lockgate.model.risk import RiskyPerson
from lockgate.reporting.ageing import Aged, waiting_by_age
from lockgate.reporting.risk import risky_people
from lockgate.reporting.summaries import TOP, Numbers, Period, summary
from lockgate.storage.unit_of_work import Unit

PEOPLE = 100


@dataclass(frozen=True, slots=True)
class Delay:
    """How soon messages of [since, until) were answered; None where none was inspected."""

    since: datetime
    until: datetime
    inspected: int
    median: Percentile | None
    percentile_95: Percentile | None
    percentile_99: Percentile | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The numbers of a period, what messages took in it as a whole and bar by bar, who waits in quarantine now, and
    whose account somebody else may be using.
    """

    numbers: Numbers
    delay: Delay
    delays: tuple[Delay, ...]
    waiting: tuple[Aged, ...]
    risky: tuple[RiskyPerson, ...]


def overview(unit: Unit, now: datetime, period: Period = Period.DAY, scope: Scope = None) -> Overview:
    """The dashboard's numbers, the present hour included."""
    numbers = summary(unit, now, period, scope)
    return Overview(
        numbers,
        delay=_delay(numbers.since, numbers.until, numbers.latency),
        delays=tuple(_delay(bar.begins, bar.ends, bar.latency) for bar in numbers.bars),
        waiting=waiting_by_age(unit, now, scope),
        risky=tuple(risky_people(unit, numbers.since, numbers.until, scope)[:PEOPLE]),
    )


def lines(whole: Overview) -> Iterable[tuple[str, str]]:
    """The numbers that matter most, named, for a terminal."""
    numbers, delay = whole.numbers, whole.delay
    for direction, count in numbers.messages.items():
        yield f"{direction} messages", f"{count:,}"
    for verdict, count in numbers.verdicts.most_common():
        yield verdict.value, f"{count:,}"
    for name, one in (("median", delay.median), ("95 %", delay.percentile_95), ("99 %", delay.percentile_99)):
        if one is not None:
            yield f"time to our answer, {name}", f"below {one.below:,} ms"
    for aged in whole.waiting:
        yield f"in quarantine, {aged.name.lower()}", f"{aged.recipients:,}"
    for person in whole.risky[:TOP]:
        yield f"risk of {person.address}", f"{person.points} points"


def _delay(since: datetime, until: datetime, steps: Steps) -> Delay:
    half, most, nearly_all = (percentile(steps, one) for one in (50, 95, 99))
    return Delay(since, until, steps.total(), half, most, nearly_all)
