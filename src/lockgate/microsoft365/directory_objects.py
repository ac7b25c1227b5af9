"""Users and groups as Graph sends them in a delta, turned into ours (microsoft-365.md §2.2).

Rule: what an object does not say is not known to be empty. A delta may send only what has changed, and a large group
comes in slices of which only the first has a name; the rest is taken from what was `known` before.
"""

from collections.abc import Collection, Iterable, Sequence

from lockgate.microsoft365.graph_client import Json
from lockgate.model.directory import DirectoryGroup, DirectoryUser

USER_FIELDS = (
    "id,userPrincipalName,mail,proxyAddresses,accountEnabled,userType,displayName,jobTitle,department,preferredLanguage"
)
GROUP_FIELDS = "id,displayName,mail,groupTypes,mailEnabled,securityEnabled,members"
USER_KEYS = frozenset(USER_FIELDS.split(","))
GROUP_KEYS = frozenset(GROUP_FIELDS.split(",")) - {"members"}
_KIND_KEYS = frozenset({"groupTypes", "mailEnabled", "securityEnabled"})


def latest(items: Iterable[Json]) -> tuple[dict[str, Json], list[str]]:
    """The objects of a page by id, each as the last of its entries leave it, and the ids of those that are gone."""
    alive: dict[str, Json] = {}
    gone: dict[str, None] = {}
    for item in items:
        one = str(item["id"])
        if "@removed" in item:
            alive.pop(one, None)
            gone[one] = None
        else:
            alive[one] = {**alive.get(one, {}), **item}
    return alive, list(gone)


def member_changes(items: Iterable[Json], groups: Collection[str]) -> dict[tuple[str, str], bool]:
    """By group and member: whether the member is in the group after these entries."""
    return {
        (str(item["id"]), str(member["id"])): "@removed" not in member
        for item in items
        if item["id"] in groups
        for member in item.get("members@delta") or ()
    }


def as_user(item: Json, known: DirectoryUser | None = None) -> DirectoryUser:
    """A Graph user."""
    before = known or DirectoryUser("", "", "", ())
    return DirectoryUser(
        id=str(item["id"]),
        display_name=_text(item, "displayName", before.display_name),
        user_principal_name=_text(item, "userPrincipalName", before.user_principal_name).lower(),
        addresses=_addresses(item, before.addresses),
        # null is what Graph sends for an account of which it does not say
        enabled=before.enabled if item.get("accountEnabled") is None else bool(item["accountEnabled"]),
        mailbox_type=_text(item, "userType", before.mailbox_type),
        job_title=_text(item, "jobTitle", before.job_title),
        department=_text(item, "department", before.department),
        language=_text(item, "preferredLanguage", before.language),
    )


def as_group(item: Json, known: DirectoryGroup | None = None) -> DirectoryGroup:
    """A Graph group, without members: they come as changes."""
    before = known or DirectoryGroup("", "", "", "security", ())
    return DirectoryGroup(
        id=str(item["id"]),
        display_name=_text(item, "displayName", before.display_name),
        mail=_text(item, "mail", before.mail).lower(),
        kind=_kind(item) if _KIND_KEYS & item.keys() else before.kind,
        members=(),
    )


def _addresses(item: Json, before: Sequence[str]) -> tuple[str, ...]:
    """All SMTP addresses, the primary one first: `SMTP:` marks it, `smtp:` the others."""
    if "proxyAddresses" not in item:
        return _unique([_text(item, "mail", ""), *before])
    proxies = [str(entry) for entry in item["proxyAddresses"] or ()]
    primary = [entry[5:] for entry in proxies if entry.startswith("SMTP:")]
    others = [entry[5:] for entry in proxies if entry.startswith("smtp:")]
    return _unique([*primary, _text(item, "mail", ""), *others])


def _kind(item: Json) -> str:
    if "Unified" in (item.get("groupTypes") or ()):
        return "microsoft365"
    if item.get("mailEnabled"):
        return "mail-enabled-security" if item.get("securityEnabled") else "distribution"
    return "security"


def _text(item: Json, name: str, before: str) -> str:
    return str(item[name] or "") if name in item else before


def _unique(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.strip().lower() for address in addresses if address))
