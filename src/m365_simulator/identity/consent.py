"""Consent: who may give it, and what it changes in the tenant."""

from collections.abc import Iterable

from m365_simulator.activity.audit import directory_event
from m365_simulator.identity import directory_roles as roles
from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.permissions import (
    GRAPH,
    RESOURCES,
    KnownPermission,
    permission_by_id,
)
from m365_simulator.identity.scopes import SIGN_IN_SCOPES
from m365_simulator.world import AppRegistration, ServicePrincipal, Tenant, User, World

ADMIN_ONLY_SCOPES = {
    "RoleManagement.ReadWrite.Directory",
    "AppRoleAssignment.ReadWrite.All",
    "Application.Read.All",
    "Exchange.Manage",
    "Exchange.ManageV2",
}
MAY_GRANT_EVERYTHING = {roles.GLOBAL_ADMINISTRATOR, roles.PRIVILEGED_ROLE_ADMINISTRATOR}
MAY_GRANT_OTHERS = {roles.APPLICATION_ADMINISTRATOR, roles.CLOUD_APPLICATION_ADMINISTRATOR}


def registered_permissions(registration: AppRegistration) -> list[KnownPermission]:
    """Everything in the registration's manifest; AADSTS650056 when it names what no resource has."""
    found = []
    for item in registration.required:
        permission = permission_by_id(item.resource_app_id, item.id)
        if permission is None or permission.type != item.type:
            raise IdentityError(650056, f"{item.resource_app_id} has no {item.type} {item.id}")
        found.append(permission)
    return found


def may_consent(tenant: Tenant, user: User, permissions: Iterable[KnownPermission]) -> bool:
    """Whether this person may consent to these for the whole organisation.

    Application permissions of Microsoft Graph need a Global or Privileged Role Administrator; everything else
    may also be granted by an Application or Cloud Application Administrator (microsoft-365.md §1.3).
    """
    held = roles.roles_of(tenant, user.id)
    if held & MAY_GRANT_EVERYTHING:
        return True
    graph_roles = any(item.type == "Role" and item.resource_app_id == GRAPH for item in permissions)
    return bool(held & MAY_GRANT_OTHERS) and not graph_roles


def by_resource(permissions: Iterable[KnownPermission]) -> list[tuple[str, list[KnownPermission]]]:
    """Permissions under the display names of their resources, for the consent page."""
    grouped: dict[str, list[KnownPermission]] = {}
    for permission in permissions:
        grouped.setdefault(RESOURCES[permission.resource_app_id].display_name, []).append(permission)
    return list(grouped.items())


def service_principal_of(tenant: Tenant, app_id: str) -> ServicePrincipal | None:
    """The application as it exists in this tenant."""
    wanted = app_id.lower()
    return next((item for item in tenant.service_principals.values() if item.app_id.lower() == wanted), None)


def grant_for_organisation(
    world: World, tenant: Tenant, user: User, registration: AppRegistration, permissions: Iterable[KnownPermission]
) -> ServicePrincipal:
    """Record an administrator's consent, creating the service principal where it is missing.

    Consent adds to what was granted before, as with Microsoft. Two switches delay its effect on tokens:
    `consent_propagation_refusals` and `consent_propagation_empty_tokens` (numbers of token requests).
    """
    principal = _ensure_service_principal(world, tenant, user, registration)
    principal.granted_before = {resource: set(ids) for resource, ids in principal.granted.items()}
    principal.tokens_without_roles = _count(world, "consent_propagation_empty_tokens")
    for permission in permissions:
        principal.granted.setdefault(permission.resource_app_id, set()).add(permission.id)
    granted = " ".join(sorted(item.value for item in permissions))
    directory_event(
        world,
        tenant,
        "Consent to application.",
        user.user_principal_name,
        registration.display_name,
        {"ConsentContext.IsAdminConsent": "True", "ConsentAction.Permissions": granted},
    )
    return principal


def grant_for_user(
    world: World, tenant: Tenant, user: User, registration: AppRegistration, scopes: Iterable[str]
) -> ServicePrincipal:
    """Record one person's consent to delegated scopes."""
    principal = _ensure_service_principal(world, tenant, user, registration)
    principal.user_consents.setdefault(user.id, set()).update(scopes)
    directory_event(world, tenant, "Consent to application.", user.user_principal_name, registration.display_name)
    return principal


def missing_consent(tenant: Tenant, user: User, app_id: str, asked: Iterable[KnownPermission]) -> list[KnownPermission]:
    """The delegated permissions that neither the organisation nor this person has consented to yet.

    Consent to `User.Read` for the organisation covers plain sign-in.
    """
    principal = service_principal_of(tenant, app_id)
    if principal is None:
        return list(asked)
    granted = {
        permission.value
        for resource, ids in principal.granted.items()
        for permission in (permission_by_id(resource, item) for item in ids)
        if permission is not None and permission.type == "Scope"
    }
    granted |= principal.user_consents.get(user.id, set())
    if "User.Read" in granted:
        granted |= set(SIGN_IN_SCOPES)
    return [permission for permission in asked if permission.value not in granted]


def _ensure_service_principal(
    world: World, tenant: Tenant, user: User, registration: AppRegistration
) -> ServicePrincipal:
    principal = service_principal_of(tenant, registration.client_id)
    if principal is None:
        principal = ServicePrincipal(registration.client_id, registration.display_name)
        principal.created = world.clock.now()
        principal.tokens_refused = _count(world, "consent_propagation_refusals")
        tenant.service_principals[principal.id] = principal
        directory_event(world, tenant, "Add service principal.", user.user_principal_name, registration.display_name)
    return principal


def _count(world: World, switch: str) -> int:
    value = world.switches.get(switch, 0)
    return value if isinstance(value, int) else 0
