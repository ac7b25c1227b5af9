"""What this Lockgate is to a tenant: the id in owner marks, the host that mail goes to, the addresses it comes from."""

from dataclasses import dataclass
from datetime import timedelta

from lockgate.model.clock import Clock


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation; `id` never changes, or its objects in tenants would no longer be its own."""

    id: str
    gateway_host: str
    source_addresses: tuple[str, ...]
    clock: Clock
    settle: float = 0.0  # seconds that Exchange may take to act on a rule's change everywhere
    overlap: timedelta = timedelta()  # how long each phase of a rotation of secrets lasts
    sealer: str = ""  # the domain that our ARC seals name
