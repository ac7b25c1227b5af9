"""Settings of the whole organisation: prepared, direct send, message format, audit log (microsoft-365.md §3.4)."""

from lockgate.microsoft365.resources.resource import text
from lockgate.microsoft365.verification.evidence import Evidence
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

CUSTOMISED = Question(
    "organisation-customisation",
    "Organisation customisation is enabled",
    "A new organisation is 'dehydrated': its policies cannot be changed until it was prepared once.",
    "Exchange Online PowerShell: Enable-OrganizationCustomization",
)
DIRECT_SEND = Question(
    "reject-direct-send",
    "Reject Direct Send is understood",
    "With it on, Exchange refuses unauthenticated mail from your own domains unless a connector covers it; the "
    "gateway's connector does, printers and applications may not be covered.",
    "Exchange Online PowerShell: Get-OrganizationConfig | fl RejectDirectSend",
)
RICH_TEXT = Question(
    "rich-text-format",
    "No mail leaves in Outlook's rich text format",
    "Rich text (TNEF) hides the whole message in one attachment, winmail.dat. The gateway can only pass such a message "
    "on as it is, and recipients outside cannot open it.",
    "Exchange admin center > Mail flow > Remote domains > Default > Text and character set > Use rich-text format: "
    "Never",
)
AUDIT = Question(
    "audit-log",
    "The unified audit log is on",
    "Activity data, by which the gateway notices unusual behaviour and changes to its own objects, come from the "
    "unified audit log. While it is off nothing is recorded; after it is switched on the first data take some hours.",
    "Microsoft Purview portal > Audit > Start recording user and admin activity",
)
READ_ORGANISATION, READ_REMOTE, READ_AUDIT = "Get-OrganizationConfig", "Get-RemoteDomain", "Get-AdminAuditLogConfig"


def _customised(evidence: Evidence) -> Answer:
    if any(one.get("IsDehydrated") for one in evidence.found(READ_ORGANISATION)):
        return failed("The organisation is dehydrated.", f"The plan does it first. By hand: {CUSTOMISED.where}")
    return passed("It is.")


def _direct_send(evidence: Evidence) -> Answer:
    if any(one.get("RejectDirectSend") for one in evidence.found(READ_ORGANISATION)):
        return warned("Reject Direct Send is on.", "Check that devices and applications have a connector.")
    return passed("Reject Direct Send is off.")


def _rich_text(evidence: Evidence) -> Answer:
    domains = evidence.found(READ_REMOTE)
    rich = [text(one, "Name") for one in domains if one.get("TNEFEnabled") is True]
    if rich:
        commands = "; ".join(f"Set-RemoteDomain {quoted(name)} -TNEFEnabled $false" for name in rich)
        return warned(f"Always in rich text: {several(rich)}.", f"Exchange Online PowerShell: {commands}")
    if any(one.get("TNEFEnabled") is None for one in domains):
        return passed("It is left to the sender's Outlook, which seldom uses it.")
    return passed("It is off.")


def _audit(evidence: Evidence) -> Answer:
    if all(one.get("UnifiedAuditLogIngestionEnabled") for one in evidence.found(READ_AUDIT)):
        return passed("It is.")
    fix = "Exchange Online PowerShell: Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true"
    return warned("It is off: activity data cannot come.", fix)


CHECKS = (
    Asked(CUSTOMISED, _customised, (READ_ORGANISATION,)),
    Asked(DIRECT_SEND, _direct_send, (READ_ORGANISATION,)),
    Asked(RICH_TEXT, _rich_text, (READ_REMOTE,)),
    Asked(AUDIT, _audit, (READ_AUDIT,)),
)
