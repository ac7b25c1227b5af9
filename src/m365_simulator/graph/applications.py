"""/servicePrincipals and their app role assignments, which are what consent leaves behind (§1.9, §2.1).

The resources (Graph, Exchange Online, ...) are service principals of every tenant; their `appRoles` are what a
client resolves permission values with.
"""

import re
import uuid

from starlette.responses import Response

from m365_simulator.activity.audit import directory_event
from m365_simulator.graph.call import Call, answer, collection, nothing
from m365_simulator.graph.errors import bad_request, not_found
from m365_simulator.graph.filters import parse
from m365_simulator.identity.permissions import RESOURCES, permission_by_id, permissions_of
from m365_simulator.world import JsonValue, Properties, ServicePrincipal, Tenant

_IDS = uuid.UUID("0d6c7a0e-6f0b-4d55-9d6e-3a1b6e2f5c77")
_CREATED = "2024-01-15T09:00:00Z"


async def service_principals(call: Call) -> Response:
    """GET /servicePrincipals, usually with `$filter=appId eq '...'`."""
    everything = [_shown(item) for item in call.tenant.service_principals.values()]
    everything += [_resource(call.tenant, app_id) for app_id in RESOURCES]
    if "filter" in call.options:
        filtered = parse(call.options["filter"])
        everything = [item for item in everything if filtered.matches(item.get)]
    value: list[JsonValue] = [_selected(call, item) for item in everything]
    return collection(call, "servicePrincipals", value)


async def service_principal(call: Call) -> Response:
    """GET /servicePrincipals/{id} and /servicePrincipals(appId='...')."""
    found = _named(call)
    return answer({"@odata.context": f"{call.root}/$metadata#servicePrincipals/$entity", **_selected(call, found)})


async def assignments(call: Call) -> Response:
    """GET /servicePrincipals/{id}/appRoleAssignments."""
    principal = _own(call)
    value: list[JsonValue] = [
        _assignment(call.tenant, principal, resource, role)
        for resource, roles in principal.granted.items()
        for role in sorted(roles)
        if (known := permission_by_id(resource, role)) is not None and known.type == "Role"
    ]
    return collection(call, "appRoleAssignments", value)


async def assign(call: Call) -> Response:
    """POST /servicePrincipals/{id}/appRoleAssignments: one consented application permission more."""
    principal, sent = _own(call), call.json()
    if sent.get("principalId") != principal.id:
        raise bad_request("principalId must be the service principal of the path.")
    resource = next((a for a in RESOURCES if _resource_id(call.tenant, a) == sent.get("resourceId")), None)
    if resource is None:
        raise not_found(str(sent.get("resourceId")))
    known = permission_by_id(resource, str(sent.get("appRoleId")))
    if known is None or known.type != "Role":
        raise bad_request("Permission being assigned was not found on application.")
    if known.id in principal.granted.get(resource, set()):
        raise bad_request("Permission being assigned already exists on the object.")
    principal.granted.setdefault(resource, set()).add(known.id)
    names: Properties = {"AppRole.Value": known.value}
    operation = "Add app role assignment to service principal."
    directory_event(call.world, call.tenant, operation, call.claims.upn or call.claims.app_id, principal.id, names)
    return answer(_assignment(call.tenant, principal, resource, known.id), 201)


async def unassign(call: Call) -> Response:
    """DELETE /servicePrincipals/{id}/appRoleAssignments/{assignment}."""
    principal, wanted = _own(call), call.part("assignment")
    for resource, roles in principal.granted.items():
        for role in roles:
            if _assignment_id(principal, resource, role) == wanted:
                roles.discard(role)
                return nothing()
    raise not_found(wanted)


def _own(call: Call) -> ServicePrincipal:
    wanted = call.part("principal").lower()
    found = next((item for item in call.tenant.service_principals.values() if item.id.lower() == wanted), None)
    if found is None:
        raise not_found(wanted)
    return found


def _named(call: Call) -> Properties:
    written = call.part("principal")
    by_app = re.fullmatch(r"\(appId='([^']+)'\)", written)
    column, wanted = ("appId", by_app[1]) if by_app else ("id", written)
    everything = [_shown(item) for item in call.tenant.service_principals.values()]
    everything += [_resource(call.tenant, app_id) for app_id in RESOURCES]
    found = next((item for item in everything if str(item[column]).lower() == wanted.lower()), None)
    if found is None:
        raise not_found(wanted)
    return found


def _shown(principal: ServicePrincipal) -> Properties:
    return {
        "id": principal.id,
        "appId": principal.app_id,
        "displayName": principal.display_name,
        "appDisplayName": principal.display_name,
        "accountEnabled": principal.enabled,
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [principal.app_id],
        "createdDateTime": _CREATED,
        "appRoles": [],
        "oauth2PermissionScopes": [],
    }


def _resource_id(tenant: Tenant, app_id: str) -> str:
    return str(uuid.uuid5(_IDS, f"{tenant.id}/{app_id}"))


def _resource(tenant: Tenant, app_id: str) -> Properties:
    resource = RESOURCES[app_id]
    return {
        "id": _resource_id(tenant, app_id),
        "appId": app_id,
        "displayName": resource.display_name,
        "appDisplayName": resource.display_name,
        "accountEnabled": True,
        "servicePrincipalType": "Application",
        "servicePrincipalNames": [app_id, *resource.identifiers],
        "createdDateTime": _CREATED,
        "appRoles": [
            {
                "id": item.id,
                "value": item.value,
                "displayName": item.display_name,
                "description": item.display_name,
                "allowedMemberTypes": ["Application"],
                "isEnabled": True,
                "origin": "Application",
            }
            for item in permissions_of(app_id, "Role")
        ],
        "oauth2PermissionScopes": [
            {"id": item.id, "value": item.value, "type": "Admin", "isEnabled": True}
            for item in permissions_of(app_id, "Scope")
        ],
    }


def _assignment_id(principal: ServicePrincipal, resource: str, role: str) -> str:
    return uuid.uuid5(_IDS, f"{principal.id}/{resource}/{role}").hex


def _assignment(tenant: Tenant, principal: ServicePrincipal, resource: str, role: str) -> Properties:
    return {
        "id": _assignment_id(principal, resource, role),
        "deletedDateTime": None,
        "appRoleId": role,
        "createdDateTime": _CREATED,
        "principalDisplayName": principal.display_name,
        "principalId": principal.id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": RESOURCES[resource].display_name if resource in RESOURCES else resource,
        "resourceId": _resource_id(tenant, resource),
    }


def _selected(call: Call, found: Properties) -> Properties:
    wanted = {name.lower() for name in call.select}
    return {k: v for k, v in found.items() if k.lower() in wanted or k == "id"} if wanted else found
