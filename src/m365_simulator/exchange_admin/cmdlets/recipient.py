"""Get-Recipient, Get-Mailbox and Get-DynamicDistributionGroup: who can receive mail in the organisation."""

from collections.abc import Iterable

from m365_simulator.exchange_admin.failures import not_found
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import find, shelf
from m365_simulator.exchange_admin.recipient_index import find_recipient
from m365_simulator.exchange_admin.recipient_shapes import (
    recipient_type,
    recipient_type_details,
    shown_mailbox,
    shown_recipient,
)
from m365_simulator.exchange_admin.wildcards import matches_filter
from m365_simulator.world import Group, Properties, User


def get(call: Invocation) -> list[Properties]:
    """Get-Recipient: mailboxes and every mail-enabled group."""
    if call.identity is not None:
        found = find_recipient(call.tenant, call.identity)
        if found is None or not found.mail:
            raise not_found(call.identity)
        return [shown_recipient(found)]
    everyone: list[User | Group] = [user for user in call.tenant.users.values() if user.mailbox_type and user.mail]
    everyone += [group for group in call.tenant.groups.values() if group.mail]
    kinds, details = _words(call, "RecipientType"), _words(call, "RecipientTypeDetails")
    chosen = [r for r in everyone if not kinds or recipient_type(r).lower() in kinds]
    chosen = [r for r in chosen if not details or recipient_type_details(r).lower() in details]
    return _filtered(call, map(shown_recipient, chosen))


def get_mailbox(call: Invocation) -> list[Properties]:
    """Get-Mailbox."""
    if call.identity is not None:
        found = find_recipient(call.tenant, call.identity)
        if not isinstance(found, User) or not found.mailbox_type:
            raise not_found(call.identity)
        return [shown_mailbox(found)]
    details = _words(call, "RecipientTypeDetails")
    users = [user for user in call.tenant.users.values() if user.mailbox_type]
    chosen = [user for user in users if not details or user.mailbox_type.lower() in details]
    return _filtered(call, map(shown_mailbox, chosen))


def get_dynamic_group(call: Invocation) -> list[Properties]:
    """Get-DynamicDistributionGroup: they live in Exchange only, so they are kept there."""
    if call.identity is None:
        return _filtered(call, shelf(call.tenant, "DynamicDistributionGroup").values())
    found = find(call.tenant, "DynamicDistributionGroup", call.identity)
    if found is None:
        raise not_found(call.identity)
    return [found]


def get_dynamic_members(call: Invocation) -> list[Properties]:
    """Get-DynamicDistributionGroupMember: whom the group's `RecipientFilter` fits now."""
    found = find(call.tenant, "DynamicDistributionGroup", call.identity or "")
    if found is None:
        raise not_found(call.identity or "")
    everyone = [user for user in call.tenant.users.values() if user.mailbox_type and user.mail]
    wanted = str(found.get("RecipientFilter") or "")
    return [one for one in map(shown_recipient, everyone) if matches_filter(one, wanted)]


def get_contact(call: Invocation) -> list[Properties]:
    """Get-MailContact: people outside who are in the address book; kept as the control API puts them in."""
    if call.identity is None:
        return _filtered(call, shelf(call.tenant, "MailContact").values())
    found = find(call.tenant, "MailContact", call.identity)
    if found is None:
        raise not_found(call.identity)
    return [found]


def _words(call: Invocation, name: str) -> set[str]:
    return {word.strip().lower() for value in call.texts(name) for word in value.split(",")}


def _filtered(call: Invocation, shown: Iterable[Properties]) -> list[Properties]:
    wanted = call.text("Filter")
    return [item for item in shown if not wanted or matches_filter(item, wanted)]


CMDLETS: dict[str, Run] = {
    "Get-Recipient": get,
    "Get-Mailbox": get_mailbox,
    "Get-DynamicDistributionGroup": get_dynamic_group,
    "Get-DynamicDistributionGroupMember": get_dynamic_members,
    "Get-MailContact": get_contact,
}
