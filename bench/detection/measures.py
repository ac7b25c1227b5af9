"""The arithmetic of the comparison: thresholds from wanted mail, recall above them, area under the curve."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

RATES = (0.001, 0.005)


@dataclass(frozen=True, slots=True)
class Point:
    """One message with one filter's score. `group` is what it is counted under, such as its source or kind."""

    label: str
    source: str
    kind: str
    score: float
    milliseconds: float

    @property
    def unwanted(self) -> bool:
        """Whether it is none of ham."""
        return self.label != "ham"


def threshold(wanted: Sequence[float], rate: float) -> float:
    """The score that at most this share of wanted mail lies above."""
    return sorted(wanted, reverse=True)[int(len(wanted) * rate)]


def area_under_curve(good: Sequence[float], bad: Sequence[float]) -> float:
    """The chance that an unwanted message scores higher than a wanted one (Mann-Whitney U); ties count half."""
    ranks: dict[float, list[int]] = defaultdict(list)
    for rank, (score, _) in enumerate(sorted([*((s, 0) for s in good), *((s, 1) for s in bad)]), 1):
        ranks[score].append(rank)
    total = sum(statistics.mean(ranks[score]) for score in bad)
    return (total - len(bad) * (len(bad) + 1) / 2) / (len(bad) * len(good))


def limits(points: Sequence[Point]) -> dict[float, float]:
    """The threshold for each rate."""
    wanted = [one.score for one in points if not one.unwanted]
    return {rate: threshold(wanted, rate) for rate in RATES}


def share_above(points: Sequence[Point], limit: float) -> float:
    """How many of them score higher."""
    return sum(one.score > limit for one in points) / len(points) if points else 0.0


def grouped(points: Iterable[Point], key: Callable[[Point], str]) -> dict[str, list[Point]]:
    """By a name of theirs, in its order."""
    groups: dict[str, list[Point]] = defaultdict(list)
    for one in points:
        groups[key(one)].append(one)
    return dict(sorted(groups.items()))


def times(points: Sequence[Point]) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds."""
    ordered = sorted(one.milliseconds for one in points)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
