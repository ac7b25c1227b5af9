"""Users and groups as Graph shows them: one function per property, so that a page computes only what is selected."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from m365_simulator.exchange_admin.organisation import texts
from m365_simulator.exchange_admin.recipient_shapes import group_name
from m365_simulator.graph.errors import GraphError
from m365_simulator.world import Group, JsonValue, Properties, User

T = TypeVar("T")
Shape = Mapping[str, Callable[[T], JsonValue]]
_CREATED = "2024-01-15T09:00:00Z"
_EXCHANGE_PLAN = "efb87545-963c-4e0d-99df-69c6916d9eb0"
_E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"


def _extra(name: str) -> Callable[[User], JsonValue]:
    return lambda user: user.extra.get(name)


def _licences(user: User) -> JsonValue:
    if "assignedLicenses" in user.extra:
        return user.extra["assignedLicenses"]
    return [{"skuId": _E3, "disabledPlans": []}] if user.mailbox_type == "UserMailbox" else []


def _plans(user: User) -> JsonValue:
    if not _licences(user):
        return []
    return [
        {
            "assignedDateTime": _CREATED,
            "capabilityStatus": "Enabled",
            "service": "exchange",
            "servicePlanId": _EXCHANGE_PLAN,
        }
    ]


USER: Shape[User] = {
    "businessPhones": lambda user: user.extra.get("businessPhones", []),
    "displayName": lambda user: user.display_name,
    "mail": lambda user: user.mail or None,
    "userPrincipalName": lambda user: user.user_principal_name,
    "id": lambda user: user.id,
    "accountEnabled": lambda user: user.account_enabled,
    "proxyAddresses": lambda user: list(user.proxy_addresses),
    "userType": lambda user: user.extra.get("userType", "Member"),
    "mailNickname": lambda user: user.mail.partition("@")[0] or user.user_principal_name.partition("@")[0],
    "otherMails": lambda user: user.extra.get("otherMails", []),
    "assignedLicenses": _licences,
    "assignedPlans": _plans,
    "createdDateTime": lambda user: user.extra.get("createdDateTime", _CREATED),
    **{
        name: _extra(name)
        for name in (
            "givenName",
            "jobTitle",
            "mobilePhone",
            "officeLocation",
            "preferredLanguage",
            "surname",
            "department",
            "companyName",
            "country",
            "city",
            "employeeId",
            "usageLocation",
            "onPremisesSyncEnabled",
            "onPremisesImmutableId",
            "deletedDateTime",
            "externalUserState",
        )
    },
}
USER_DEFAULT = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
]
USER_BASIC = {"displayName", "givenName", "surname", "mail", "userPrincipalName", "id", "photo"}


def _unset(group: Group) -> JsonValue:
    del group
    return None


def _description(group: Group) -> JsonValue:
    return group.extra.get("description") or " ".join(texts(group.extra, "Description")) or None


def _proxies(group: Group) -> JsonValue:
    kept = group.extra.get("EmailAddresses")
    return kept if isinstance(kept, list) else ([f"SMTP:{group.mail}"] if group.mail else [])


GROUP: Shape[Group] = {
    "id": lambda group: group.id,
    "deletedDateTime": _unset,
    "classification": _unset,
    "createdDateTime": lambda group: group.extra.get("WhenCreated", _CREATED),
    "description": _description,
    "displayName": lambda group: group.display_name,
    "expirationDateTime": _unset,
    "groupTypes": lambda group: ["Unified"] if group.kind == "Unified" else [],
    "isAssignableToRole": _unset,
    "mail": lambda group: group.mail or None,
    "mailEnabled": lambda group: bool(group.mail),
    "mailNickname": lambda group: str(group.extra.get("Alias") or group.mail.partition("@")[0] or group_name(group)),
    "membershipRule": lambda group: group.extra.get("membershipRule"),
    "membershipRuleProcessingState": _unset,
    "onPremisesSyncEnabled": _unset,
    "proxyAddresses": _proxies,
    "renewedDateTime": lambda group: group.extra.get("WhenCreated", _CREATED),
    "securityEnabled": lambda group: group.kind in {"Security", "MailEnabledSecurity"},
    "visibility": lambda group: "Public" if group.kind == "Unified" else None,
}
GROUP_DEFAULT = list(GROUP)


def value_of(shape: Shape[T], item: T, name: str) -> JsonValue:
    """One property; null for a name that the shape lacks."""
    found = shape.get(name)
    return found(item) if found is not None else None


def shown(shape: Shape[T], item: T, names: list[str]) -> Properties:
    """The named properties."""
    return {name: shape[name](item) for name in names}


def chosen(shape: Shape[T], select: list[str], default: list[str], kind: str) -> list[str]:
    """The properties to show, under their own spelling, `id` included. Raises GraphError 400 for unknown ones."""
    if not select:
        return default
    spelled = {name.lower(): name for name in shape}
    found = ["id"]
    for name in select:
        known = spelled.get(name.lower())
        if known is None:
            text = f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
            raise GraphError(400, "BadRequest", text)
        found.append(known)
    return list(dict.fromkeys(found))
