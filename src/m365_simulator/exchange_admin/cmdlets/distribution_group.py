"""Distribution groups and mail-enabled security groups; they are the directory's groups, so Graph sees them.

An application has no "me": it must name a manager or pass -BypassSecurityGroupManagerCheck (§3.4, §1.10).
"""

import re

from m365_simulator.exchange_admin.failures import (
    ALREADY_EXISTS,
    AMBIGUOUS,
    INVALID_OPERATION,
    NEEDS_MANAGER,
    CmdletFailure,
    invalid,
    not_found,
)
from m365_simulator.exchange_admin.invocation import Invocation, Run, edited
from m365_simulator.exchange_admin.object_store import NAME_LIMIT, stamp
from m365_simulator.exchange_admin.organisation import texts
from m365_simulator.exchange_admin.recipient_index import find_recipient
from m365_simulator.exchange_admin.recipient_shapes import group_name, shown_directory_group, shown_group
from m365_simulator.exchange_admin.wildcards import matches_filter
from m365_simulator.world import DirectoryChange, Group, Properties, Tenant

CLASSIC = {"Distribution", "MailEnabledSecurity"}
MEMBER_LIMIT = 10_000
_NO_SETTING = {"Identity", "Members", "Type", "PrimarySmtpAddress", "DisplayName", "CopyOwnerToMember"} | {
    "BypassSecurityGroupManagerCheck",
    "IgnoreNamingPolicy",
    "OrganizationalUnit",
    "ForceUpgrade",
    "UpdateMemberCount",
    "RoomList",
    "WindowsEmailAddress",
}


def classic_groups(tenant: Tenant) -> list[Group]:
    """The groups that these cmdlets know."""
    return [group for group in tenant.groups.values() if group.kind in CLASSIC]


def named(call: Invocation, identity: str | None = None) -> Group:
    """The group that `Identity` names. Raises CmdletFailure: none (404) or several of that name."""
    wanted = identity or call.identity or ""
    alike = [group for group in classic_groups(call.tenant) if group_name(group).lower() == wanted.lower()]
    if len(alike) > 1:
        raise CmdletFailure(
            AMBIGUOUS, f"The operation couldn't be performed because '{wanted}' matches multiple entries."
        )
    found = alike[0] if alike else find_recipient(call.tenant, wanted)
    if not isinstance(found, Group) or found.kind not in CLASSIC:
        raise not_found(wanted)
    call.touched = group_name(found)
    return found


def check_manager(call: Invocation, group: Group) -> None:
    """Only a manager may change a group, or an administrator who says so."""
    if call.flag("BypassSecurityGroupManagerCheck"):
        return
    managers = {manager.lower() for manager in texts(group.extra, "ManagedBy")}
    if call.caller.upn.lower() in managers or call.caller.object_id in managers:
        return
    raise CmdletFailure(
        NEEDS_MANAGER,
        "You don't have sufficient permissions. This operation can only be performed by a manager of the group.",
    )


def record_change(call: Invocation, group: Group, removed: bool = False) -> None:
    """Writes the change into the directory's log, which Graph's delta reads."""
    group.extra["WhenChanged"] = stamp(call.now)
    call.tenant.changes.append(DirectoryChange("group", group.id, removed))


def get(call: Invocation) -> list[Properties]:
    """Get-DistributionGroup."""
    if call.identity is not None:
        return [shown_group(named(call))]
    kinds = {kind.lower() for kind in call.texts("RecipientTypeDetails")}
    shown = [shown_group(group) for group in classic_groups(call.tenant)]
    wanted = call.text("Filter")
    return [
        item
        for item in shown
        if (not kinds or str(item["RecipientTypeDetails"]).lower() in kinds)
        and (not wanted or matches_filter(item, wanted))
    ]


def new(call: Invocation) -> list[Properties]:
    """New-DistributionGroup."""
    name = call.text("Name").strip()
    if not 0 < len(name) <= NAME_LIMIT:
        raise invalid(f"The name of a group must have 1 to {NAME_LIMIT} characters.")
    address = _new_address(call, name)
    _check_free(call, name, address)
    members = [member_id(call, member) for member in call.texts("Members")]
    if len(members) > MEMBER_LIMIT:
        raise invalid(f"Members may name at most {MEMBER_LIMIT} recipients.")
    kind = "MailEnabledSecurity" if call.text("Type") == "Security" else "Distribution"
    group = Group(call.text("DisplayName") or name, address, kind, list(dict.fromkeys(members)))
    _apply(call, group)
    group.extra["Alias"] = call.text("Alias") or address.partition("@")[0]
    group.extra["WhenCreated"] = stamp(call.now)
    if not texts(group.extra, "ManagedBy"):
        group.extra["ManagedBy"] = [call.caller.upn or "Organization Management"]
    call.tenant.groups[group.id] = group
    call.touched = name
    record_change(call, group)
    return [shown_group(group)]


def set_(call: Invocation) -> list[Properties]:
    """Set-DistributionGroup."""
    group = named(call)
    check_manager(call, group)
    name, address = call.text("Name") or group_name(group), call.text("PrimarySmtpAddress") or group.mail
    _check_free(call, name, address, group)
    if (
        group.extra.get("HiddenGroupMembershipEnabled") is True
        and call.parameters.get("HiddenGroupMembershipEnabled") is False
    ):
        raise CmdletFailure(INVALID_OPERATION, "HiddenGroupMembershipEnabled can't be undone.")
    group.display_name = call.text("DisplayName") or group.display_name
    if address != group.mail:
        _check_domain(call, address)
        group.mail = address
    _apply(call, group)
    record_change(call, group)
    return []


def set_directory_group(call: Invocation) -> list[Properties]:
    """Set-Group: the notes of a group, and its name."""
    return set_(call)


def get_directory_group(call: Invocation) -> list[Properties]:
    """Get-Group."""
    if call.identity is not None:
        return [shown_directory_group(named(call))]
    return [shown_directory_group(group) for group in call.tenant.groups.values()]


def remove(call: Invocation) -> list[Properties]:
    """Remove-DistributionGroup. Rules that name it stay and match nothing from now on."""
    group = named(call)
    check_manager(call, group)
    del call.tenant.groups[group.id]
    for other in call.tenant.groups.values():
        if group.id in other.members:
            other.members.remove(group.id)
            call.tenant.changes.append(DirectoryChange("group", other.id))
    call.tenant.changes.append(DirectoryChange("group", group.id, removed=True))
    return []


def member_id(call: Invocation, identity: str) -> str:
    """The object id of a recipient who may be a member. Raises CmdletFailure: unknown, or a Microsoft 365 group."""
    found = find_recipient(call.tenant, identity)
    if found is None or not found.mail:
        raise CmdletFailure(
            not_found(identity).kind,
            f'Couldn\'t find object "{identity}". Please make sure that it was spelled correctly.',
            404,
        )
    if isinstance(found, Group) and found.kind == "Unified":
        raise CmdletFailure(INVALID_OPERATION, f"The Microsoft 365 group '{identity}' can't be a member of this group.")
    return found.id


def _apply(call: Invocation, group: Group) -> None:
    for name, value in call.parameters.items():
        if name not in _NO_SETTING:
            group.extra[name] = edited(group.extra.get(name), value)


def _new_address(call: Invocation, name: str) -> str:
    given = call.text("PrimarySmtpAddress")
    if given:
        _check_domain(call, given)
        return given
    alias = call.text("Alias") or re.sub(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]", "", name).strip(".") or "group"
    domain = next((known.name for known in call.tenant.domains.values() if known.is_default), "")
    return f"{alias}@{domain}"


def _check_domain(call: Invocation, address: str) -> None:
    if not call.tenant.accepts_domain(address.rpartition("@")[2]):
        raise invalid(
            f"You can't use the domain of '{address}' because it's not an accepted domain for your organization."
        )


def _check_free(call: Invocation, name: str, address: str, own: Group | None = None) -> None:
    for group in call.tenant.groups.values():
        if group is not own and group.kind in CLASSIC and group_name(group).lower() == name.lower():
            raise CmdletFailure(ALREADY_EXISTS, f'The name "{name}" is already being used. Please try another name.')
    for key in (address, call.text("Alias")):
        holder = find_recipient(call.tenant, key) if key else None
        if holder is not None and holder is not own and holder.mail.lower() == address.lower():
            text = f'The proxy address "SMTP:{address}" is already being used by "{holder.display_name}".'
            raise CmdletFailure("Microsoft.Exchange.Data.Directory.ProxyAddressExistsException", text)


CMDLETS: dict[str, Run] = {
    "Get-DistributionGroup": get,
    "New-DistributionGroup": new,
    "Set-DistributionGroup": set_,
    "Remove-DistributionGroup": remove,
    "Get-Group": get_directory_group,
    "Set-Group": set_directory_group,
}
