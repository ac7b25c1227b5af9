"""'Enterprise applications': what exists in the tenant, what it may do, and taking that away again."""

from starlette.responses import RedirectResponse, Response

from m365_simulator.activity.audit import directory_event
from m365_simulator.identity import directory_roles as roles
from m365_simulator.identity.permissions import RESOURCES, KnownPermission, permission_by_id
from m365_simulator.portal.pages import Visit
from m365_simulator.world import ServicePrincipal

MAY_MANAGE = {
    roles.GLOBAL_ADMINISTRATOR,
    roles.PRIVILEGED_ROLE_ADMINISTRATOR,
    roles.APPLICATION_ADMINISTRATOR,
    roles.CLOUD_APPLICATION_ADMINISTRATOR,
}


async def application_list(visit: Visit) -> Response:
    """Every service principal of the tenant."""
    return visit.page("applications.html", applications=list(visit.tenant.service_principals.values()))


async def application(visit: Visit) -> Response:
    """One service principal with its permissions and roles."""
    principal = _principal(visit)
    held = [roles.ROLE_NAMES.get(role, role) for role in sorted(roles.roles_of(visit.tenant, principal.id))]
    return visit.page(
        "application.html",
        application=principal,
        permissions=_permissions(principal),
        roles=held,
        resources=RESOURCES,
        allowed=_may_manage(visit),
    )


async def revoke(visit: Visit) -> Response:
    """Take one permission away."""
    principal = _principal(visit)
    form = await _managed_form(visit)
    resource, _, permission_id = form["permission"][0].partition("/")
    principal.granted.get(resource, set()).discard(permission_id)
    principal.granted_before.get(resource, set()).discard(permission_id)
    _record(visit, "Remove app role assignment from service principal.", principal)
    return RedirectResponse(f"/entra-id/applications/{principal.id}", 303)


async def enable(visit: Visit) -> Response:
    """Let the application sign in, or forbid it."""
    principal = _principal(visit)
    form = await _managed_form(visit)
    principal.enabled = form["enabled"][0] == "yes"
    _record(visit, "Update service principal.", principal)
    return RedirectResponse(f"/entra-id/applications/{principal.id}", 303)


async def delete(visit: Visit) -> Response:
    """Remove the application from the tenant, and with it its permissions and roles."""
    principal = _principal(visit)
    await _managed_form(visit)
    del visit.tenant.service_principals[principal.id]
    for assignment in list(visit.tenant.role_assignments.values()):
        if assignment.principal_id == principal.id:
            del visit.tenant.role_assignments[assignment.id]
    _record(visit, "Remove service principal.", principal)
    return RedirectResponse("/entra-id/applications", 303)


def _principal(visit: Visit) -> ServicePrincipal:
    return visit.tenant.service_principals[str(visit.request.path_params["id"])]


def _permissions(principal: ServicePrincipal) -> list[KnownPermission]:
    found = [
        permission_by_id(resource, permission_id)
        for resource, ids in principal.granted.items()
        for permission_id in sorted(ids)
    ]
    return [permission for permission in found if permission is not None]


def _may_manage(visit: Visit) -> bool:
    return bool(roles.roles_of(visit.tenant, visit.user.id) & MAY_MANAGE)


async def _managed_form(visit: Visit) -> dict[str, list[str]]:
    form = await visit.form()
    if not _may_manage(visit):
        raise PermissionError("You do not have permission to change applications.")
    return form


def _record(visit: Visit, operation: str, principal: ServicePrincipal) -> None:
    actor = visit.user.user_principal_name
    directory_event(visit.world, visit.tenant, operation, actor, principal.display_name)
