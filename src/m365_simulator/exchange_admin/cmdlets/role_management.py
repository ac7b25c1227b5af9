"""Exchange's own RBAC for applications: service principals, role groups, role assignments (§1.10, §3.3)."""

import zlib

from m365_simulator.exchange_admin.cmdlet_table import cmdlets
from m365_simulator.exchange_admin.failures import (
    ALREADY_EXISTS,
    MEMBER_EXISTS,
    MEMBER_NOT_FOUND,
    CmdletFailure,
    invalid,
    not_found,
)
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import create, delete, required, shelf
from m365_simulator.exchange_admin.organisation import text, texts
from m365_simulator.exchange_admin.recipient_index import find_user
from m365_simulator.exchange_admin.role_catalogue import (
    CUSTOM,
    EVERYTHING,
    MEMBERSHIP_ROLE,
    ROLE_GROUPS,
    role,
    role_group,
    roles_of_group,
)
from m365_simulator.world import JsonValue, Properties

PRINCIPAL, ASSIGNMENT, MEMBERS = "ServicePrincipal", "ManagementRoleAssignment", "RoleGroupMember"


def new_principal(call: Invocation) -> list[Properties]:
    """New-ServicePrincipal: makes Exchange know a service principal of the directory."""
    app_id, object_id = call.text("AppId").lower(), call.text("ObjectId").lower()
    known = call.tenant.service_principals.get(object_id) or next(
        (item for item in call.tenant.service_principals.values() if item.id == object_id), None
    )
    if known is None or known.app_id.lower() != app_id:
        raise invalid(f"No service principal of the directory has the object id '{object_id}' and app id '{app_id}'.")
    if _principal(call, object_id) is not None:
        raise CmdletFailure(ALREADY_EXISTS, f"The service principal '{object_id}' already exists.")
    made: Properties = {
        "DisplayName": call.text("DisplayName") or known.display_name,
        "AppId": app_id,
        "ObjectId": object_id,
        "Sid": f"S-1-5-21-{zlib.crc32(object_id.encode())}",
        "Identity": object_id,
        "Name": object_id,
        "Guid": object_id,
    }
    shelf(call.tenant, PRINCIPAL)[object_id] = made
    call.touched = object_id
    return [made]


def get_principal(call: Invocation) -> list[Properties]:
    """Get-ServicePrincipal."""
    if call.identity is None:
        return list(shelf(call.tenant, PRINCIPAL).values())
    found = _principal(call, call.identity)
    if found is None:
        raise not_found(call.identity)
    return [found]


def remove_principal(call: Invocation) -> list[Properties]:
    """Remove-ServicePrincipal, with its assignments."""
    found = _principal(call, call.identity or "")
    if found is None:
        raise not_found(call.identity or "")
    call.touched = text(found, "ObjectId")
    shelf(call.tenant, PRINCIPAL).pop(call.touched, None)
    assignments = shelf(call.tenant, ASSIGNMENT)
    for guid in [guid for guid, item in assignments.items() if item["App"] == call.touched]:
        del assignments[guid]
    for group in shelf(call.tenant, MEMBERS).values():
        group["Members"] = [member for member in texts(group, "Members") if member != call.touched]
    return []


def _principal(call: Invocation, identity: str) -> Properties | None:
    wanted = identity.strip().lower()
    for item in shelf(call.tenant, PRINCIPAL).values():
        if wanted in {text(item, name).lower() for name in ("ObjectId", "AppId", "DisplayName")}:
            return item
    return None


def _assignee(call: Invocation, identity: str) -> str:
    principal = _principal(call, identity)
    if principal is not None:
        return text(principal, "ObjectId")
    user = find_user(call.tenant, identity)
    if user is None:
        raise not_found(identity)
    return user.id


def _group(call: Invocation) -> tuple[str, Properties]:
    name = _group_name(call, call.identity or "")
    if name is None:
        raise not_found(call.identity or "")
    call.touched = name
    return name, shelf(call.tenant, MEMBERS).setdefault(name, {"Name": name, "Members": []})


def _group_name(call: Invocation, wanted: str) -> str | None:
    """A built-in role group or one of the organisation's own."""
    own = (name for name in shelf(call.tenant, CUSTOM) if name.lower() == wanted.strip().lower())
    return role_group(wanted) or next(own, None)


def new_group(call: Invocation) -> list[Properties]:
    """New-RoleGroup: a group of the organisation's own with these roles."""
    name = call.text("Name")
    if _group_name(call, name) is not None:
        raise CmdletFailure(ALREADY_EXISTS, f"The role group '{name}' already exists.")
    wanted = [(written, role(written)) for written in call.texts("Roles")]
    for written, known in wanted:
        if known is None:
            raise not_found(written)
    roles: list[JsonValue] = [known for _, known in wanted if known is not None]
    members: list[JsonValue] = [_assignee(call, member) for member in call.texts("Members")]
    shelf(call.tenant, CUSTOM)[name] = {"Name": name, "Roles": roles}
    shelf(call.tenant, MEMBERS)[name] = {"Name": name, "Members": members}
    call.touched = name
    return [_shown_group(call, name)]


def remove_group(call: Invocation) -> list[Properties]:
    """Remove-RoleGroup: only the organisation's own can be removed."""
    name, _ = _group(call)
    if name not in shelf(call.tenant, CUSTOM):
        raise invalid(f"The built-in role group '{name}' can't be removed.")
    del shelf(call.tenant, CUSTOM)[name]
    del shelf(call.tenant, MEMBERS)[name]
    return []


def add_member(call: Invocation) -> list[Properties]:
    """Add-RoleGroupMember."""
    name, group = _group(call)
    member = _assignee(call, call.text("Member"))
    if member in texts(group, "Members"):
        raise CmdletFailure(MEMBER_EXISTS, f"'{call.text('Member')}' is already a member of the group '{name}'.")
    group["Members"] = [*texts(group, "Members"), member]
    return []


def remove_member(call: Invocation) -> list[Properties]:
    """Remove-RoleGroupMember."""
    name, group = _group(call)
    member = _assignee(call, call.text("Member"))
    if member not in texts(group, "Members"):
        raise CmdletFailure(MEMBER_NOT_FOUND, f"'{call.text('Member')}' isn't a member of the group '{name}'.")
    group["Members"] = [known for known in texts(group, "Members") if known != member]
    return []


def get_members(call: Invocation) -> list[Properties]:
    """Get-RoleGroupMember."""
    _, group = _group(call)
    principals = shelf(call.tenant, PRINCIPAL)
    return [
        {"Name": member, "Guid": member, "DisplayName": text(principals.get(member, {}), "DisplayName", member)}
        for member in texts(group, "Members")
    ]


def get_groups(call: Invocation) -> list[Properties]:
    """Get-RoleGroup."""
    if call.identity is not None:
        return [_shown_group(call, _group(call)[0])]
    return [_shown_group(call, name) for name in (*ROLE_GROUPS, *shelf(call.tenant, CUSTOM))]


def _shown_group(call: Invocation, name: str) -> Properties:
    roles: list[JsonValue] = [*sorted(roles_of_group(call.tenant, name))]
    members: list[JsonValue] = [*texts(shelf(call.tenant, MEMBERS).get(name, {}), "Members")]
    return {"Name": name, "Identity": name, "Roles": roles, "Members": members}


def new_assignment(call: Invocation) -> list[Properties]:
    """New-ManagementRoleAssignment of a role to an application or a user."""
    wanted = role(call.text("Role"))
    if wanted is None:
        raise not_found(call.text("Role"))
    if call.given("App") == call.given("User"):
        raise invalid("Specify App or User.")
    assignee = _assignee(call, call.text("App") or call.text("User"))
    kept = shelf(call.tenant, ASSIGNMENT).values()
    if any(item["App"] == assignee and item["Role"] == wanted for item in kept):
        raise CmdletFailure(ALREADY_EXISTS, f"The role '{wanted}' is already assigned to '{assignee}'.")
    properties: Properties = {
        "Name": call.text("Name") or f"{wanted}-{assignee}"[:64],
        "Role": wanted,
        "App": assignee,
        "RoleAssignee": assignee,
        "RoleAssigneeType": "ServicePrincipal" if call.given("App") else "User",
        "CustomResourceScope": call.text("CustomResourceScope") or None,
        "Enabled": True,
    }
    return [create(call, ASSIGNMENT, properties)]


def get_assignments(call: Invocation) -> list[Properties]:
    """Get-ManagementRoleAssignment."""
    if call.identity is not None:
        return [required(call, ASSIGNMENT)]
    found = list(shelf(call.tenant, ASSIGNMENT).values())
    if call.text("Role"):
        found = [item for item in found if text(item, "Role").lower() == call.text("Role").lower()]
    if call.text("RoleAssignee"):
        assignee = _assignee(call, call.text("RoleAssignee"))
        found = [item for item in found if item["App"] == assignee]
    return found


def remove_assignment(call: Invocation) -> list[Properties]:
    """Remove-ManagementRoleAssignment."""
    delete(call, ASSIGNMENT, required(call, ASSIGNMENT))
    return []


def get_roles(call: Invocation) -> list[Properties]:
    """Get-ManagementRole, also `-Cmdlet` (with `-CmdletParameters`): which roles allow it."""
    if call.identity is not None:
        found = role(call.identity)
        if found is None:
            raise not_found(call.identity)
        return [_shown_role(found)]
    if call.text("Cmdlet"):
        known = cmdlets().get(call.text("Cmdlet").lower())
        names = call.texts("CmdletParameters")
        if known is None or any(name.lower() not in known.parameters for name in names):
            return []
        bypass = any(name.lower() == "bypasssecuritygroupmanagercheck" for name in names)
        return [_shown_role(name) for name in sorted({MEMBERSHIP_ROLE} if bypass else known.roles)]
    return [_shown_role(name) for name in sorted(EVERYTHING)]


def _shown_role(name: str) -> Properties:
    return {"Name": name, "Identity": name, "RoleType": name.replace(" ", "").replace("-", ""), "IsEndUserRole": False}


CMDLETS: dict[str, Run] = {
    "New-ServicePrincipal": new_principal,
    "Get-ServicePrincipal": get_principal,
    "Remove-ServicePrincipal": remove_principal,
    "Add-RoleGroupMember": add_member,
    "Remove-RoleGroupMember": remove_member,
    "Get-RoleGroupMember": get_members,
    "Get-RoleGroup": get_groups,
    "New-RoleGroup": new_group,
    "Remove-RoleGroup": remove_group,
    "New-ManagementRoleAssignment": new_assignment,
    "Get-ManagementRoleAssignment": get_assignments,
    "Remove-ManagementRoleAssignment": remove_assignment,
    "Get-ManagementRole": get_roles,
}
