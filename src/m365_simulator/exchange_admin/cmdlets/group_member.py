"""Members of distribution groups, and the Microsoft 365 group cmdlets that applications may not use (§1.10, §3.4)."""

from m365_simulator.exchange_admin.cmdlets.distribution_group import check_manager, member_id, named, record_change
from m365_simulator.exchange_admin.failures import (
    INVALID_OPERATION,
    MEMBER_EXISTS,
    MEMBER_NOT_FOUND,
    CmdletFailure,
    invalid,
)
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.recipient_shapes import group_name, shown_recipient
from m365_simulator.world import Group, Properties


def get(call: Invocation) -> list[Properties]:
    """Get-DistributionGroupMember: direct members only."""
    group = named(call)
    users, groups = call.tenant.users, call.tenant.groups
    found = [users.get(member) or groups.get(member) for member in group.members]
    return [shown_recipient(member) for member in found if member is not None]


def add(call: Invocation) -> list[Properties]:
    """Add-DistributionGroupMember."""
    group, member = named(call), call.text("Member")
    check_manager(call, group)
    found = member_id(call, member)
    if found in group.members:
        raise CmdletFailure(
            MEMBER_EXISTS, f'The recipient "{member}" is already a member of the group "{group_name(group)}".'
        )
    if found == group.id or _contains(call, found, group.id):
        raise invalid("A group can't be a member of itself.")
    group.members.append(found)
    record_change(call, group)
    return []


def remove(call: Invocation) -> list[Properties]:
    """Remove-DistributionGroupMember."""
    group, member = named(call), call.text("Member")
    check_manager(call, group)
    found = member_id(call, member)
    if found not in group.members:
        raise CmdletFailure(
            MEMBER_NOT_FOUND, f'The recipient "{member}" isn\'t a member of the group "{group_name(group)}".'
        )
    group.members.remove(found)
    record_change(call, group)
    return []


def update(call: Invocation) -> list[Properties]:
    """Update-DistributionGroupMember: the list replaces all members; an Add/Remove table edits them."""
    group = named(call)
    check_manager(call, group)
    change = call.parameters.get("Members")
    if isinstance(change, dict):
        added, gone = (_ids(call, change.get(side)) for side in ("Add", "Remove"))
        members = [member for member in group.members if member not in set(gone)] + added
    else:
        members = _ids(call, change)
    group.members = list(dict.fromkeys(members))
    record_change(call, group)
    return []


def _ids(call: Invocation, identities: object) -> list[str]:
    return [member_id(call, str(identity)) for identity in identities] if isinstance(identities, list) else []


def _contains(call: Invocation, outer: str, inner: str) -> bool:
    seen, waiting = set[str](), [outer]
    while waiting:
        group = call.tenant.groups.get(waiting.pop())
        if isinstance(group, Group) and group.id not in seen:
            seen.add(group.id)
            if inner in group.members:
                return True
            waiting += group.members
    return False


def refused_to_applications(call: Invocation) -> list[Properties]:
    """The UnifiedGroup cmdlets: not for applications; for people they are outside this simulation."""
    who = "app-only access" if call.caller.app_only else "this simulation"
    raise CmdletFailure(INVALID_OPERATION, f"The cmdlet {call.cmdlet} isn't supported in {who}.")


CMDLETS: dict[str, Run] = {
    "Get-DistributionGroupMember": get,
    "Add-DistributionGroupMember": add,
    "Remove-DistributionGroupMember": remove,
    "Update-DistributionGroupMember": update,
    "New-UnifiedGroup": refused_to_applications,
    "Remove-UnifiedGroup": refused_to_applications,
    "Add-UnifiedGroupLinks": refused_to_applications,
    "Remove-UnifiedGroupLinks": refused_to_applications,
}
