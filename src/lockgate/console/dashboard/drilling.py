"""Where each number of the dashboard leads: the search that finds the messages behind it; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lockgate.console import searches
from lockgate.console.wording import words
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.latency import PERCENTILES, Steps, percentile
from lockgate.reporting.summaries import Bar, Period

THREATS = (Verdict.MALWARE, Verdict.PHISHING, Verdict.FRAUD, Verdict.SPAM, Verdict.BULK, Verdict.DLP)


@dataclass(frozen=True, slots=True)
class Linked:
    """A count, and the address of the rows behind it; empty where there are none. `text` stands in place of it."""

    name: str
    count: int
    address: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One bar: its label, the time that it stands for, and a count for each series."""

    label: str
    time: str
    cells: tuple[Linked, ...]


def trace_address(since: datetime, until: datetime | None = None, **fields: str) -> str:
    """The search of the trace for these fields in [since, until)."""
    times = {"since": searches.written(since), "until": searches.written(until) if until else ""}
    return searches.address("/trace", {**fields, **times})


def threats(bars: tuple[Bar, ...], period: Period) -> list[ChartRow]:
    """Messages that are not clean, by family."""
    return [_row(bar, period, "verdict", {one: bar.verdicts[one] for one in THREATS}) for bar in bars]


def mail_flow(bars: tuple[Bar, ...], period: Period) -> list[ChartRow]:
    """Messages by direction."""
    return [_row(bar, period, "direction", {one: bar.directions[one] for one in Direction}) for bar in bars]


def delays(bars: tuple[Bar, ...], period: Period) -> list[ChartRow]:
    """How soon messages were answered; each time leads to those that took as long."""
    return [ChartRow(*_said(bar, period), percentiles(bar.latency, bar.begins, bar.ends)) for bar in bars]


def percentiles(latency: Steps, since: datetime, until: datetime | None = None) -> tuple[Linked, ...]:
    """The times within which half, 95 % and 99 % of the messages of [since, until) were answered."""
    found = []
    for name, percent in PERCENTILES.items():
        one = percentile(latency, percent)
        address = trace_address(since, until, took=str(one.begins)) if one else ""
        found.append(Linked(name, one.slower if one else 0, address, f"{one.below:,} ms" if one else "–"))
    return tuple(found)


def _row(bar: Bar, period: Period, field: str, counts: Mapping[StrEnum, int]) -> ChartRow:
    begins, ends = bar.begins, bar.ends
    cells = tuple(
        Linked(words(value), count, trace_address(begins, ends, **{field: value.value}) if count else "")
        for value, count in counts.items()
    )
    return ChartRow(*_said(bar, period), cells)


def _said(bar: Bar, period: Period) -> tuple[str, str]:
    """The bar's time, short and in full."""
    if period is Period.DAY:
        return f"{bar.begins:%H:%M}", f"{bar.begins:%d %b %H:%M} to {bar.ends:%H:%M} UTC"
    return f"{bar.begins:%d %b}", f"{bar.begins:%A, %d %b %Y} (UTC)"
