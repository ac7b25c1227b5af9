"""Which permissions exist: ids, values and the words of the consent page, per resource. (house-rule: table)

Ids and values are Microsoft's (Graph permissions reference; the manifest of Exchange Online and of the Office
365 Management APIs). The ids of `Exchange.ManageAsAppV2` and of delegated Management scopes are not published
where we could read them: those that start with 5f6c4a53 are ours, and a client has to resolve them by value.
"""

from collections.abc import Iterable
from dataclasses import dataclass

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
MANAGEMENT = "c5393580-f805-4401-95e8-94b7a6ef2fc2"
EXCHANGE_ONLINE_PROTECTION = "00000007-0000-0ff1-ce00-000000000000"
MESSAGE_TRACE = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"


@dataclass(frozen=True, slots=True)
class Resource:
    """An API that issues permissions. `identifiers` are the resource URIs a scope may name."""

    app_id: str
    display_name: str
    identifiers: tuple[str, ...]

    @property
    def audiences(self) -> frozenset[str]:
        """Every `aud` a token for this resource may carry."""
        return frozenset({self.app_id, *self.identifiers})


@dataclass(frozen=True, slots=True)
class KnownPermission:
    """One permission. `type` is `Role` (application) or `Scope` (delegated), as in a manifest."""

    resource_app_id: str
    id: str
    value: str
    type: str
    display_name: str


RESOURCES: dict[str, Resource] = {
    resource.app_id: resource
    for resource in (
        Resource(GRAPH, "Microsoft Graph", ("https://graph.microsoft.com",)),
        Resource(
            EXCHANGE,
            "Office 365 Exchange Online",
            ("https://outlook.office365.com", "https://outlook.office.com", "https://ps.outlook.com"),
        ),
        Resource(MANAGEMENT, "Office 365 Management APIs", ("https://manage.office.com",)),
        Resource(
            EXCHANGE_ONLINE_PROTECTION,
            "Microsoft Exchange Online Protection",
            ("https://ps.compliance.protection.outlook.com",),
        ),
        Resource(MESSAGE_TRACE, "Microsoft Exchange Message Trace", ()),
    )
}

_GRAPH_ROLES = """
df021288-bdef-4463-88db-98f22de89214|User.Read.All|Read the full profiles of all users
97235f07-e226-4f63-ace3-39588e11d3a1|User.ReadBasic.All|Read the basic profiles of all users
5b567255-7703-4780-807c-7be8301ae99b|Group.Read.All|Read all groups
62a82d76-70ea-41e2-9197-370581804d09|Group.ReadWrite.All|Read and write all groups
bf7b1a76-6e77-406b-b258-bf5c7720e98f|Group.Create|Create groups
98830695-27a2-44f7-8c18-0c3ebc9698f6|GroupMember.Read.All|Read all group memberships
dbaae8cf-10b5-4b86-a4a1-f871c94c6695|GroupMember.ReadWrite.All|Read and write all group memberships
dbb9058a-0e50-45d7-ae91-66909b5d4664|Domain.Read.All|Read domains
7ab1d382-f21e-4acd-a863-ba3e13f7da61|Directory.Read.All|Read directory data
19dbc75e-c2e2-444c-a770-ec69d8559fc7|Directory.ReadWrite.All|Read and write directory data
498476ce-e0fe-48b0-b801-37ba7e2685c6|Organization.Read.All|Read organization information
e1a88a34-94c4-4418-be12-c87b00e26bea|OrgContact.Read.All|Read organizational contacts
658aa5d8-239f-45c4-aa12-864f4fc7e490|Member.Read.Hidden|Read all hidden memberships
810c84a8-4a9e-49e6-bf7d-12d183f40d01|Mail.Read|Read mail in all mailboxes
693c5e45-0940-467d-9b8a-1022fb9d42ef|Mail.ReadBasic.All|Read basic mail in all mailboxes
e2a3a72e-5f79-4c64-b1b1-878b674786c9|Mail.ReadWrite|Read and write mail in all mailboxes
b633e1c5-b582-4048-a93e-9f11b44c7e96|Mail.Send|Send mail as any user
40f97065-369a-49f4-947c-6a255697ae91|MailboxSettings.Read|Read the settings of all mailboxes
6931bccd-447a-43d1-b442-00a195474933|MailboxSettings.ReadWrite|Read and write the settings of all mailboxes
7d9f353d-a7bd-4fbb-822a-26d5dd39a3ce|MailboxItem.Read.All|Read the items of all mailboxes
b0afded3-3588-46d8-8b3d-9842eff778da|AuditLog.Read.All|Read all audit log data
5e1e9171-754d-478c-812c-f1755a9a4c2d|AuditLogsQuery.Read.All|Read audit logs from all services
6b0d2622-d34e-4470-935b-b96550e5ca8d|AuditLogsQuery-Exchange.Read.All|Read audit logs from Exchange
230c1aed-a721-4c5d-9cb4-a90514e508ef|Reports.Read.All|Read all usage reports
9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8|RoleManagement.ReadWrite.Directory|Read and write directory role settings
483bed4a-2ad3-4361-a73b-c83ccdbdc53c|RoleManagement.Read.Directory|Read directory role settings
025d3225-3f02-4882-b4c0-cd5b541a4e80|RoleManagement.ReadWrite.Exchange|Read and write Exchange role settings
c769435f-f061-4d0b-8ff1-3d39870e5f85|RoleManagement.Read.Exchange|Read Exchange role settings
dd199f4a-f148-40a4-a2ec-f0069cc799ec|RoleAssignmentSchedule.ReadWrite.Directory|Change active role assignments
d5fe8ce8-684c-4c83-a52c-46e882ce4be1|RoleAssignmentSchedule.Read.Directory|Read active role assignments
d3495511-98b7-4df3-b317-4e35c19f6129|RoleAssignmentSchedule.Remove.Directory|Remove active role assignments
fee28b28-e1f3-4841-818e-2704dc62245f|RoleEligibilitySchedule.ReadWrite.Directory|Change eligible role assignments
ff278e11-4a33-4d0c-83d2-d01dc58929a5|RoleEligibilitySchedule.Read.Directory|Read eligible role assignments
9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30|Application.Read.All|Read all applications
1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9|Application.ReadWrite.All|Read and write all applications
18a4783c-866b-4cc7-a460-3d5e5662c884|Application.ReadWrite.OwnedBy|Manage the applications this app owns
06b708a9-e830-4db3-a914-8e69da51d44f|AppRoleAssignment.ReadWrite.All|Manage permission grants and role assignments
04c55753-2244-4c25-87fc-704ab82a4f69|SecurityAnalyzedMessage.ReadWrite.All|Read analysed mail and remediate it
472e4a4d-bb4a-4026-98d1-0b0d74cb74a5|SecurityAlert.Read.All|Read all security alerts
dd98c7f5-2d42-42d3-a0e4-633161547251|ThreatHunting.Read.All|Run hunting queries
6e472fd1-ad78-48da-a0f0-97ab2c6b769e|IdentityRiskEvent.Read.All|Read all identity risk events
dc5007c0-2d7d-4c42-879c-2dab87571379|IdentityRiskyUser.Read.All|Read all risky users
"""

_GRAPH_SCOPES = """
37f7f235-527c-4136-accd-4a02d197296e|openid|Sign you in
14dad69e-099b-42c9-810b-d002981feec1|profile|View your basic profile
64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0|email|View your email address
7427e0e9-2fba-42fe-b0c0-848c9e6a8182|offline_access|Keep access to data you have given it access to
e1fe6dd8-ba31-4d61-89e7-88639da4683d|User.Read|Sign in and read user profile
d01b97e9-cbc0-49fe-810a-750afd5527a3|RoleManagement.ReadWrite.Directory|Read and write directory role settings
84bccea3-f856-4a8a-967b-dbe0a3d53a64|AppRoleAssignment.ReadWrite.All|Manage permission grants and role assignments
c79f8feb-a9db-4090-85f9-90d820caa0eb|Application.Read.All|Read applications
"""

_EXCHANGE_ROLES = """
dc50a0fb-09a3-484d-be87-e023b12c6440|Exchange.ManageAsApp|Manage Exchange As Application
dc890d15-9560-4a4c-9b7f-a736ec74ec40|full_access_as_app|Use Exchange Web Services with full access to all mailboxes
5f6c4a53-8d7a-4e6e-9d9c-b1d0f5a2c001|Exchange.ManageAsAppV2|Manage Exchange As Application through the admin API
"""

_EXCHANGE_SCOPES = """
ab4f2b77-0b06-4fc1-a9de-02113fc2ab7c|Exchange.Manage|Manage Exchange configuration
5f6c4a53-8d7a-4e6e-9d9c-b1d0f5a2c002|Exchange.ManageV2|Manage Exchange configuration through the admin API
"""

_MANAGEMENT_ROLES = """
594c1fb6-4f81-4475-ae41-0c394909246c|ActivityFeed.Read|Read activity data for your organization
4807a72c-ad38-4250-94c9-4eabfe26cd55|ActivityFeed.ReadDlp|Read DLP policy events including detected sensitive data
e2cea78f-e743-4d8f-a16a-75b629a038ae|ServiceHealth.Read|Read service health information for your organization
"""

_PROTECTION_ROLES = """
455e5cd2-84e8-4751-8344-5672145dfa17|Exchange.ManageAsApp|Manage Exchange As Application
"""

_TRACE_ROLES = """
89b20d8a-76e2-4057-867b-9961f800b9a4|ExchangeMessageTrace.Read.All|Read all message traces
"""


def _parse(resource_app_id: str, type_: str, table: str) -> list[KnownPermission]:
    rows = (line.split("|") for line in table.strip().splitlines())
    return [KnownPermission(resource_app_id, id_, value, type_, words) for id_, value, words in rows]


PERMISSIONS: tuple[KnownPermission, ...] = (
    *_parse(GRAPH, "Role", _GRAPH_ROLES),
    *_parse(GRAPH, "Scope", _GRAPH_SCOPES),
    *_parse(EXCHANGE, "Role", _EXCHANGE_ROLES),
    *_parse(EXCHANGE, "Scope", _EXCHANGE_SCOPES),
    *_parse(MANAGEMENT, "Role", _MANAGEMENT_ROLES),
    *_parse(EXCHANGE_ONLINE_PROTECTION, "Role", _PROTECTION_ROLES),
    *_parse(MESSAGE_TRACE, "Role", _TRACE_ROLES),
)

_BY_ID = {(permission.resource_app_id, permission.id): permission for permission in PERMISSIONS}
_BY_VALUE = {(item.resource_app_id, item.type, item.value.lower()): item for item in PERMISSIONS}


def permission_by_id(resource_app_id: str, permission_id: str) -> KnownPermission | None:
    """The permission with this id, if the resource has it."""
    return _BY_ID.get((resource_app_id, permission_id))


def permission_by_value(resource_app_id: str, value: str, type_: str = "Role") -> KnownPermission | None:
    """The permission with this value (case does not matter) and type."""
    return _BY_VALUE.get((resource_app_id, type_, value.lower()))


def permissions_of(resource_app_id: str, type_: str = "Role") -> list[KnownPermission]:
    """Everything the resource offers of one type (a service principal's `appRoles` or `oauth2PermissionScopes`)."""
    return [item for item in PERMISSIONS if item.resource_app_id == resource_app_id and item.type == type_]


def role_values(resource_app_id: str, permission_ids: Iterable[str]) -> frozenset[str]:
    """The values of those ids that are application permissions: a token's `roles`."""
    found = (permission_by_id(resource_app_id, permission_id) for permission_id in permission_ids)
    return frozenset(item.value for item in found if item is not None and item.type == "Role")


def resource_by_identifier(identifier: str) -> Resource | None:
    """The resource named by a URI (a trailing slash does not matter), app id or, for manifests, display name."""
    wanted = identifier.rstrip("/").lower()
    for resource in RESOURCES.values():
        names = {resource.app_id, resource.display_name.lower(), *resource.identifiers}
        if wanted in names:
            return resource
    return None
