"""Users and groups of the directory as Exchange's recipient cmdlets show them."""

from m365_simulator.exchange_admin.organisation import texts
from m365_simulator.world import Group, JsonValue, Properties, User

_GROUP_TYPES = {
    "Distribution": "MailUniversalDistributionGroup",
    "MailEnabledSecurity": "MailUniversalSecurityGroup",
    "Unified": "GroupMailbox",
}
GROUP_DEFAULTS: Properties = {
    "ManagedBy": [],
    "Description": [],
    "MemberJoinRestriction": "Closed",
    "MemberDepartRestriction": "Open",
    "RequireSenderAuthenticationEnabled": True,
    "HiddenFromAddressListsEnabled": False,
    "HiddenGroupMembershipEnabled": False,
    "ModerationEnabled": False,
    "ModeratedBy": [],
    "BypassNestedModerationEnabled": False,
    "SendModerationNotifications": "Always",
    "BccBlocked": False,
    "ReportToManagerEnabled": False,
    "ReportToOriginatorEnabled": True,
    "SendOofMessageToOriginatorEnabled": False,
    "AcceptMessagesOnlyFrom": [],
    "AcceptMessagesOnlyFromDLMembers": [],
    "AcceptMessagesOnlyFromSendersOrMembers": [],
    "RejectMessagesFrom": [],
    "RejectMessagesFromDLMembers": [],
    "RejectMessagesFromSendersOrMembers": [],
    "GrantSendOnBehalfTo": [],
    "MailTip": None,
    "SimpleDisplayName": "",
}
# Kept for other cmdlets (Get-Group) or under another name here.
_NOT_SHOWN = {"Notes", "Alias", "Name", "EmailAddresses", "Guid"}


def group_name(group: Group) -> str:
    """Exchange's `Name`, which need not be the display name."""
    return str(group.extra.get("Name") or group.display_name)


def recipient_type_details(recipient: User | Group) -> str:
    """UserMailbox, SharedMailbox, MailUniversalDistributionGroup, ..."""
    if isinstance(recipient, Group):
        return _GROUP_TYPES.get(recipient.kind, "UniversalSecurityGroup")
    return recipient.mailbox_type or "MailUser"


def recipient_type(recipient: User | Group) -> str:
    """The coarser `RecipientType`."""
    details = recipient_type_details(recipient)
    if isinstance(recipient, Group):
        return "MailUniversalDistributionGroup" if details == "GroupMailbox" else details
    return "UserMailbox" if recipient.mailbox_type else "MailUser"


def shown_recipient(recipient: User | Group) -> Properties:
    """What Get-Recipient and Get-DistributionGroupMember show of anybody."""
    name = group_name(recipient) if isinstance(recipient, Group) else recipient.display_name
    proxies = _proxies(recipient)
    return {
        "Identity": name,
        "Name": name,
        "DisplayName": recipient.display_name,
        "Alias": _alias(recipient),
        "PrimarySmtpAddress": recipient.mail,
        "EmailAddresses": proxies,
        "RecipientType": recipient_type(recipient),
        "RecipientTypeDetails": recipient_type_details(recipient),
        "ExternalDirectoryObjectId": recipient.id,
        "Guid": recipient.id,
        "HiddenFromAddressListsEnabled": recipient.extra.get("HiddenFromAddressListsEnabled", False),
    }


def shown_mailbox(user: User) -> Properties:
    """What Get-Mailbox shows."""
    forwarding = user.extra.get("ForwardingSmtpAddress")
    return {
        **shown_recipient(user),
        "UserPrincipalName": user.user_principal_name,
        "PrimarySmtpAddress": user.mail,
        "AccountDisabled": not user.account_enabled,
        "IsMailboxEnabled": True,
        "IsShared": user.mailbox_type == "SharedMailbox",
        "ForwardingAddress": user.extra.get("ForwardingAddress"),
        "ForwardingSmtpAddress": forwarding,
        "DeliverToMailboxAndForward": user.extra.get("DeliverToMailboxAndForward", False),
        "ExchangeGuid": user.id,
        "MaxSendSize": "35 MB (36,700,160 bytes)",
        "MaxReceiveSize": "36 MB (37,748,736 bytes)",
        "AuditEnabled": True,
    }


def shown_group(group: Group) -> Properties:
    """What Get-DistributionGroup shows. Notes are shown by Get-Group only."""
    kept = {name: value for name, value in group.extra.items() if name[:1].isupper() and name not in _NOT_SHOWN}
    security = group.kind == "MailEnabledSecurity"
    return {
        **shown_recipient(group),
        **GROUP_DEFAULTS,
        **kept,
        "GroupType": "Universal, SecurityEnabled" if security else "Universal",
        "IsDirSynced": False,
        "WindowsEmailAddress": group.mail,
    }


def shown_directory_group(group: Group) -> Properties:
    """What Get-Group shows."""
    return {
        "Identity": group_name(group),
        "Name": group_name(group),
        "DisplayName": group.display_name,
        "Notes": group.extra.get("Notes") or "",
        "ManagedBy": list(texts(group.extra, "ManagedBy")),
        "WindowsEmailAddress": group.mail,
        "RecipientTypeDetails": recipient_type_details(group),
        "ExternalDirectoryObjectId": group.id,
        "Guid": group.id,
    }


def _alias(recipient: User | Group) -> str:
    return str(recipient.extra.get("Alias") or recipient.mail.partition("@")[0])


def _proxies(recipient: User | Group) -> list[JsonValue]:
    if isinstance(recipient, User):
        return list(recipient.proxy_addresses)
    kept = recipient.extra.get("EmailAddresses")
    return kept if isinstance(kept, list) else [f"SMTP:{recipient.mail}"]
