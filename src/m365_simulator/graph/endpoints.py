"""Every Graph endpoint with the permissions that open it and its price in resource units. house-rule: table

Permissions: any of `permissions`, and any of `also` where given (microsoft-365.md §2.1). Price 0: not counted in
directory resource units (mail has limits of its own).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from m365_simulator.graph import (
    applications,
    delta,
    directory,
    mailbox_settings,
    messages,
    roles,
    sending,
    tenant_facts,
)
from m365_simulator.graph.call import Call

Run = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path and method."""

    method: str
    path: str
    run: Run
    permissions: frozenset[str]
    cost: int = 0
    also: frozenset[str] = frozenset()

    @property
    def is_mail(self) -> bool:
        """Whether Outlook answers rather than the directory; it refuses in other words."""
        return self.cost == 0


def _any(*names: str) -> frozenset[str]:
    return frozenset(names)


_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
_USER_LIST = _any("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *_DIRECTORY)
_USER = _USER_LIST | {"User.Read"}
_USER_DELTA = _any("User.Read.All", "User.ReadWrite.All", *_DIRECTORY)
_GROUP = _any("Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", *_DIRECTORY)
_MEMBER = _any("GroupMember.ReadBasic.All", "GroupMember.ReadWrite.All") | (_GROUP - {"Group.ReadBasic.All"})
_DOMAIN = _any("Domain.Read.All", "Domain.ReadWrite.All", *_DIRECTORY)
_ORGANIZATION = _any("Organization.Read.All", "User.Read.All", *_DIRECTORY)
_APPLICATION = _any("Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", *_DIRECTORY)
_ASSIGN_APP = _any("AppRoleAssignment.ReadWrite.All")
_READ_ROLE = _any("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", *_DIRECTORY)
_WRITE_ROLE = _any("RoleManagement.ReadWrite.Directory")
_WRITE_SCHEDULE = _any("RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory")
_READ_SCHEDULE = _any("RoleAssignmentSchedule.Read.Directory") | _WRITE_SCHEDULE | _READ_ROLE
_READ_BASIC_MAIL = _any("Mail.ReadBasic.All", "Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite")
_READ_MAIL = _any("Mail.Read", "Mail.ReadWrite")
_WRITE_MAIL = _any("Mail.ReadWrite")
_READ_SETTINGS = _any("MailboxSettings.Read", "MailboxSettings.ReadWrite")
_WRITE_SETTINGS = _any("MailboxSettings.ReadWrite")

_ROLES = "/roleManagement/directory"
_MESSAGE = "/users/{user}/messages/{message}"
_RULES = "/users/{user}/mailFolders/inbox/messageRules"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/users/delta", delta.users, _USER_DELTA, 2),
    Endpoint("GET", "/users/$count", directory.count_users, _USER_LIST, 2),
    Endpoint("GET", "/users", directory.users, _USER_LIST, 2),
    Endpoint("GET", "/users/{user}", directory.user, _USER, 1),
    Endpoint("GET", "/me", directory.user, _any("User.Read") | _USER_DELTA, 1),
    Endpoint("GET", "/groups/delta", delta.groups, _GROUP, 3),
    Endpoint("GET", "/groups/$count", directory.count_groups, _GROUP, 2),
    Endpoint("GET", "/groups", directory.groups, _GROUP, 3),
    Endpoint("GET", "/groups/{group}", directory.group, _GROUP, 1),
    Endpoint("GET", "/groups/{group}/members", directory.members, _MEMBER, 3),
    Endpoint("GET", "/groups/{group}/members/{kind}", directory.members, _MEMBER, 3),
    Endpoint("GET", "/groups/{group}/transitiveMembers", directory.transitive_members, _MEMBER, 5),
    Endpoint("GET", "/groups/{group}/transitiveMembers/{kind}", directory.transitive_members, _MEMBER, 5),
    Endpoint("GET", "/domains", tenant_facts.domains, _DOMAIN, 1),
    Endpoint("GET", "/domains/{domain}", tenant_facts.domain, _DOMAIN, 1),
    Endpoint("GET", "/organization", tenant_facts.organization, _ORGANIZATION, 1),
    Endpoint("GET", "/servicePrincipals", applications.service_principals, _APPLICATION, 2),
    Endpoint("GET", "/servicePrincipals{principal}", applications.service_principal, _APPLICATION, 1),
    Endpoint("GET", "/servicePrincipals/{principal}", applications.service_principal, _APPLICATION, 1),
    Endpoint("GET", "/servicePrincipals/{principal}/appRoleAssignments", applications.assignments, _APPLICATION, 2),
    Endpoint(
        "POST", "/servicePrincipals/{principal}/appRoleAssignments", applications.assign, _ASSIGN_APP, 2, _APPLICATION
    ),
    Endpoint(
        "DELETE",
        "/servicePrincipals/{principal}/appRoleAssignments/{assignment}",
        applications.unassign,
        _ASSIGN_APP,
        2,
    ),
    Endpoint("GET", f"{_ROLES}/roleDefinitions", roles.definitions, _READ_ROLE, 1),
    Endpoint("GET", f"{_ROLES}/roleAssignments", roles.assignments, _READ_ROLE, 1),
    Endpoint("POST", f"{_ROLES}/roleAssignments", roles.assign, _WRITE_ROLE, 1),
    Endpoint("GET", f"{_ROLES}/roleAssignments/{{assignment}}", roles.assignment, _READ_ROLE, 1),
    Endpoint("DELETE", f"{_ROLES}/roleAssignments/{{assignment}}", roles.unassign, _WRITE_ROLE, 1),
    Endpoint("POST", f"{_ROLES}/roleAssignmentScheduleRequests", roles.schedule, _WRITE_SCHEDULE, 1),
    Endpoint("GET", f"{_ROLES}/roleAssignmentScheduleInstances", roles.instances, _READ_SCHEDULE, 1),
    Endpoint("GET", f"{_ROLES}/roleAssignmentSchedules", roles.instances, _READ_SCHEDULE, 1),
    Endpoint("GET", "/users/{user}/messages", messages.messages, _READ_BASIC_MAIL),
    Endpoint("POST", "/users/{user}/messages", sending.draft, _WRITE_MAIL),
    Endpoint("GET", _MESSAGE, messages.message, _READ_BASIC_MAIL),
    Endpoint("GET", _MESSAGE + "/$value", messages.mime, _READ_MAIL),
    Endpoint("PATCH", _MESSAGE, messages.change, _WRITE_MAIL),
    Endpoint("DELETE", _MESSAGE, messages.delete, _WRITE_MAIL),
    Endpoint("POST", _MESSAGE + "/move", messages.move, _WRITE_MAIL),
    Endpoint("POST", _MESSAGE + "/permanentDelete", messages.purge, _WRITE_MAIL),
    Endpoint("GET", "/users/{user}/mailFolders", messages.folders, _READ_BASIC_MAIL),
    Endpoint("GET", _RULES, mailbox_settings.rules, _READ_SETTINGS),
    Endpoint("POST", _RULES, mailbox_settings.add_rule, _WRITE_SETTINGS),
    Endpoint("GET", _RULES + "/{rule}", mailbox_settings.rule, _READ_SETTINGS),
    Endpoint("PATCH", _RULES + "/{rule}", mailbox_settings.change_rule, _WRITE_SETTINGS),
    Endpoint("DELETE", _RULES + "/{rule}", mailbox_settings.delete_rule, _WRITE_SETTINGS),
    Endpoint("GET", "/users/{user}/mailFolders/{folder}", messages.folder, _READ_BASIC_MAIL),
    Endpoint("GET", "/users/{user}/mailFolders/{folder}/messages", messages.folder_messages, _READ_BASIC_MAIL),
    Endpoint("POST", "/users/{user}/sendMail", sending.send_mail, _any("Mail.Send")),
    Endpoint("GET", "/users/{user}/mailboxSettings", mailbox_settings.settings, _READ_SETTINGS),
    Endpoint("PATCH", "/users/{user}/mailboxSettings", mailbox_settings.change_settings, _WRITE_SETTINGS),
)
