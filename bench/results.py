"""What was measured, as a table for people and as JSON for programs: medians over rounds, ratios within rounds."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Way:
    """How the load comes: with or without STARTTLS, with one connection per message or a kept one per client."""

    tls: bool
    keep: bool

    def __str__(self) -> str:
        return f"{'TLS' if self.tls else 'plain'}, {'kept connections' if self.keep else 'a connection per message'}"


@dataclass(frozen=True)
class Turn:
    """One contestant in one round. `cpu_seconds` is of all its processes; the load and the sink are not in it."""

    contestant: str
    way: Way
    round: int
    seconds: float
    accepted: int
    refused: int
    broken: int
    cpu_seconds: float
    median_ms: float
    p95_ms: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.accepted / self.seconds

    @property
    def per_core(self) -> float:
        """Messages per second of processor time used."""
        return self.accepted / self.cpu_seconds if self.cpu_seconds else 0.0


@dataclass(frozen=True)
class Line:
    """One line of the table. The ratios are medians of the ratios within each round."""

    contestant: str
    way: str
    rate: float
    rate_lowest: float
    rate_highest: float
    per_core: float
    times_haraka: float | None
    times_haraka_per_core: float | None
    share_of_sink: float | None
    median_ms: float
    p95_ms: float
    failed: int


def lines(turns: Sequence[Turn], ways: Sequence[Way], names: Sequence[str]) -> list[Line]:
    """The table's lines in order."""
    return [_line(turns, way, name) for way in ways for name in names if _of(turns, way, name)]


def _of(turns: Sequence[Turn], way: Way, name: str) -> list[Turn]:
    return [turn for turn in turns if turn.way == way and turn.contestant == name]


def _line(turns: Sequence[Turn], way: Way, name: str) -> Line:
    own, other, sink = _of(turns, way, name), _of(turns, way, "haraka"), _of(turns, way, "sink")
    return Line(
        contestant=name,
        way=str(way),
        rate=statistics.median(turn.rate for turn in own),
        rate_lowest=min(turn.rate for turn in own),
        rate_highest=max(turn.rate for turn in own),
        per_core=statistics.median(turn.per_core for turn in own),
        times_haraka=_ratio([turn.rate for turn in own], [turn.rate for turn in other]),
        times_haraka_per_core=_ratio([turn.per_core for turn in own], [turn.per_core for turn in other]),
        share_of_sink=_ratio([turn.rate for turn in own], [turn.rate for turn in sink]),
        median_ms=statistics.median(turn.median_ms for turn in own),
        p95_ms=statistics.median(turn.p95_ms for turn in own),
        failed=sum(turn.refused + turn.broken for turn in own),
    )


def _ratio(own: Sequence[float], other: Sequence[float]) -> float | None:
    pairs = [mine / theirs for mine, theirs in zip(own, other, strict=False) if theirs]
    return statistics.median(pairs) if pairs else None


HEADINGS = (
    "| load | contestant | messages/s | lowest to highest | per CPU second | x Haraka | x Haraka per CPU second"
    " | of the sink | median ms | p95 ms | failed |\n|---|---|---:|---|---:|---:|---:|---:|---:|---:|---:|"
)


def table(found: Sequence[Line]) -> str:
    """Markdown."""
    rows = [
        f"| {line.way} | {line.contestant} | {line.rate:,.0f} | {line.rate_lowest:,.0f} to {line.rate_highest:,.0f}"
        f" | {line.per_core:,.0f} | {_times(line.times_haraka)} | {_times(line.times_haraka_per_core)}"
        f" | {_percent(line.share_of_sink)} | {line.median_ms:.1f} | {line.p95_ms:.1f} | {line.failed} |"
        for line in found
    ]
    return "\n".join([HEADINGS, *rows])


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


def write_json(file: Path, turns: Sequence[Turn], found: Sequence[Line], mail: str) -> None:
    """Everything, with the machine it was measured on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),  # noqa: TID251 - a report's date, not the product's
        "machine": machine(),
        "mail": mail,
        "lines": [asdict(line) for line in found],
        "turns": [asdict(turn) for turn in turns],
    }
    file.write_text(json.dumps(content, indent=1))


def machine() -> str:
    """Processor, cores, kernel, Python, and how busy it was."""
    model = "unknown processor"
    if Path("/proc/cpuinfo").is_file():
        named = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = named[0].partition(":")[2].strip() if named else model
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}, load averages {load}"  # noqa: E501
