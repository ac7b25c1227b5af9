"""How long messages took, counted in steps, so that the times of any hours can be added up; pure.

The steps begin at the preferred numbers of ISO 3, series R20 (1.00, 1.12, 1.25 ... of a decade), in whole milliseconds:
what is said of a time is at most a seventh too much from 14 ms on.
"""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

_R20 = (100, 112, 125, 140, 160, 180, 200, 224, 250, 280, 315, 355, 400, 450, 500, 560, 630, 710, 800, 900)
_DECADES = ({round(one * 10**power / 100) for one in _R20} for power in range(6))  # up to a quarter of an hour
STEPS: tuple[int, ...] = (0, *sorted(set[int]().union(*_DECADES)))
PERCENTILES = {"Median": 50, "95 %": 95, "99 %": 99}
MILLISECOND = timedelta(milliseconds=1)
Steps = Counter[int]  # messages by the beginning of their step, in milliseconds


def step_of(took: timedelta) -> int:
    """The beginning of the step that this time belongs to, in milliseconds; a clock put back makes it 0."""
    return STEPS[max(bisect_right(STEPS, took // MILLISECOND) - 1, 0)]


@dataclass(frozen=True, slots=True)
class Percentile:
    """That share of the messages took less than `below`; `slower` took at least `begins`. In milliseconds."""

    begins: int
    below: int
    slower: int


def percentile(steps: Steps, percent: int) -> Percentile | None:
    """Where `percent` of the messages are through; None when there are none. The last step has no end but its own."""
    total, passed = steps.total(), 0
    for begins in sorted(steps):
        passed += steps[begins]
        if total and passed * 100 >= percent * total:
            return Percentile(begins, _end(begins), total - passed + steps[begins])
    return None


def _end(begins: int) -> int:
    return STEPS[min(bisect_right(STEPS, begins), len(STEPS) - 1)]
