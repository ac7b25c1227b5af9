"""How many links one client address may follow in a minute: a bucket per address, in memory, of a bounded number."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

REMEMBERED = 20_000  # addresses


@dataclass(slots=True)
class Throttle:
    """`per_minute` at once, refilled evenly. `monotonic` gives seconds."""

    per_minute: int
    monotonic: Callable[[], float]
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # what was left, and when

    def allows(self, client: str) -> bool:
        """Whether it may; counts it."""
        now = self.monotonic()
        left, at = self._left.pop(client, (float(self.per_minute), now))
        left = min(self.per_minute, left + (now - at) * self.per_minute / 60)
        self._left[client] = (max(left - 1, 0.0), now)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return left >= 1
