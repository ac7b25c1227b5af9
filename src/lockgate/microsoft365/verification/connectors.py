"""Connectors: ours have to work, and nobody else's may stand in their way (microsoft-365.md §3.4, §4.1, §4.2)."""

import ipaddress

from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.verification.evidence import Evidence
from lockgate.microsoft365.verification.inbound_connectors import READ, inbound_connectors
from lockgate.microsoft365.verification.question import (
    Answer,
    Asked,
    Question,
    failed,
    passed,
    quoted,
    several,
    warned,
)

ENABLED = Question(
    "inbound-connectors-enabled",
    "The gateway's inbound connectors are enabled",
    "In new, trial and small organisations Exchange makes connectors of this type, but leaves them disabled until "
    "Microsoft Support releases them. Without them mail cannot come back, so no mail is routed out before.",
    "Exchange admin center > Mail flow > Connectors > from your organisation's email server: Status",
)
PARTNERS = Question(
    "partner-connectors",
    "No Partner connector for all senders locks mail to other addresses or certificates",
    "Such a connector makes Exchange refuse mail from all but the named host; the gateway would be refused too.",
    "Exchange admin center > Mail flow > Connectors > from Partner organisation",
)
BLOCKED = Question(
    "blocked-connectors",
    "No connector is blocked",
    "Exchange blocks a connector through which suspicious mail came; what comes back from the gateway would wait.",
    "Microsoft Defender portal > Review > Restricted entities: find out why, then unblock the connector",
)
ENHANCED = Question(
    "enhanced-filtering",
    "Enhanced Filtering leaves the gateway's mail alone",
    "Enhanced Filtering makes Exchange judge a message by the host before the last one. That is right for a gateway "
    "that stands in front of Microsoft 365. On mail that was here already it would be judged by its sender's address "
    "again, and a message that the gateway changed could be refused with 5.7.509.",
    "Microsoft Defender portal > Email & collaboration > Policies & rules > Threat policies > Enhanced filtering",
)


def _enabled(evidence: Evidence) -> Answer:
    ours = [one for one in inbound_connectors(evidence) if one.ours]
    if not ours:
        return passed("None is there yet. It is checked when they are made, before any mail is routed.")
    disabled = [one.name for one in ours if not one.enabled]
    if not disabled:
        return passed(f"{len(ours)} of {len(ours)} are enabled.")
    commands = "; ".join(f"Set-InboundConnector -Identity {quoted(name)} -Enabled $true" for name in disabled)
    fix = f"Exchange Online PowerShell: {commands}. If that is refused, send Microsoft Support this text: "
    return failed(f"Disabled: {several(disabled)}", fix + _letter(disabled, evidence.installation))


def _letter(names: list[str], installation: Installation) -> str:
    addresses = ", ".join(installation.source_addresses) or "our own address"
    return (
        f'"In our Exchange Online organisation the inbound connectors {several(names)} of the type OnPremises were '
        "created in a disabled state, and Set-InboundConnector answers that we cannot enable them. They take mail back "
        f"from our own gateway {installation.gateway_host} ({addresses}), which shows a certificate for that name; the "
        "name is a verified domain of our organisation. Please enable these connectors, and allow connectors of this "
        'type in our organisation."'
    )


def _partners(evidence: Evidence) -> Answer:
    found = inbound_connectors(evidence)
    locking = [one.name for one in found if not one.on_premises and one.enabled and one.for_all_senders and one.locks]
    if not locking:
        return passed(f"{len(found)} inbound connectors looked at")
    return failed(f"Locks all senders: {', '.join(locking)}", f"Change or disable it: {PARTNERS.where}")


def _blocked(evidence: Evidence) -> Answer:
    connectors = evidence.found("Get-BlockedConnector")
    if not connectors:
        return passed("None is.")
    names = ", ".join(str(one.get("Name") or one.get("ConnectorId") or "unnamed") for one in connectors)
    return failed(f"Blocked: {names}", BLOCKED.where)


def _enhanced(evidence: Evidence) -> Answer:
    found = [one for one in inbound_connectors(evidence) if one.skips_last_hop or one.skipped_addresses]
    ours = [one.name for one in found if one.ours]
    if ours:
        commands = "; ".join(
            f"Set-InboundConnector -Identity {quoted(name)} -EFSkipLastIP $false -EFSkipIPs $null" for name in ours
        )
        return warned(f"On for {several(ours)}.", f"Exchange Online PowerShell: {commands}")
    addresses = evidence.installation.source_addresses
    over = [one.name for one in found if any(_covers(entry, addresses) for entry in one.skipped_addresses)]
    if over:
        fix = "Take the gateway's addresses out of 'Skip these IP addresses': " + ENHANCED.where
        return warned(f"The gateway's addresses are skipped by {several(over)}.", fix)
    if found:
        names = several([one.name for one in found])
        return passed(
            f"On for {names}, for a host in front of Microsoft 365; the gateway's mail does not come that way."
        )
    return passed("No connector uses it.")


def _covers(entry: str, addresses: tuple[str, ...]) -> bool:
    """Whether an address, block or range of addresses has one of ours in it."""
    first, _, last = entry.partition("-")
    try:
        if last:
            low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
            ours = [ipaddress.ip_address(one) for one in addresses]
            return any(one.version == low.version and int(low) <= int(one) <= int(high) for one in ours)
        network = ipaddress.ip_network(entry, strict=False)
        return any(ipaddress.ip_address(one) in network for one in addresses)
    except ValueError:
        return False


CHECKS = (
    Asked(ENABLED, _enabled, (READ,)),
    Asked(PARTNERS, _partners, (READ,)),
    Asked(BLOCKED, _blocked, ("Get-BlockedConnector",)),
    Asked(ENHANCED, _enhanced, (READ,)),
)
