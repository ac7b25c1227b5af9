"""What the mail path commits with a final reply, and what it remembers of earlier tries of the same message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockgate.model.custody import Held, Queued, Settlement
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier tries of the same message left behind."""

    settled: Mapping[str, State]  # by recipient address, as given
    deferrals: int  # how often it was answered 4xx because inspection was incomplete


@dataclass(frozen=True, slots=True)
class Settling:
    """One unit of work: everything that a final reply promises, and the trace that explains it."""

    trace: MessageTrace
    held: Sequence[Held] = ()
    queued: Sequence[Queued] = ()
    settlements: Sequence[Settlement] = ()
    deferred_key: tuple[str, str, str] | None = None  # (tenant id, network message id, sha256) to count a deferral
