"""The `scope` parameter: which resource, which permissions, or everything that is registered (`/.default`)."""

from dataclasses import dataclass

from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.permissions import (
    GRAPH,
    RESOURCES,
    KnownPermission,
    Resource,
    permission_by_value,
    resource_by_identifier,
)

SIGN_IN_SCOPES = ("openid", "profile", "email", "offline_access")
DEFAULT_SUFFIX = "/.default"


@dataclass(frozen=True, slots=True)
class RequestedScope:
    """One resource and what is wanted of it. `identifier` is the resource as the caller wrote it."""

    resource: Resource
    identifier: str
    is_default: bool
    delegated: tuple[KnownPermission, ...]


def parse_scope(text: str) -> RequestedScope:
    """A scope parameter for one resource; AADSTS28003, 28000, 70011 or 500011 otherwise.

    Scopes without a resource (`User.Read`, `openid`) are Microsoft Graph's.
    """
    scopes = text.split()
    if not scopes:
        raise IdentityError(28003)
    found = [_one(scope) for scope in scopes]
    named = {resource.app_id for resource, _, scope in found if scope not in SIGN_IN_SCOPES} or {GRAPH}
    if len(named) > 1:
        raise IdentityError(28000, text)
    resource = RESOURCES[named.pop()]
    identifiers = [identifier for known, identifier, _ in found if identifier and known is resource]
    delegated = tuple(_delegated(known, scope) for known, _, scope in found if scope != ".default")
    identifier = identifiers[0] if identifiers else (resource.identifiers or (resource.app_id,))[0]
    return RequestedScope(resource, identifier, any(scope == ".default" for *_, scope in found), delegated)


def _one(scope: str) -> tuple[Resource, str, str]:
    if "/" not in scope:
        return RESOURCES[GRAPH], "", scope
    identifier, _, value = scope.rpartition("/")
    if not value:
        raise IdentityError(70011, scope)
    resource = resource_by_identifier(identifier)
    if resource is None:
        raise IdentityError(500011, identifier)
    return resource, identifier.rstrip("/"), value


def _delegated(resource: Resource, value: str) -> KnownPermission:
    owner = GRAPH if value in SIGN_IN_SCOPES else resource.app_id
    permission = permission_by_value(owner, value, "Scope")
    if permission is None:
        raise IdentityError(70011, value)
    return permission


def full_scope(permission: KnownPermission) -> str:
    """A permission as a scope with its resource in front, as consent callbacks name it."""
    resource = RESOURCES[permission.resource_app_id]
    return f"{(resource.identifiers or (resource.app_id,))[0]}/{permission.value}"
