"""Accepted domains (made by verifying them in Entra, never here) and remote domains (§3.4)."""

from m365_simulator.exchange_admin import policy_defaults
from m365_simulator.exchange_admin.addresses import is_domain_pattern
from m365_simulator.exchange_admin.failures import INVALID_OPERATION, CmdletFailure, invalid, not_found
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import (
    check_name,
    commit,
    create,
    delete,
    find,
    merged,
    required,
    shelf,
    singleton,
)
from m365_simulator.exchange_admin.organisation import text
from m365_simulator.world import Domain, Properties

ACCEPTED, REMOTE = "AcceptedDomain", "RemoteDomain"


def get_accepted(call: Invocation) -> list[Properties]:
    """Get-AcceptedDomain: the verified domains of the tenant."""
    verified = [domain for domain in call.tenant.domains.values() if domain.is_verified]
    if call.identity is None:
        return [_shown(call, domain) for domain in verified]
    return [_shown(call, _accepted(call))]


def set_accepted(call: Invocation) -> list[Properties]:
    """Set-AcceptedDomain."""
    domain = _accepted(call)
    call.touched = domain.name
    kind = call.text("DomainType", domain.domain_type)
    subdomains = call.flag("MatchSubDomains", domain.match_subdomains)
    if subdomains and kind != "InternalRelay":
        raise invalid("MatchSubDomains can be set only on domains of the type InternalRelay.")
    kept = shelf(call.tenant, ACCEPTED).setdefault(domain.name, {})
    kept.update({name: value for name, value in call.parameters.items() if name in _SWITCHES})
    domain.domain_type, domain.match_subdomains = kind, subdomains
    return []


_SWITCHES = ("OutboundOnly", "SendingFromDomainDisabled", "SendingToDomainDisabled", "CanHaveCloudCache")


def _accepted(call: Invocation) -> Domain:
    domain = call.tenant.domains.get((call.identity or "").lower())
    if domain is None or not domain.is_verified:
        raise not_found(call.identity or "")
    return domain


def _shown(call: Invocation, domain: Domain) -> Properties:
    kept = shelf(call.tenant, ACCEPTED).get(domain.name, {})
    return {
        "Name": domain.name,
        "Identity": domain.name,
        "DomainName": domain.name,
        "DomainType": domain.domain_type,
        "Default": domain.is_default,
        "InitialDomain": domain.is_initial,
        "MatchSubDomains": domain.match_subdomains,
        "AuthenticationType": "Managed",
        "AddressBookEnabled": True,
        **{name: kept.get(name, False) for name in _SWITCHES},
        "Guid": _guid_of(call, domain),
    }


def _guid_of(call: Invocation, domain: Domain) -> str:
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{call.tenant.id}/{domain.name}"))


def _remote(call: Invocation) -> dict[str, Properties]:
    singleton(call, REMOTE, policy_defaults.REMOTE_DOMAIN)
    return shelf(call.tenant, REMOTE)


def get_remote(call: Invocation) -> list[Properties]:
    """Get-RemoteDomain; the one called Default covers `*`."""
    everything = list(_remote(call).values())
    if call.identity is None:
        return everything
    found = find(call.tenant, REMOTE, call.identity)
    if found is None:
        raise not_found(call.identity)
    return [found]


def new_remote(call: Invocation) -> list[Properties]:
    """New-RemoteDomain."""
    domain = call.text("DomainName").lower()
    if not is_domain_pattern(domain):
        raise invalid(f"'{domain}' isn't a valid domain; a wildcard may only stand in front.")
    if any(text(known, "DomainName") == domain for known in _remote(call).values()):
        raise invalid(f"The domain '{domain}' is already used by another remote domain.")
    return [create(call, REMOTE, {**merged(policy_defaults.REMOTE_DOMAIN, call), "DomainName": domain})]


def set_remote(call: Invocation) -> list[Properties]:
    """Set-RemoteDomain."""
    _remote(call)
    existing = required(call, REMOTE)
    candidate = merged(existing, call)
    check_name(call, REMOTE, text(candidate, "Name"), text(existing, "Guid"))
    commit(call, existing, candidate)
    return []


def remove_remote(call: Invocation) -> list[Properties]:
    """Remove-RemoteDomain; the default one stays."""
    _remote(call)
    existing = required(call, REMOTE)
    if text(existing, "DomainName") == "*":
        raise CmdletFailure(INVALID_OPERATION, "The default remote domain can't be removed.")
    delete(call, REMOTE, existing)
    return []


CMDLETS: dict[str, Run] = {
    "Get-AcceptedDomain": get_accepted,
    "Set-AcceptedDomain": set_accepted,
    "Get-RemoteDomain": get_remote,
    "New-RemoteDomain": new_remote,
    "Set-RemoteDomain": set_remote,
    "Remove-RemoteDomain": remove_remote,
}
