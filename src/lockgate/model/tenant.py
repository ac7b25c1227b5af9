"""A protected tenant as the mail path and the console see it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from lockgate.model.end_user import Reason
from lockgate.model.envelope import Direction


class Protection(StrEnum):
    """The state of one direction of one tenant."""

    OFF = "off"  # never granted, or revoked
    PREPARING = "preparing"  # objects exist in the tenant; only probes are routed to us
    LIVE = "live"
    BYPASSED = "bypassed"  # granted, but the routing rules are switched off


IN_SERVICE = frozenset({Protection.LIVE, Protection.BYPASSED})  # all objects of the direction are in the tenant


@dataclass(frozen=True, slots=True)
class AcceptedDomain:
    """A domain of the tenant, with Exchange's MatchSubDomains."""

    name: str
    match_subdomains: bool = False

    def covers(self, domain: str) -> bool:
        """Whether mail for `domain` is mail for this accepted domain."""
        wanted = domain.lower()
        return wanted == self.name or (self.match_subdomains and wanted.endswith("." + self.name))


def name_for(names: Sequence[str], domains: Sequence[AcceptedDomain]) -> str:
    """Which of the gateway's names serves the organisation with these domains.

    One that is an accepted domain, because Exchange takes nothing else for ours; else one below such a domain, which is
    a step away from it; else the first.
    """
    accepted = [name for name in names if any(domain.covers(name) for domain in domains)]
    below = [name for name in names if any(name.endswith("." + domain.name) for domain in domains)]
    return (accepted or below or list(names))[0]


@dataclass(frozen=True, slots=True)
class OwnRetention:
    """How many days an organisation's mail is kept; None: as the settings say. Reasons go before `quarantine`."""

    quarantine: int | None = None
    traces: int | None = None
    detections: int | None = None  # what was found in messages, but for data loss
    data_loss: int | None = None  # what was found of that
    clicks: int | None = None
    by_reason: dict[Reason, int] = field(default_factory=dict)  # of held messages

    def held_for(self, reason: Reason, usual: timedelta) -> timedelta:
        """How long a message is held for this reason; `usual` is what the settings say."""
        days = self.by_reason.get(reason, self.quarantine)
        return timedelta(days=days) if days else usual


@dataclass(frozen=True, slots=True)
class Passage:
    """One direction of a tenant: its state and the secrets that travel in our headers (newest first).

    While a secret is rotated two are accepted; the first is the one we stamp.
    """

    direction: Direction
    protection: Protection
    route_secrets: tuple[str, ...] = field(repr=False)
    return_secrets: tuple[str, ...] = field(repr=False)
    junk_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tenant:
    """Everything the gateway needs to know about a tenant."""

    id: str  # the tenant's GUID, lower-case
    organisation_id: str  # our own id of the organisation that owns the grant
    display_name: str
    domains: tuple[AcceptedDomain, ...]
    next_hop: str  # host that takes returned mail, such as contoso-com.mail.protection.outlook.com
    passages: tuple[Passage, ...]
    gateway_host: str = ""  # the name of ours that its connectors know; empty: the gateway's first
    can_require_tls: bool = True  # its rule for that is in order, as far as we know
    retention: OwnRetention = field(default_factory=OwnRetention)

    def accepts(self, domain: str) -> bool:
        """Whether `domain` is one of the tenant's accepted domains."""
        return any(known.covers(domain) for known in self.domains)

    def passage(self, direction: Direction) -> Passage | None:
        """The direction's state and secrets, or None when it was never granted."""
        return next((passage for passage in self.passages if passage.direction is direction), None)
