"""The tenant's default filter policies and the list of trusted ARC sealers (microsoft-365.md §3.4)."""

from m365_simulator.exchange_admin import policy_defaults
from m365_simulator.exchange_admin.addresses import ipv4_range, is_domain
from m365_simulator.exchange_admin.failures import invalid, not_found
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import commit, merged, singleton
from m365_simulator.exchange_admin.organisation import texts
from m365_simulator.world import JsonValue, Properties

IP_LIST_LIMIT = 1273
BULK_RANGE = range(1, 10)
RECIPIENT_LIMITS = range(10001)
DEFAULTS = {
    "HostedConnectionFilterPolicy": policy_defaults.CONNECTION_FILTER,
    "HostedContentFilterPolicy": policy_defaults.CONTENT_FILTER,
    "HostedOutboundSpamFilterPolicy": policy_defaults.OUTBOUND_SPAM_FILTER,
    "ArcConfig": policy_defaults.ARC,
}


def policy(call: Invocation, noun: str) -> Properties:
    """The only policy of this kind. Raises CmdletFailure (404) when another one is named."""
    found = singleton(call, noun, DEFAULTS[noun])
    names = {"default", str(found["Guid"]).lower(), f"{call.tenant.id}\\default"}
    if call.identity is not None and call.identity.lower() not in names:
        raise not_found(call.identity)
    call.touched = "Default"
    return found


def _getter(noun: str) -> Run:
    return lambda call: [policy(call, noun)]


def set_connection_filter(call: Invocation) -> list[Properties]:
    """Set-HostedConnectionFilterPolicy: IPv4 only, /24 to /32, ranges of 256, 1273 entries."""
    existing = policy(call, "HostedConnectionFilterPolicy")
    candidate = merged(existing, call)
    candidate.pop("MakeDefault", None)
    for name in ("IPAllowList", "IPBlockList"):
        entries = [ipv4_range(value, name) for value in texts(candidate, name)]
        if len(entries) > IP_LIST_LIMIT:
            raise invalid(f"{name} may have at most {IP_LIST_LIMIT} entries.")
        candidate[name] = list(dict.fromkeys(entries))
    commit(call, existing, candidate)
    return []


def set_content_filter(call: Invocation) -> list[Properties]:
    """Set-HostedContentFilterPolicy."""
    existing = policy(call, "HostedContentFilterPolicy")
    candidate = merged(existing, call)
    candidate.pop("MakeDefault", None)
    if candidate["BulkThreshold"] not in BULK_RANGE:
        raise invalid("BulkThreshold must be between 1 and 9.")
    if candidate["HighConfidencePhishAction"] == "MoveToJmf":
        raise invalid("HighConfidencePhishAction must be Redirect or Quarantine.")
    for name in ("AllowedSenderDomains", "BlockedSenderDomains"):
        for domain in texts(candidate, name):
            if not is_domain(domain):
                raise invalid(f"'{domain}' in {name} isn't a domain.")
    commit(call, existing, candidate)
    return []


def set_outbound_spam_filter(call: Invocation) -> list[Properties]:
    """Set-HostedOutboundSpamFilterPolicy."""
    existing = policy(call, "HostedOutboundSpamFilterPolicy")
    candidate = merged(existing, call)
    for name in ("RecipientLimitExternalPerHour", "RecipientLimitInternalPerHour", "RecipientLimitPerDay"):
        if candidate[name] not in RECIPIENT_LIMITS:
            raise invalid(f"{name} must be between 0 and 10000.")
    commit(call, existing, candidate)
    return []


def get_arc(call: Invocation) -> list[Properties]:
    """Get-ArcConfig. Switch `arc_sealers_form`: the list as one `text` with commas (default), or as a `list`."""
    found = policy(call, "ArcConfig")
    if call.switch("arc_sealers_form", "text") == "text":
        return [found]
    listed: list[JsonValue] = [name for name in str(found["ArcTrustedSealers"]).split(",") if name]
    return [{**found, "ArcTrustedSealers": listed}]


def set_arc(call: Invocation) -> list[Properties]:
    """Set-ArcConfig replaces the whole list; a single space clears it."""
    existing = policy(call, "ArcConfig")
    sealers = [part.strip() for value in call.texts("ArcTrustedSealers") for part in value.split(",") if part.strip()]
    for domain in sealers:
        if not is_domain(domain) or "." not in domain:
            raise invalid(f"'{domain}' in ArcTrustedSealers isn't a domain.")
    commit(call, existing, {"ArcTrustedSealers": ",".join(dict.fromkeys(sealers))})
    return [existing]


CMDLETS: dict[str, Run] = {
    **{f"Get-{noun}": _getter(noun) for noun in DEFAULTS},
    "Get-ArcConfig": get_arc,
    "Set-HostedConnectionFilterPolicy": set_connection_filter,
    "Set-HostedContentFilterPolicy": set_content_filter,
    "Set-HostedOutboundSpamFilterPolicy": set_outbound_spam_filter,
    "Set-ArcConfig": set_arc,
}
