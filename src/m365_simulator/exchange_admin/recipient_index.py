"""Finds users and groups by address, name or id without walking a directory of 200,000 for every question.

The index is derived and disposable: a hit is checked against the live object, a miss falls back to a scan.
"""

import weakref
from dataclasses import dataclass, field
from itertools import islice

from m365_simulator.world import Group, Tenant, User

Recipient = User | Group


@dataclass
class _Index:
    tenant: "weakref.ref[Tenant]"
    users: int = 0  # how many of the tenant's users, in order of creation, have been entered
    groups: int = 0
    recipients: dict[str, Recipient] = field(default_factory=dict)

    def enter(self, recipient: Recipient) -> None:
        for key in keys_of(recipient):
            self.recipients[key] = recipient


_indexes: dict[str, _Index] = {}


def keys_of(recipient: Recipient) -> set[str]:
    """Everything (lower case) that names this recipient uniquely."""
    if isinstance(recipient, Group):
        alias = str(recipient.extra.get("Alias") or "")
        name = str(recipient.extra.get("Name") or recipient.display_name)
        keys = {
            recipient.id,
            recipient.mail,
            alias,
            name,
            recipient.display_name,
            str(recipient.extra.get("Guid") or ""),
        }
        keys.update(_addresses(recipient.extra.get("EmailAddresses")))
    else:
        keys = {recipient.id, recipient.user_principal_name, recipient.mail, recipient.display_name}
        keys.update(_addresses(list(recipient.proxy_addresses)))
    return {key.lower() for key in keys if key}


def _addresses(proxies: object) -> list[str]:
    return [str(proxy).partition(":")[2] for proxy in proxies] if isinstance(proxies, list) else []


def find_recipient(tenant: Tenant, identity: str) -> Recipient | None:
    """The user or group with this id, address, alias, name or UPN."""
    wanted = identity.strip().lower()
    if not wanted:
        return None
    direct = tenant.users.get(wanted) or tenant.groups.get(wanted)
    if direct is not None:
        return direct
    index = _index(tenant)
    found = index.recipients.get(wanted)
    if found is not None and _is_live(tenant, found) and wanted in keys_of(found):
        return found
    found = _scan(tenant, wanted)
    if found is not None:
        index.enter(found)
    return found


def find_user(tenant: Tenant, identity: str) -> User | None:
    """As `find_recipient`, users only."""
    found = find_recipient(tenant, identity)
    return found if isinstance(found, User) else None


def _is_live(tenant: Tenant, recipient: Recipient) -> bool:
    home: dict[str, User] | dict[str, Group] = tenant.users if isinstance(recipient, User) else tenant.groups
    return home.get(recipient.id) is recipient


def _scan(tenant: Tenant, wanted: str) -> Recipient | None:
    for user in tenant.users.values():
        if wanted in keys_of(user):
            return user
    return next((group for group in tenant.groups.values() if wanted in keys_of(group)), None)


def _index(tenant: Tenant) -> _Index:
    known = _indexes.get(tenant.id)
    if known is None or known.tenant() is not tenant:
        known = _indexes[tenant.id] = _Index(weakref.ref(tenant))
    if (known.users, known.groups) == (len(tenant.users), len(tenant.groups)):
        return known
    new: list[Recipient] = [*islice(tenant.groups.values(), known.groups, None)]
    new += islice(tenant.users.values(), known.users, None)
    for recipient in new:
        known.enter(recipient)
    known.users, known.groups = len(tenant.users), len(tenant.groups)
    return known
