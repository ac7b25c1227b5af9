"""The tenant allow/block list: spoof pairs, and items of the lists Sender, Url, FileHash and IP (§3.4)."""

import ipaddress
from datetime import datetime, timedelta

from m365_simulator.exchange_admin.addresses import is_domain
from m365_simulator.exchange_admin.failures import ALREADY_EXISTS, CmdletFailure, invalid, not_found
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import shelf, stamp
from m365_simulator.exchange_admin.organisation import text
from m365_simulator.world import Properties, new_guid

SPOOF, ITEM = "TenantAllowBlockListSpoofItems", "TenantAllowBlockListItems"
SPOOF_LIMIT = 1024
ITEM_LIMIT = 500  # per list and per action, without a Defender plan
DEFAULT_LIFE = timedelta(days=30)


def get_spoof(call: Invocation) -> list[Properties]:
    """Get-TenantAllowBlockListSpoofItems, by action and type if given."""
    items = shelf(call.tenant, SPOOF).values()
    wanted = {name: call.text(name).lower() for name in ("Action", "SpoofType") if call.text(name)}
    return [item for item in items if all(text(item, name).lower() == value for name, value in wanted.items())]


def new_spoof(call: Invocation) -> list[Properties]:
    """New-TenantAllowBlockListSpoofItems."""
    items = shelf(call.tenant, SPOOF)
    if len(items) >= SPOOF_LIMIT:
        raise invalid(f"The list may have at most {SPOOF_LIMIT} spoofed sender entries.")
    user = call.text("SpoofedUser").lower()
    infrastructure = _infrastructure(call.text("SendingInfrastructure"))
    kind = _one_of("SpoofType", call.text("SpoofType"), ("External", "Internal"))
    action = _one_of("Action", call.text("Action"), ("Allow", "Block"))
    if user != "*" and not is_domain(user.rpartition("@")[2]):
        raise invalid(f"'{user}' in SpoofedUser must be *, a domain or an e-mail address.")
    pair = (user, infrastructure, kind)
    if any((i["SpoofedUser"], i["SendingInfrastructure"], i["SpoofType"]) == pair for i in items.values()):
        raise CmdletFailure(ALREADY_EXISTS, f"The entry '{user}, {infrastructure}' already exists.")
    guid = new_guid()
    made: Properties = {
        "Identity": guid,
        "SpoofedUser": user,
        "SendingInfrastructure": infrastructure,
        "SpoofType": kind,
        "Action": action,
    }
    items[guid] = made
    call.touched = guid
    return [made]


def set_spoof(call: Invocation) -> list[Properties]:
    """Set-TenantAllowBlockListSpoofItems: the action of entries named by their ids."""
    action = _one_of("Action", call.text("Action"), ("Allow", "Block"))
    for item in _by_ids(call, SPOOF):
        item["Action"] = action
    return []


def remove_spoof(call: Invocation) -> list[Properties]:
    """Remove-TenantAllowBlockListSpoofItems."""
    for item in _by_ids(call, SPOOF):
        del shelf(call.tenant, SPOOF)[text(item, "Identity")]
    return []


def _by_ids(call: Invocation, noun: str) -> list[Properties]:
    items = shelf(call.tenant, noun)
    ids = [wanted.lower() for wanted in call.texts("Ids")]
    missing = [wanted for wanted in ids if wanted not in items]
    if missing:
        raise not_found(missing[0])
    call.touched = ", ".join(ids)
    return [items[wanted] for wanted in ids]


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    found = next((word for word in allowed if word.lower() == value.strip().lower()), None)
    if found is None:
        raise invalid(f"{name} must be one of: {', '.join(allowed)}.")
    return found


def _infrastructure(value: str) -> str:
    bare = value.strip().lower()
    try:
        network = ipaddress.ip_network(bare, strict=False)
    except ValueError:
        if is_domain(bare) and "." in bare:
            return bare
        raise invalid(f"'{value}' in SendingInfrastructure must be a domain or an IPv4 /24 block.") from None
    if network.version != 4 or network.prefixlen not in {24, 32}:
        raise invalid(f"'{value}' in SendingInfrastructure must be a domain or an IPv4 /24 block.")
    return str(network.supernet(new_prefix=24) if network.prefixlen == 32 else network)


def get_items(call: Invocation) -> list[Properties]:
    """Get-TenantAllowBlockListItems of one list."""
    found = [item for item in shelf(call.tenant, ITEM).values() if item["ListType"] == call.text("ListType")]
    if call.text("Entry"):
        found = [item for item in found if text(item, "Value").lower() == call.text("Entry").lower()]
    for action in ("Allow", "Block"):
        if call.flag(action):
            found = [item for item in found if item["Action"] == action]
    return found


def new_items(call: Invocation) -> list[Properties]:
    """New-TenantAllowBlockListItems; without a date an entry lives 30 days."""
    if call.flag("Allow") == call.flag("Block"):
        raise invalid("Specify either Allow or Block.")
    list_type, action = call.text("ListType"), "Allow" if call.flag("Allow") else "Block"
    known = [item for item in shelf(call.tenant, ITEM).values() if item["ListType"] == list_type]
    values = [_value(list_type, value) for value in call.texts("Entries")]
    if sum(item["Action"] == action for item in known) + len(values) > ITEM_LIMIT:
        raise invalid(f"The list {list_type} may have at most {ITEM_LIMIT} entries to {action.lower()}.")
    double = {text(item, "Value").lower() for item in known} & {value.lower() for value in values}
    if double:
        raise CmdletFailure(ALREADY_EXISTS, f"The entry '{min(double)}' already exists.")
    made = [_item(call, list_type, action, value) for value in values]
    for item in made:
        shelf(call.tenant, ITEM)[text(item, "Identity")] = item
    call.touched = ", ".join(values)
    return made


def _item(call: Invocation, list_type: str, action: str, value: str) -> Properties:
    now = stamp(call.now)
    return {
        "Identity": new_guid(),
        "ListType": list_type,
        "ListSubType": call.text("ListSubType", "Tenant"),
        "Value": value,
        "Action": action,
        "Notes": call.text("Notes"),
        "ExpirationDate": _expiry(call),
        "RemoveAfter": call.parameters.get("RemoveAfter"),
        "SubmissionID": call.text("SubmissionID"),
        "SysManaged": False,
        "CreatedDateTime": now,
        "LastModifiedDateTime": now,
    }


def _expiry(call: Invocation) -> str | None:
    if call.flag("NoExpiration") or call.given("RemoveAfter"):
        return None
    given = call.text("ExpirationDate")
    if given and datetime.fromisoformat(given) <= call.now:
        raise invalid("ExpirationDate must be in the future.")
    return given or stamp(call.now + DEFAULT_LIFE)


def _value(list_type: str, value: str) -> str:
    bare = value.strip()
    if list_type == "IP":
        try:
            if ipaddress.ip_network(bare, strict=False).version == 6:
                return bare
        except ValueError:
            pass
        raise invalid(f"'{value}' isn't an IPv6 address: the list IP takes no other.")
    if list_type == "FileHash" and (len(bare) != 64 or any(c not in "0123456789abcdefABCDEF" for c in bare)):
        raise invalid(f"'{value}' isn't a SHA-256 hash.")
    if list_type == "Sender" and not is_domain(bare.rpartition("@")[2]):
        raise invalid(f"'{value}' isn't a domain or an e-mail address.")
    return bare


def set_items(call: Invocation) -> list[Properties]:
    """Set-TenantAllowBlockListItems."""
    if call.flag("Allow") and call.flag("Block"):
        raise invalid("Specify either Allow or Block.")
    for item in _chosen(call):
        if call.flag("Allow") or call.flag("Block"):
            item["Action"] = "Allow" if call.flag("Allow") else "Block"
        if call.given("Notes"):
            item["Notes"] = call.text("Notes")
        if call.given("ExpirationDate") or call.given("NoExpiration"):
            item["ExpirationDate"] = _expiry(call)
        item["LastModifiedDateTime"] = stamp(call.now)
    return []


def remove_items(call: Invocation) -> list[Properties]:
    """Remove-TenantAllowBlockListItems, by entries or ids."""
    for item in _chosen(call):
        del shelf(call.tenant, ITEM)[text(item, "Identity")]
    return []


def _chosen(call: Invocation) -> list[Properties]:
    if call.texts("Ids"):
        return _by_ids(call, ITEM)
    wanted = {entry.strip().lower() for entry in call.texts("Entries")}
    if not wanted:
        raise invalid("Specify Entries or Ids.")
    items = shelf(call.tenant, ITEM).values()
    found = [i for i in items if i["ListType"] == call.text("ListType") and text(i, "Value").lower() in wanted]
    missing = wanted - {text(item, "Value").lower() for item in found}
    if missing:
        raise not_found(min(missing))
    call.touched = ", ".join(sorted(wanted))
    return found


CMDLETS: dict[str, Run] = {
    f"Get-{SPOOF}": get_spoof,
    f"New-{SPOOF}": new_spoof,
    f"Set-{SPOOF}": set_spoof,
    f"Remove-{SPOOF}": remove_spoof,
    f"Get-{ITEM}": get_items,
    f"New-{ITEM}": new_items,
    f"Set-{ITEM}": set_items,
    f"Remove-{ITEM}": remove_items,
}
