"""Which management roles a directory role or an Exchange role group carries (microsoft-365.md §1.10, §3.3)."""

from m365_simulator.exchange_admin.cmdlet_table import cmdlets
from m365_simulator.exchange_admin.organisation import texts
from m365_simulator.world import Tenant

CUSTOM = "RoleGroup"  # where role groups of the organisation's own are kept
VIEW_ONLY = frozenset({"View-Only Configuration", "View-Only Recipients", "View-Only Audit Logs"})
MEMBERSHIP_ROLE = "Security Group Creation and Membership"
EVERYTHING = frozenset(role for cmdlet in cmdlets().values() for role in cmdlet.roles) | {MEMBERSHIP_ROLE}
_HYGIENE = frozenset({"Transport Hygiene", "Security Admin", "Tenant AllowBlockList Manager"})
_RECIPIENTS = frozenset({"Distribution Groups", "Mail Recipients", "Message Tracking", MEMBERSHIP_ROLE})

DIRECTORY_ROLES: dict[str, frozenset[str]] = {
    "29232cdf-9323-42fd-ade2-1d097af3e4de": EVERYTHING,  # Exchange Administrator
    "62e90394-69f5-4237-9190-012177145e10": EVERYTHING,  # Global Administrator
    "17315797-102d-40b4-93e0-432062caca18": VIEW_ONLY | {"Journaling", "Transport Rules", "Audit Logs"},  # Compliance
    "194ae4cb-b126-40b2-bd5b-6091b380977d": VIEW_ONLY | _HYGIENE,  # Security Administrator
    "31392ffb-586c-42d1-9346-e59415a2cc4e": VIEW_ONLY | _RECIPIENTS,  # Exchange Recipient Administrator
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": frozenset({"View-Only Recipients"}),  # Helpdesk Administrator
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": VIEW_ONLY,  # Global Reader
    "5d6b6bb7-de71-4623-b4af-96380a352509": VIEW_ONLY,  # Security Reader
}

ROLE_GROUPS: dict[str, frozenset[str]] = {
    "Organization Management": EVERYTHING,
    "View-Only Organization Management": VIEW_ONLY,
    "Hygiene Management": VIEW_ONLY | _HYGIENE,
    "Recipient Management": _RECIPIENTS | {"View-Only Recipients"},
    "Records Management": frozenset({"Journaling", "Transport Rules", "Message Tracking", "Audit Logs"}),
    "Security Administrator": VIEW_ONLY | _HYGIENE,
}


def role_group(name: str) -> str | None:
    """The canonical name of a role group, case not mattering."""
    return next((known for known in ROLE_GROUPS if known.lower() == name.strip().lower()), None)


def roles_of_group(tenant: Tenant, name: str) -> frozenset[str]:
    """The management roles of a role group, built in or of the organisation's own; none when it is gone."""
    own = tenant.exchange.objects.get(CUSTOM, {}).get(name, {})
    return ROLE_GROUPS.get(name) or frozenset(texts(own, "Roles"))


def role(name: str) -> str | None:
    """The canonical name of a management role."""
    return next((known for known in sorted(EVERYTHING) if known.lower() == name.strip().lower()), None)
