"""Settings of the whole organisation, the audit log switch, and connectors that Exchange has blocked (§3.4)."""

import re

from m365_simulator.exchange_admin import policy_defaults
from m365_simulator.exchange_admin.failures import INVALID_OPERATION, CmdletFailure, invalid, not_found
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import commit, merged, shelf, singleton
from m365_simulator.exchange_admin.organisation import flag
from m365_simulator.world import Properties

_TIME_SPAN = re.compile(r"^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$")
EXPIRY_HOURS = (12, 24)
LARGEST_ENVELOPE = 1000


def get_organization(call: Invocation) -> list[Properties]:
    """Get-OrganizationConfig."""
    config = _organization(call)
    return [{**config, "Name": _initial_domain(call), "Identity": _initial_domain(call)}]


def set_organization(call: Invocation) -> list[Properties]:
    """Set-OrganizationConfig."""
    config = _organization(call)
    commit(call, config, merged(config, call))
    return []


def enable_customization(call: Invocation) -> list[Properties]:
    """Enable-OrganizationCustomization: once; a second time is an error that means nothing is left to do."""
    config = _organization(call)
    if not flag(config, "IsDehydrated"):
        raise CmdletFailure(
            INVALID_OPERATION, "This operation is not required. Organization is already enabled for customization."
        )
    commit(call, config, {"IsDehydrated": False})
    return []


def _organization(call: Invocation) -> Properties:
    call.touched = "Default"
    return singleton(call, "OrganizationConfig", policy_defaults.ORGANIZATION_CONFIG)


def _initial_domain(call: Invocation) -> str:
    return next((domain.name for domain in call.tenant.domains.values() if domain.is_initial), call.tenant.id)


def get_transport(call: Invocation) -> list[Properties]:
    """Get-TransportConfig."""
    return [singleton(call, "TransportConfig", policy_defaults.TRANSPORT_CONFIG)]


def set_transport(call: Invocation) -> list[Properties]:
    """Set-TransportConfig: messages expire after 12 to 24 hours, envelopes hold at most 1000 recipients."""
    config = singleton(call, "TransportConfig", policy_defaults.TRANSPORT_CONFIG)
    call.touched = "Transport Settings"
    candidate = merged(config, call)
    if call.given("MessageExpiration"):
        _check_expiry(call.text("MessageExpiration"))
    limit = candidate["MaxRecipientEnvelopeLimit"]
    if isinstance(limit, int) and not 1 <= limit <= LARGEST_ENVELOPE:
        raise invalid(f"MaxRecipientEnvelopeLimit must be between 1 and {LARGEST_ENVELOPE}.")
    commit(call, config, candidate)
    return []


def _check_expiry(written: str) -> None:
    parsed = _TIME_SPAN.match(written)
    hours = 24 * int(parsed[1] or 0) + int(parsed[2]) + int(parsed[3]) / 60 if parsed else 0.0
    if not EXPIRY_HOURS[0] <= hours <= EXPIRY_HOURS[1]:
        raise invalid("MessageExpiration must be between 12:00:00 and 1.00:00:00.")


def get_audit_log(call: Invocation) -> list[Properties]:
    """Get-AdminAuditLogConfig."""
    return [singleton(call, "AdminAuditLogConfig", policy_defaults.ADMIN_AUDIT_LOG)]


def set_audit_log(call: Invocation) -> list[Properties]:
    """Set-AdminAuditLogConfig: switches the unified audit log on or off."""
    config = singleton(call, "AdminAuditLogConfig", policy_defaults.ADMIN_AUDIT_LOG)
    call.touched = "Admin Audit Log Settings"
    candidate = merged(config, call)
    candidate.pop("Force", None)
    commit(call, config, candidate)
    return []


def get_blocked(call: Invocation) -> list[Properties]:
    """Get-BlockedConnector: connectors stopped for suspicious traffic (armed by the control API)."""
    blocked = shelf(call.tenant, "BlockedConnector")
    wanted = call.text("ConnectorId")
    return [item for guid, item in blocked.items() if not wanted or guid == wanted]


def remove_blocked(call: Invocation) -> list[Properties]:
    """Remove-BlockedConnector lets a connector work again."""
    wanted = call.text("ConnectorId")
    if shelf(call.tenant, "BlockedConnector").pop(wanted, None) is None:
        raise not_found(wanted)
    call.touched = wanted
    return []


CMDLETS: dict[str, Run] = {
    "Get-OrganizationConfig": get_organization,
    "Set-OrganizationConfig": set_organization,
    "Enable-OrganizationCustomization": enable_customization,
    "Get-TransportConfig": get_transport,
    "Set-TransportConfig": set_transport,
    "Get-AdminAuditLogConfig": get_audit_log,
    "Set-AdminAuditLogConfig": set_audit_log,
    "Get-BlockedConnector": get_blocked,
    "Remove-BlockedConnector": remove_blocked,
}
