"""Which of Exchange's management roles each cmdlet needs (microsoft-365.md §3.3).

The directory role Exchange administrator contains all of them; a narrow set-up assigns just these
(docs/operations/narrow-role.md).
"""

READING = "View-Only Configuration"
READING_AUDIT = "View-Only Audit Logs"
CONNECTORS = "Remote and Accepted Domains"
RULES = "Transport Rules"
HYGIENE = "Transport Hygiene"
ORGANISATION = "Organization Configuration"
AUDIT = "Audit Logs"

# What every set-up needs, in the order in which an administrator assigns it.
NARROW = (CONNECTORS, RULES, HYGIENE, READING, READING_AUDIT)

WRITING = {
    "InboundConnector": CONNECTORS,
    "OutboundConnector": CONNECTORS,
    "RemoteDomain": CONNECTORS,
    "TransportRule": RULES,
    "HostedConnectionFilterPolicy": HYGIENE,
    "HostedContentFilterPolicy": HYGIENE,
    "TenantAllowBlockListSpoofItems": HYGIENE,
    "ArcConfig": HYGIENE,
    "OrganizationCustomization": ORGANISATION,
    "AdminAuditLogConfig": AUDIT,
}


def role_for(cmdlet: str) -> str:
    """The management role that allows the cmdlet, as far as we call it. Raises KeyError for one that we do not."""
    verb, _, noun = cmdlet.partition("-")
    if verb == "Get":
        return READING_AUDIT if noun == "AdminAuditLogConfig" else READING
    return WRITING[noun]


def permission_for(role: str) -> str:
    """What a change needs, for an administrator to read."""
    return f"Exchange.ManageAsApp with the role '{role}' (part of Exchange administrator)"
