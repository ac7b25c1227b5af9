"""What is put into tokens: id tokens of people, access tokens of people and of applications.

Access tokens have the claims of version 1.0, as Graph, Exchange and the Management API get them; id tokens those
of version 2.0 (Microsoft's claims references).
"""

import base64
import hashlib
import json

from m365_simulator.identity.consent import service_principal_of
from m365_simulator.identity.directory_roles import drop_lapsed, roles_of
from m365_simulator.identity.errors import IdentityError
from m365_simulator.identity.permissions import role_values
from m365_simulator.identity.requests import Login
from m365_simulator.identity.scopes import RequestedScope
from m365_simulator.identity.tokens import sign
from m365_simulator.world import JsonValue, Properties, ServicePrincipal, Tenant, User, World


def id_token(login: Login, tenant: Tenant, user: User, client_id: str, nonce: str) -> str:
    """An id token for a person; `sub` is different for each application."""
    pairwise = hashlib.sha256(f"{client_id}:{user.id}".encode()).digest()
    claims: Properties = {
        "iss": f"{login.url}/{tenant.id}/v2.0",
        "aud": client_id,
        "sub": base64.urlsafe_b64encode(pairwise).decode().rstrip("="),
        "tid": tenant.id,
        "oid": user.id,
        "name": user.display_name,
        "preferred_username": user.user_principal_name,
        "ver": "2.0",
    }
    if nonce:
        claims["nonce"] = nonce
    return sign(login.world, claims)


def delegated_token(login: Login, tenant: Tenant, user: User, client_id: str, scope: RequestedScope) -> str:
    """An access token with which the application acts for a person."""
    held: list[JsonValue] = [*sorted(roles_of(tenant, user.id))]
    claims: Properties = {
        **_app_claims(tenant, client_id, scope),
        "oid": user.id,
        "upn": user.user_principal_name,
        "name": user.display_name,
        "idtyp": "user",
        "scp": " ".join(permission.value for permission in scope.delegated),
        "wids": held,
    }
    return sign(login.world, claims)


def app_token(login: Login, tenant: Tenant, client_id: str, scope: RequestedScope) -> str:
    """An app-only access token. It has `roles` only where something was consented to for that resource."""
    principal = _usable_principal(login.world, tenant, client_id)
    drop_lapsed(login.world, tenant)
    granted = principal.granted
    if principal.tokens_without_roles > 0:
        principal.tokens_without_roles -= 1
        granted = principal.granted_before
    values: list[JsonValue] = [*sorted(role_values(scope.resource.app_id, granted.get(scope.resource.app_id, ())))]
    held: list[JsonValue] = [*sorted(_replicated_roles(tenant, principal))]
    claims: Properties = {
        **_app_claims(tenant, client_id, scope),
        "oid": principal.id,
        "sub": principal.id,
        "app_displayname": principal.display_name,
        "idtyp": "app",
    }
    if values:
        claims["roles"] = values
    if held:
        claims["wids"] = held
    return sign(login.world, claims)


def client_info(tenant: Tenant, user: User) -> str:
    """The `client_info` that MSAL asks for to name the account."""
    text = json.dumps({"uid": user.id, "utid": tenant.id})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _app_claims(tenant: Tenant, client_id: str, scope: RequestedScope) -> Properties:
    return {
        "aud": scope.identifier,
        "iss": f"https://sts.windows.net/{tenant.id}/",
        "appid": client_id,
        "appidacr": "2",
        "tid": tenant.id,
        "ver": "1.0",
    }


def _usable_principal(world: World, tenant: Tenant, client_id: str) -> ServicePrincipal:
    principal = service_principal_of(tenant, client_id)
    if principal is None:
        raise IdentityError(700016, client_id)
    if principal.tokens_refused > 0:
        principal.tokens_refused -= 1
        raise IdentityError(700016, client_id)
    if not principal.enabled:
        raise IdentityError(7000112, client_id)
    blocked = world.switches.get("conditional_access_blocks", [])
    if isinstance(blocked, list) and client_id in blocked:
        raise IdentityError(53003, client_id)
    return principal


def _replicated_roles(tenant: Tenant, principal: ServicePrincipal) -> set[str]:
    """The roles a token shows: a fresh assignment may take some tokens to arrive (`role_propagation_tokens`)."""
    held = set()
    for assignment in tenant.role_assignments.values():
        if assignment.principal_id != principal.id:
            continue
        if assignment.tokens_without > 0:
            assignment.tokens_without -= 1
        else:
            held.add(assignment.role_template_id)
    return held
