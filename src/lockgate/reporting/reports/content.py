"""What a report says, before it is drawn: the dashboard's numbers in the words of people; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.latency import PERCENTILES, percentile
from lockgate.model.lifecycle import State
from lockgate.model.report import Brand, Report
from lockgate.model.risk import RiskyPerson
from lockgate.reporting.ageing import Aged
from lockgate.reporting.summaries import Numbers

FAMILIES = {
    Verdict.MALWARE: ("Malware", "#d63939"), Verdict.PHISHING: ("Phishing", "#f76707"),
    Verdict.FRAUD: ("Fraud", "#ae3ec9"), Verdict.SPAM: ("Spam", "#f59f00"), Verdict.BULK: ("Bulk", "#4299e1"),
    Verdict.DLP: ("Data loss", "#667382"),
}  # fmt: skip
DIRECTIONS = {Direction.INBOUND: ("Inbound", "#0d9488"), Direction.OUTBOUND: ("Outbound", "#4263eb")}
STATES = {
    State.RECEIVED: "Received", State.RELAYED: "Delivered", State.JUNKED: "Delivered to junk",
    State.UNLOGGED: "Delivered without a trace",
    State.QUARANTINED: "Quarantined", State.DELETED: "Deleted", State.QUEUED: "Queued for delivery",
    State.DEFERRED: "Deferred", State.REFUSED: "Refused", State.RELEASING: "Being released",
    State.RELEASED: "Released", State.BOUNCED: "Bounced", State.EXPIRED: "Expired",
    State.TAKEN: "Taken as a report",
}  # fmt: skip
LONG = timedelta(days=2)  # from here on bars are days


@dataclass(frozen=True, slots=True)
class Figure:
    """One number at a glance."""

    name: str
    shown: str
    detail: str


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart."""

    name: str
    colour: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over time, a colour on top of the other or beside it."""

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    stacked: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """Names with counts."""

    title: str
    hint: str
    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A whole report. `days` says which days it tells of."""

    title: str
    organisation: str
    days: str
    made: str
    brand: Brand
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]
    listings: tuple[Listing, ...]


def content(
    report: Report,
    organisation: str,
    brand: Brand,
    numbers: Numbers,
    zone: ZoneInfo,
    waiting: tuple[Aged, ...],
    people: Sequence[RiskyPerson],
) -> Content:
    """Everything in its place. `waiting` is who waits in quarantine when it is made."""
    begins, ends = report.begins.astimezone(zone), (report.ends - timedelta(microseconds=1)).astimezone(zone)
    days = f"{begins:%d %B %Y}" + (f" to {ends:%d %B %Y}" if begins.date() != ends.date() else "")
    return Content(
        report.name,
        organisation,
        f"{days} ({zone.key})",
        f"Made on {report.made_at.astimezone(zone):%d %B %Y at %H:%M} by {brand.name}",
        brand,
        tuple(_figures(numbers, sum(one.recipients for one in waiting))),
        (_threats(numbers, zone), _flow(numbers, zone), _delays(numbers, zone)),
        tuple(one for one in _listings(numbers, waiting, people) if one.rows),
    )


def _figures(numbers: Numbers, waiting: int) -> list[Figure]:
    verdicts, flow = numbers.verdicts, numbers.messages
    dangerous = _parts(numbers, Verdict.MALWARE, Verdict.PHISHING, Verdict.FRAUD)
    return [
        Figure("Messages", f"{numbers.total:,}", f"{flow[Direction.INBOUND]:,} in, {flow[Direction.OUTBOUND]:,} out"),
        Figure("Dangerous", f"{numbers.dangerous:,}", dangerous),
        Figure("Spam and bulk", f"{numbers.unwanted:,}", _parts(numbers, Verdict.SPAM, Verdict.BULK)),
        Figure("Data loss", f"{verdicts[Verdict.DLP]:,}", "with protected content"),
        Figure("Quarantined", f"{numbers.states[State.QUARANTINED]:,}", f"recipients; {waiting:,} wait now"),
        _delay(numbers),
    ]


def _delay(numbers: Numbers) -> Figure:
    half, nearly_all = percentile(numbers.latency, 50), percentile(numbers.latency, 99)
    if not (half and nearly_all):
        return Figure("Time to our answer", "–", "nothing was inspected")
    return Figure("Time to our answer", f"{half.below:,} ms", f"median; 99 % below {nearly_all.below:,} ms")


def _parts(numbers: Numbers, *verdicts: Verdict) -> str:
    return ", ".join(f"{numbers.verdicts[one]:,} {one.value}" for one in verdicts)


def _threats(numbers: Numbers, zone: ZoneInfo) -> Chart:
    series = [Series(*said, tuple(bar.verdicts[one] for bar in numbers.bars)) for one, said in FAMILIES.items()]
    return Chart("Threats by family", _labels(numbers, zone), tuple(series))


def _flow(numbers: Numbers, zone: ZoneInfo) -> Chart:
    series = [Series(*said, tuple(bar.directions[one] for bar in numbers.bars)) for one, said in DIRECTIONS.items()]
    return Chart("Mail flow by direction", _labels(numbers, zone), tuple(series))


def _delays(numbers: Numbers, zone: ZoneInfo) -> Chart:
    series = []
    for (name, percent), colour in zip(PERCENTILES.items(), ("#0d9488", "#f59f00", "#d63939"), strict=True):
        found = (percentile(bar.latency, percent) for bar in numbers.bars)
        series.append(Series(name, colour, tuple(one.below if one else 0 for one in found)))
    return Chart("Time to our answer (ms)", _labels(numbers, zone), tuple(series), stacked=False)


def _labels(numbers: Numbers, zone: ZoneInfo) -> tuple[str, ...]:
    form = "%d %b" if numbers.until - numbers.since > LONG else "%H:%M"
    return tuple(bar.begins.astimezone(zone).strftime(form) for bar in numbers.bars)


def _listings(numbers: Numbers, waiting: tuple[Aged, ...], people: Sequence[RiskyPerson]) -> list[Listing]:
    fates = [(STATES[one], count) for one, count in numbers.states.most_common()]
    if numbers.monitored:
        fates.append(("Held back by monitor-only", numbers.monitored))
    policies = tuple((f"{one.name}: {STATES[State(one.state)].lower()}", one.recipients) for one in numbers.policies)
    at_risk = tuple((one.address, one.points) for one in people)
    outside = "dangerous messages from outside"
    return [
        Listing("What became of them", "recipients, as answered then", tuple(fates)),
        Listing("Quarantine by age", "recipients that wait now", tuple((one.name, one.recipients) for one in waiting)),
        Listing("What policies did", "recipients, as answered then", policies),
        Listing("Most targeted people", outside, numbers.targets),
        Listing("Most dangerous senders", outside, numbers.senders),
        Listing("Risky users", "signs of accounts taken over, in points", at_risk),
        Listing("What was found most", "messages by detector", numbers.findings),
    ]
