"""What a tenant should look like: all that the resources need to say what they want."""

import ipaddress
from dataclasses import dataclass, field

from lockgate.model.envelope import Direction
from lockgate.model.fixes import Fix, KeptSetting
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import Reach
from lockgate.model.tenant_secrets import TenantSecrets


@dataclass(frozen=True, slots=True)
class Wanted:
    """The goal of a plan. A direction that is OFF or absent has no objects."""

    installation: str  # id of this Lockgate, in the owner mark of every object
    gateway_host: str  # smart host, and the name in our certificate
    source_addresses: tuple[str, ...]  # IPv4 addresses from which we return mail
    directions: dict[Direction, Protection]
    secrets: TenantSecrets = field(repr=False)
    reach: Reach = field(default_factory=Reach)  # as a rule says it: a group, domains, or nobody left out
    people: tuple[str, ...] | None = None  # members of our own group, which `reach` names then; None: no such group
    sealer: str = ""  # the domain that our ARC seals name; empty: we do not seal
    fixes: frozenset[Fix] = frozenset()  # what the administrator has chosen
    kept: tuple[KeptSetting, ...] = ()  # what settings of theirs were before us

    @property
    def active(self) -> tuple[Direction, ...]:
        """Directions that have objects."""
        return tuple(one for one in Direction if self.directions.get(one, Protection.OFF) is not Protection.OFF)

    def problems(self) -> list[str]:
        """What stands in the way of any plan; each a sentence that says what to do."""
        if not self.active:
            return []
        if not self.source_addresses:
            return [
                "Set microsoft365.source_addresses to the public IPv4 addresses from which the gateway returns mail."
            ]
        return [
            f"The source address {address} is not an IPv4 address; Exchange's lists take nothing else. Change "
            "microsoft365.source_addresses, and let the gateway send over IPv4."
            for address in self.source_addresses
            if not _is_ipv4(address)
        ]


def _is_ipv4(address: str) -> bool:
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return False
    return True


def owner_mark(installation: str) -> str:
    """What the comment of each of our objects contains; nothing without it is ever changed (design, invariant 5)."""
    return f"[lockgate:{installation}]"


def nothing_wanted(installation: str, kept: tuple[KeptSetting, ...]) -> Wanted:
    """The goal of leaving: no objects, and settings as they were."""
    return Wanted(installation, "", (), {}, TenantSecrets(), kept=kept)
