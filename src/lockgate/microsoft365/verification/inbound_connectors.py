"""Inbound connectors as the checks see them, whoever made them."""

from dataclasses import dataclass

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.resources.resource import listed, text
from lockgate.microsoft365.verification.evidence import Evidence

READ = "Get-InboundConnector"


@dataclass(frozen=True, slots=True)
class FoundConnector:
    """One connector. `locks`: it takes mail only from its certificate or its addresses."""

    name: str
    ours: bool
    enabled: bool
    on_premises: bool
    for_all_senders: bool
    locks: bool
    skips_last_hop: bool  # Enhanced Filtering: EFSkipLastIP
    skipped_addresses: tuple[str, ...]  # Enhanced Filtering: EFSkipIPs


def inbound_connectors(evidence: Evidence) -> list[FoundConnector]:
    """All that were read."""
    return [_parsed(one, evidence.is_ours(one.get("Comment"))) for one in evidence.found(READ)]


def _parsed(one: Json, ours: bool) -> FoundConnector:
    return FoundConnector(
        name=text(one, "Name"),
        ours=ours,
        enabled=bool(one.get("Enabled")),
        on_premises=text(one, "ConnectorType") == "OnPremises",
        for_all_senders=any("*" in domain for domain in listed(one.get("SenderDomains"))),
        locks=bool(one.get("RestrictDomainsToCertificate") or one.get("RestrictDomainsToIPAddresses")),
        skips_last_hop=bool(one.get("EFSkipLastIP")),
        skipped_addresses=listed(one.get("EFSkipIPs")),
    )
