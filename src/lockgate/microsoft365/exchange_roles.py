"""Which of Exchange's management roles each cmdlet needs (microsoft-365.md §3.3).

The directory role Exchange administrator contains all of them; a narrow set-up assigns just these
(docs/operations/narrow-role.md).
"""

READING = "View-Only Configuration"
READING_AUDIT = "View-Only Audit Logs"
READING_RECIPIENTS = "View-Only Recipients"  # contacts and dynamic groups; a sync does without
CONNECTORS = "Remote and Accepted Domains"
RULES = "Transport Rules"
HYGIENE = "Transport Hygiene"
ORGANISATION = "Organization Configuration"
AUDIT = "Audit Logs"
GROUPS = "Distribution Groups"  # with "Security Group Creation and Membership" for what has no manager (§3.3)

RECIPIENTS = frozenset({"MailContact", "DynamicDistributionGroup", "DynamicDistributionGroupMember"})

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
    "DistributionGroup": GROUPS,
    "DistributionGroupMember": GROUPS,
}


READING_ELSEWHERE = {
    "AdminAuditLogConfig": READING_AUDIT,
    "DistributionGroup": GROUPS,
    "DistributionGroupMember": GROUPS,
}

# What has to be allowed before a grant goes on: what makes, changes and removes the objects of every plan.
NEEDED = (
    "Get-AcceptedDomain",
    "Get-OrganizationConfig",
    *(
        f"{verb}-{noun}"
        for noun in ("InboundConnector", "OutboundConnector")
        for verb in ("Get", "New", "Set", "Remove")
    ),
    *(f"{verb}-TransportRule" for verb in ("Get", "New", "Set", "Remove", "Enable", "Disable")),
    *(f"{verb}-HostedConnectionFilterPolicy" for verb in ("Get", "Set")),
    *(f"{verb}-TenantAllowBlockListSpoofItems" for verb in ("Get", "New", "Set", "Remove")),
    *(f"{verb}-ArcConfig" for verb in ("Get", "Set")),
)


def role_for(cmdlet: str) -> str:
    """The management role that allows the cmdlet; empty for one that we do not call."""
    verb, _, noun = cmdlet.partition("-")
    if noun in RECIPIENTS:
        return READING_RECIPIENTS
    if verb == "Get":
        return READING_ELSEWHERE.get(noun, READING)
    return WRITING.get(noun, "")


def lacking(allowed: frozenset[str]) -> tuple[str, ...]:
    """Management roles without which something that every plan needs cannot be run."""
    return tuple(dict.fromkeys(role_for(cmdlet) for cmdlet in NEEDED if cmdlet not in allowed))


def permission_for(role: str) -> str:
    """What a change needs, for an administrator to read."""
    return f"Exchange.ManageAsApp with the role '{role}' (part of Exchange administrator)"
