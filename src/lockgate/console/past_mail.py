"""What a change would have done to past mail, for the pages that try one before it is made."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from lockgate.console.parts import ConsoleParts
from lockgate.model.tuning import Tuning
from lockgate.storage.traces import TraceFilter, every
from lockgate.tuning.replay import Change, Replayed, replay

DAYS = (1, 7, 30)
MOST = 20_000
"""Messages that a page looks back on; `lockgate detectors replay` has no such limit."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it. `limited` when there was more mail than was looked at."""

    days: int
    told: Replayed
    limited: bool

    @property
    def changed(self) -> int:
        """How many messages would have been judged otherwise."""
        return sum(self.told.moved.values())


def try_on_past_mail(parts: ConsoleParts, tenant_id: str, now: Tuning, change: Change, days: int) -> Tried:
    """Judge the organisation's mail of the last days as it is tuned now and as it would be, the newest first."""
    wanted = TraceFilter(tenant_id=tenant_id, since=parts.clock() - timedelta(days=days))
    told = replay(islice(every(parts.database, wanted), MOST), now, change)
    return Tried(days, told, told.messages >= MOST)
