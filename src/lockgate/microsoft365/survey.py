"""What a tenant looks like now: everything a plan and the verification need, read and never changed.

Rule: a part that could not be read is named in `unread` and nothing is concluded from its absence.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lockgate.microsoft365.exchange_client import ExchangeClient, Json
from lockgate.microsoft365.exchange_errors import ExchangeError
from lockgate.microsoft365.resources import IN_ORDER
from lockgate.microsoft365.resources.resource import FoundObject
from lockgate.microsoft365.resources.routed_people import ROUTED_PEOPLE
from lockgate.model.errors import TemporaryError
from lockgate.model.tenant import AcceptedDomain

FoundT = TypeVar("FoundT")
# Read for the verification only; a plan does without them.
EXTRAS: dict[str, dict[str, object]] = {
    "Get-InboundConnector": {},
    "Get-TransportRule": {"ResultSize": "Unlimited"},
    "Get-HostedContentFilterPolicy": {},
    "Get-OrganizationConfig": {},
    "Get-BlockedConnector": {},
    "Get-ArcConfig": {},
    "Get-RemoteDomain": {},
    "Get-AdminAuditLogConfig": {},
    "Get-JournalRule": {},
}


@dataclass(frozen=True, slots=True)
class Survey:
    """`objects` by kind and name; `extras` are raw answers by cmdlet; `unread` says what failed and why."""

    domains: tuple[AcceptedDomain, ...]
    objects: Mapping[str, Mapping[str, FoundObject]]
    extras: Mapping[str, list[Json]] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


async def take(exchange: ExchangeClient, *, extras: bool = False, people: bool = False) -> Survey:
    """Read the tenant. Raises only when the accepted domains cannot be read: then nothing can be said at all.

    Our group is looked for only with `people`: it needs a role of its own, which a narrow set-up may not have given.
    """
    domains = await accepted_domains(exchange)
    unread: dict[str, str] = {}
    objects: dict[str, Mapping[str, FoundObject]] = {}
    for resource in IN_ORDER if people else (one for one in IN_ORDER if one is not ROUTED_PEOPLE):
        found = await _part(unread, resource.kind, lambda resource=resource: resource.read(exchange))  # type: ignore[misc]
        if found is not None:
            objects[resource.kind] = found
    raw: dict[str, list[Json]] = {}
    if extras:
        for cmdlet, parameters in EXTRAS.items():
            answer = await _part(unread, cmdlet, lambda c=cmdlet, p=parameters: exchange.run(c, **p))  # type: ignore[misc]
            if answer is not None:
                raw[cmdlet] = answer
    return Survey(domains, objects, raw, unread)


async def accepted_domains(exchange: ExchangeClient) -> tuple[AcceptedDomain, ...]:
    """The domains whose mail the tenant takes."""
    return tuple(
        AcceptedDomain(str(item["DomainName"]).lower(), bool(item.get("MatchSubDomains")))
        for item in await exchange.run("Get-AcceptedDomain")
    )


def nothing() -> Survey:
    """A tenant that has nothing of anybody's: what would be made in it is everything of ours."""
    return Survey((), {resource.kind: {} for resource in IN_ORDER})


async def _part(unread: dict[str, str], name: str, read: Callable[[], Awaitable[FoundT]]) -> FoundT | None:
    try:
        return await read()
    except (ExchangeError, TemporaryError) as error:
        unread[name] = str(error)
        return None
