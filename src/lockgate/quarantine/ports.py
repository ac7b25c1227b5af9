"""What the quarantine needs from others, in its own words. `bootstrap` hands over the real things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lockgate.model.custody import Held
from lockgate.model.envelope import Recipient
from lockgate.quarantine.preview import Preview


class Delivery(StrEnum):
    """What became of a released message for one recipient."""

    DELIVERED = "delivered"  # the next hop answered 250
    REFUSED = "refused"  # a final no
    LATER = "later"  # not now, or nobody knows


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one recipient; `reply` is the next hop's, or says why there was none."""

    delivery: Delivery
    reply: str
    changed: tuple[str, ...] = ()  # what was changed in this recipient's copy, or could not be


class Delivers(Protocol):
    """Hands a released message to the tenant's next hop, stamped as every message that we return."""

    async def deliver(self, held: Held, recipients: Sequence[Recipient], content: bytes) -> Mapping[str, Outcome]:
        """One outcome per recipient address. Raises TemporaryError only when nothing was delivered to anybody."""
        ...


class Reads(Protocol):
    """Parses hostile bytes where they can do no harm: in a process that is killed when it takes too long."""

    async def read(self, content: bytes, *, with_pictures: bool = False) -> Preview:
        """What may be shown; raises PermanentError when the bytes cannot be read within the limits.

        With pictures: those that the message carries, painted anew.
        """
        ...

    async def text(self, content: bytes) -> str:
        """What it says in subject and body, cut where that is long; raises as `read` does."""
        ...


class Starts(Protocol):
    """Starts durable workflows by name."""

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        """At once, and only once per `workflow_id`."""
        ...
