"""What this Lockgate is to a tenant: the id in owner marks, the host that mail goes to, the addresses it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from lockgate.model.clock import Clock
from lockgate.model.tenant import AcceptedDomain, name_for


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation; `id` never changes, or its objects in tenants would no longer be its own.

    A gateway that serves several organisations has a name for each; see `serving`.
    """

    id: str
    gateway_host: str
    source_addresses: tuple[str, ...]
    clock: Clock
    settle: float = 0.0  # seconds that Exchange may take to act on a rule's change everywhere
    overlap: timedelta = timedelta()  # how long each phase of a rotation of secrets lasts
    sealer: str = ""  # the domain that our ARC seals name
    other_names: tuple[str, ...] = ()  # of the gateway, besides `gateway_host`

    def serving(self, domains: Sequence[AcceptedDomain]) -> "Installation":
        """As the organisation with these domains is to know it."""
        return replace(self, gateway_host=name_for((self.gateway_host, *self.other_names), domains))
