"""Finding users and applications by what a person types into a search box."""

from dataclasses import dataclass

from m365_simulator.world import Tenant


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody or something that can hold a role. `identifier` is the UPN or the application id."""

    id: str
    display_name: str
    identifier: str
    kind: str  # "User" or "Enterprise application"


def principals(tenant: Tenant) -> list[Principal]:
    """Everybody and everything, by name."""
    found = [Principal(user.id, user.display_name, user.user_principal_name, "User") for user in tenant.users.values()]
    found += [
        Principal(item.id, item.display_name, item.app_id, "Enterprise application")
        for item in tenant.service_principals.values()
    ]
    return sorted(found, key=lambda principal: principal.display_name.lower())


def search(tenant: Tenant, text: str) -> list[Principal]:
    """Whose name starts with the text, or whose application id, object id or user principal name it is."""
    wanted = text.strip().lower()
    if not wanted:
        return []
    return [
        item
        for item in principals(tenant)
        if wanted in (item.id, item.identifier.lower()) or item.display_name.lower().startswith(wanted)
    ]


def principal(tenant: Tenant, object_id: str) -> Principal | None:
    """The principal with this object id."""
    return next((item for item in principals(tenant) if item.id == object_id), None)
