"""The kinds of objects that we make in a tenant, one file each; `ALL` is in the order in which they are made."""

from lockgate.microsoft365.resources.allow_entries import ADDRESS_ENTRIES, SPOOF_ENTRIES
from lockgate.microsoft365.resources.inbound_connector import INBOUND_CONNECTORS
from lockgate.microsoft365.resources.outbound_connector import OUTBOUND_CONNECTORS
from lockgate.microsoft365.resources.resource import Resource
from lockgate.microsoft365.resources.transport_rules import TRANSPORT_RULES

ALL: tuple[Resource, ...] = (
    INBOUND_CONNECTORS,
    OUTBOUND_CONNECTORS,
    ADDRESS_ENTRIES,
    SPOOF_ENTRIES,
    TRANSPORT_RULES,
)
# Kinds without a comment: one that is there as wanted serves us, whoever made it.
UNMARKED = frozenset({ADDRESS_ENTRIES.kind, SPOOF_ENTRIES.kind})

__all__ = ["ALL", "UNMARKED", "Resource"]
