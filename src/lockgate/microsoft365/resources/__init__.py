"""What a plan can change in a tenant, one file each; `IN_ORDER` is the order in which it is done.

`ALL` are kinds of objects that we make; `ADJUSTMENTS` are settings of theirs, of which one property is written.
"""

from lockgate.microsoft365.resources.adjustment import Adjustment
from lockgate.microsoft365.resources.allow_entries import ADDRESS_ENTRIES, SPOOF_ENTRIES
from lockgate.microsoft365.resources.inbound_connector import INBOUND_CONNECTORS
from lockgate.microsoft365.resources.organisation_settings import CUSTOMISATION, FIXES
from lockgate.microsoft365.resources.outbound_connector import OUTBOUND_CONNECTORS
from lockgate.microsoft365.resources.resource import Kind, Resource
from lockgate.microsoft365.resources.routed_people import ROUTED_PEOPLE
from lockgate.microsoft365.resources.transport_rules import TRANSPORT_RULES
from lockgate.microsoft365.resources.trusted_sealers import TRUSTED_SEALERS

IN_ORDER: tuple[Resource | Adjustment, ...] = (
    CUSTOMISATION,
    ROUTED_PEOPLE,
    INBOUND_CONNECTORS,
    OUTBOUND_CONNECTORS,
    ADDRESS_ENTRIES,
    SPOOF_ENTRIES,
    TRUSTED_SEALERS,
    *FIXES.values(),
    TRANSPORT_RULES,
)
ADJUSTMENTS: tuple[Adjustment, ...] = tuple(one for one in IN_ORDER if isinstance(one, Adjustment))
ALL: tuple[Resource, ...] = tuple(one for one in IN_ORDER if not isinstance(one, Adjustment))
# Kinds without a comment: one that is there as wanted serves us, whoever made it.
UNMARKED = frozenset({ADDRESS_ENTRIES.kind, SPOOF_ENTRIES.kind})

__all__ = ["ADJUSTMENTS", "ALL", "IN_ORDER", "UNMARKED", "Adjustment", "Kind", "Resource"]
