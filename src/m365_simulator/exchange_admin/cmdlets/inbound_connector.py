"""Inbound connectors: which hosts and certificates may hand mail to the tenant (microsoft-365.md §3.4, §4.2)."""

from m365_simulator.exchange_admin.addresses import address_space, any_ip_range, ipv4_or_block, is_domain_pattern
from m365_simulator.exchange_admin.failures import INVALID_OPERATION, CmdletFailure, invalid
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
)
from m365_simulator.exchange_admin.organisation import domain_patterns, flag, text, texts
from m365_simulator.world import Properties

NOUN = "InboundConnector"
DEFAULTS: Properties = {
    "Enabled": True,
    "ConnectorType": "Partner",
    "ConnectorSource": "Default",
    "Comment": None,
    "SenderIPAddresses": [],
    "SenderDomains": [],
    "TrustedOrganizations": [],
    "ClientHostNames": [],
    "AssociatedAcceptedDomains": [],
    "RequireTls": True,
    "RestrictDomainsToIPAddresses": False,
    "RestrictDomainsToCertificate": False,
    "CloudServicesMailEnabled": False,
    "TreatMessagesAsInternal": False,
    "TlsSenderCertificateName": None,
    "EFTestMode": False,
    "ScanAndDropRecipients": [],
    "EFSkipLastIP": False,
    "EFSkipIPs": [],
    "EFSkipMailGateway": [],
    "EFUsers": [],
}
BLOCKED_SWITCH = "onpremises_connector_created_disabled"


def get(call: Invocation) -> list[Properties]:
    """All connectors, or the one named. An identity that does not exist gives all (the documented caution)."""
    return by_identity(call, NOUN)


def by_identity(call: Invocation, noun: str) -> list[Properties]:
    """Get- of a connector noun. Switch `get_connector_unknown_identity`: `all` (default) or `nothing`."""
    everything = list(shelf(call.tenant, noun).values())
    if call.identity is None:
        return everything
    found = find(call.tenant, noun, call.identity)
    if found is not None:
        return [found]
    return everything if call.switch("get_connector_unknown_identity", "all") == "all" else []


def new(call: Invocation) -> list[Properties]:
    """New-InboundConnector."""
    candidate = _normalised(merged(DEFAULTS, call))
    check_name(call, NOUN, text(candidate, "Name"))
    _check(call, candidate)
    if _held_back(call, candidate) and flag(candidate, "Enabled"):
        candidate["Enabled"] = False
        call.warnings.append(
            "For this service offering, your inbound connector was created in a disabled state. "
            "Please contact Support to enable it."
        )
    return [create(call, NOUN, candidate)]


def set_(call: Invocation) -> list[Properties]:
    """Set-InboundConnector."""
    existing = required(call, NOUN)
    candidate = _normalised(merged(existing, call))
    check_name(call, NOUN, text(candidate, "Name"), text(existing, "Guid"))
    _check(call, candidate)
    if _held_back(call, candidate) and flag(candidate, "Enabled") and not flag(existing, "Enabled"):
        raise CmdletFailure(
            INVALID_OPERATION,
            "For this service offering, you can't enable an inbound connector. Please contact Support to enable it.",
        )
    commit(call, existing, candidate)
    return []


def remove(call: Invocation) -> list[Properties]:
    """Remove-InboundConnector."""
    delete(call, NOUN, required(call, NOUN))
    return []


def _held_back(call: Invocation, candidate: Properties) -> bool:
    return call.switch(BLOCKED_SWITCH, False) is True and text(candidate, "ConnectorType") == "OnPremises"


def _normalised(candidate: Properties) -> Properties:
    candidate["SenderDomains"] = [address_space(value) for value in texts(candidate, "SenderDomains")]
    candidate["SenderIPAddresses"] = [
        ipv4_or_block(value, "SenderIPAddresses") for value in texts(candidate, "SenderIPAddresses")
    ]
    candidate["EFSkipIPs"] = [any_ip_range(value, "EFSkipIPs") for value in texts(candidate, "EFSkipIPs")]
    candidate["TlsSenderCertificateName"] = text(candidate, "TlsSenderCertificateName").strip() or None
    return candidate


def _check(call: Invocation, candidate: Properties) -> None:
    if not texts(candidate, "SenderDomains"):
        raise invalid("You must specify at least one sender domain in SenderDomains.")
    certificate = text(candidate, "TlsSenderCertificateName")
    if certificate and not is_domain_pattern(certificate, everything=False) and not certificate.startswith("<I>"):
        raise invalid(f"The certificate name '{certificate}' isn't a valid domain; a wildcard may only stand in front.")
    if flag(candidate, "RestrictDomainsToCertificate") and not certificate:
        raise invalid("RestrictDomainsToCertificate needs a value for TlsSenderCertificateName.")
    if flag(candidate, "RestrictDomainsToIPAddresses") and not texts(candidate, "SenderIPAddresses"):
        raise invalid("RestrictDomainsToIPAddresses needs at least one address in SenderIPAddresses.")
    on_premises = text(candidate, "ConnectorType") == "OnPremises"
    for name in ("CloudServicesMailEnabled", "TreatMessagesAsInternal"):
        if flag(candidate, name) and not on_premises:
            raise invalid(f"{name} can be set only on connectors of the type OnPremises.")
    if flag(candidate, "TreatMessagesAsInternal"):
        _check_treated_as_internal(call, candidate)
    for domain in texts(candidate, "AssociatedAcceptedDomains"):
        if domain.lower() not in call.tenant.domains:
            raise invalid(f"'{domain}' isn't an accepted domain of this organization.")


def _check_treated_as_internal(call: Invocation, candidate: Properties) -> None:
    if flag(candidate, "CloudServicesMailEnabled"):
        raise invalid("TreatMessagesAsInternal can't be combined with CloudServicesMailEnabled.")
    for pattern in domain_patterns(candidate, "SenderDomains"):
        if not call.tenant.accepts_domain(pattern.removeprefix("*.")):
            raise invalid(
                f"With TreatMessagesAsInternal every sender domain must be an accepted domain; '{pattern}' isn't."
            )


CMDLETS: dict[str, Run] = {
    "Get-InboundConnector": get,
    "New-InboundConnector": new,
    "Set-InboundConnector": set_,
    "Remove-InboundConnector": remove,
}
