"""Outbound connectors: where mail that leaves the tenant goes (microsoft-365.md §3.4)."""

from m365_simulator.exchange_admin.addresses import address_space, is_domain_pattern, smart_host
from m365_simulator.exchange_admin.cmdlets.inbound_connector import by_identity
from m365_simulator.exchange_admin.failures import INVALID_OPERATION, CmdletFailure, invalid
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import (
    check_name,
    commit,
    create,
    delete,
    merged,
    required,
    shelf,
    stamp,
)
from m365_simulator.exchange_admin.organisation import flag, text, texts
from m365_simulator.world import Properties

NOUN = "OutboundConnector"
DEFAULTS: Properties = {
    "Enabled": True,
    "UseMXRecord": True,
    "Comment": None,
    "ConnectorType": "Partner",
    "ConnectorSource": "Default",
    "RecipientDomains": [],
    "SmartHosts": [],
    "TlsDomain": None,
    "TlsSettings": None,
    "IsTransportRuleScoped": False,
    "RouteAllMessagesViaOnPremises": False,
    "CloudServicesMailEnabled": False,
    "AllAcceptedDomains": False,
    "SenderRewritingEnabled": False,
    "TestMode": False,
    "LinkForModifiedConnector": "00000000-0000-0000-0000-000000000000",
    "ValidationRecipients": [],
    "IsValidated": False,
    "LastValidationTimestamp": None,
    "MtaStsMode": "Opportunistic",
    "SmtpDaneMode": "Opportunistic",
}
ON_PREMISES_ONLY = (
    "AllAcceptedDomains",
    "RouteAllMessagesViaOnPremises",
    "SenderRewritingEnabled",
    "CloudServicesMailEnabled",
)


def get(call: Invocation) -> list[Properties]:
    """Connectors; those scoped to rules and those in test mode are hidden unless asked for."""
    found = by_identity(call, NOUN)
    if not call.flag("IncludeTestModeConnectors"):
        found = [item for item in found if not flag(item, "TestMode")]
    if call.given("IsTransportRuleScoped"):
        return [item for item in found if flag(item, "IsTransportRuleScoped") == call.flag("IsTransportRuleScoped")]
    named = call.identity is not None and len(found) == 1
    return found if named else [item for item in found if not flag(item, "IsTransportRuleScoped")]


def new(call: Invocation) -> list[Properties]:
    """New-OutboundConnector."""
    candidate = _normalised(merged(DEFAULTS, call))
    check_name(call, NOUN, text(candidate, "Name"))
    _check(candidate)
    return [create(call, NOUN, candidate)]


def set_(call: Invocation) -> list[Properties]:
    """Set-OutboundConnector. Rules refer to the object, so they follow a new name."""
    existing = required(call, NOUN)
    candidate = _normalised(merged(existing, call))
    check_name(call, NOUN, text(candidate, "Name"), text(existing, "Guid"))
    _check(candidate)
    for rule in rules_that_route_to(call, existing):
        rule["RouteMessageOutboundConnector"] = candidate["Name"]
    commit(call, existing, candidate)
    return []


def remove(call: Invocation) -> list[Properties]:
    """Remove-OutboundConnector; refused while a mail flow rule routes to it."""
    existing = required(call, NOUN)
    users = [text(rule, "Name") for rule in rules_that_route_to(call, existing)]
    if users:
        raise CmdletFailure(
            INVALID_OPERATION,
            f"The connector '{existing['Name']}' can't be removed because mail flow rules use it: {', '.join(users)}.",
        )
    delete(call, NOUN, existing)
    return []


def validate(call: Invocation) -> list[Properties]:
    """Validate-OutboundConnector. What it finds is switch `outbound_connector_validation` (`Failed` by default:

    an inline gateway refuses Exchange's probe because it carries no tenant proof, microsoft-365.md §3.4).
    """
    existing = required(call, NOUN)
    outcome = str(call.switch("outbound_connector_validation", "Failed"))
    succeeded = outcome == "Succeeded"
    recipients = call.texts("Recipients")
    existing.update(
        {
            "IsValidated": succeeded,
            "LastValidationTimestamp": stamp(call.now),
            "ValidationRecipients": list(recipients),
        }
    )
    hosts = ", ".join(texts(existing, "SmartHosts")) or "MX"
    tasks = ("Check connectivity", "Send test email")
    return [
        {"TaskName": f"{task} to '{hosts}'", "Recipient": recipient, "IsTaskSuccessful": succeeded, "Result": outcome}
        for recipient in recipients
        for task in tasks
    ]


def rules_that_route_to(call: Invocation, connector: Properties) -> list[Properties]:
    """The mail flow rules whose action names this connector."""
    name = text(connector, "Name").lower()
    rules = shelf(call.tenant, "TransportRule").values()
    return [rule for rule in rules if text(rule, "RouteMessageOutboundConnector").lower() == name]


def _normalised(candidate: Properties) -> Properties:
    candidate["RecipientDomains"] = [
        address_space(value).removeprefix("smtp:").partition(";")[0] for value in texts(candidate, "RecipientDomains")
    ]
    candidate["SmartHosts"] = [smart_host(value) for value in texts(candidate, "SmartHosts")]
    candidate["TlsDomain"] = text(candidate, "TlsDomain").strip() or None
    return candidate


def _check(candidate: Properties) -> None:
    hosts, by_mx = texts(candidate, "SmartHosts"), flag(candidate, "UseMXRecord", True)
    if hosts and by_mx:
        raise invalid("SmartHosts can be used only when UseMXRecord is set to $false.")
    if not hosts and not by_mx:
        raise invalid("When UseMXRecord is $false, at least one smart host must be specified in SmartHosts.")
    domain, level = text(candidate, "TlsDomain"), text(candidate, "TlsSettings")
    if level == "DomainValidation" and not domain:
        raise invalid("TlsDomain must be specified when TlsSettings is DomainValidation.")
    if domain and level != "DomainValidation":
        raise invalid("TlsDomain can be specified only when TlsSettings is DomainValidation.")
    if domain and not is_domain_pattern(domain, everything=False):
        raise invalid(f"'{domain}' isn't a valid domain; a wildcard may only stand in front.")
    for name in ON_PREMISES_ONLY:
        if flag(candidate, name) and text(candidate, "ConnectorType") != "OnPremises":
            raise invalid(f"{name} can be set only on connectors of the type OnPremises.")


CMDLETS: dict[str, Run] = {
    "Get-OutboundConnector": get,
    "New-OutboundConnector": new,
    "Set-OutboundConnector": set_,
    "Remove-OutboundConnector": remove,
    "Validate-OutboundConnector": validate,
}
