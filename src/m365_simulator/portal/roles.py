"""'Roles and administrators': the list, who holds a role, and taking a role away."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from m365_simulator.activity.audit import directory_event
from m365_simulator.identity import directory_roles as roles
from m365_simulator.portal.pages import Visit
from m365_simulator.portal.principals import Principal, principal
from m365_simulator.world import RoleAssignment

TABS = ("eligible", "active", "expired")


@dataclass(frozen=True, slots=True)
class Holder:
    """One row of the assignments list."""

    assignment: RoleAssignment
    principal: Principal
    end: str


def role_in(visit: Visit) -> tuple[str, str]:
    """Template id and name of the role in the URL."""
    template_id = str(visit.request.path_params["role"])
    return template_id, roles.ROLE_NAMES[template_id]


def may_assign(visit: Visit, role_template_id: str) -> bool:
    """Global and Privileged Role Administrators may; Exchange administrators, for their own role, by a switch.

    The switch `exchange_administrator_may_assign_roles` is on because the published procedure signs in as an
    Exchange administrator; Microsoft's own role table would not allow it.
    """
    held = roles.roles_of(visit.tenant, visit.user.id)
    if held & {roles.GLOBAL_ADMINISTRATOR, roles.PRIVILEGED_ROLE_ADMINISTRATOR}:
        return True
    switched_on = visit.world.switches.get("exchange_administrator_may_assign_roles", True) is True
    own_role = role_template_id == roles.EXCHANGE_ADMINISTRATOR and role_template_id in held
    return switched_on and own_role


def assignments_path(role_template_id: str, message: str = "") -> str:
    """Where a role's assignments are listed, with something to say on top."""
    query = f"?tab=active&message={quote(message)}" if message else "?tab=active"
    return f"/entra-id/roles/{role_template_id}/assignments{query}"


async def role_list(visit: Visit) -> Response:
    """All roles, narrowed by a search text."""
    wanted = visit.request.query_params.get("q", "").strip().lower()
    found = [(id_, name) for id_, name in roles.ROLE_NAMES.items() if wanted in name.lower()]
    return visit.page("roles.html", roles=found, q=wanted)


async def assignments(visit: Visit) -> Response:
    """Who holds the role."""
    role, name = role_in(visit)
    roles.drop_lapsed(visit.world, visit.tenant)
    tab = visit.request.query_params.get("tab", "active")
    return visit.page(
        "assignments.html",
        role=role,
        role_name=name,
        tab=tab if tab in TABS else "active",
        holders=_holders(visit, role) if tab not in ("eligible", "expired") else [],
        allowed=may_assign(visit, role),
        message=visit.request.query_params.get("message", ""),
    )


async def remove(visit: Visit) -> Response:
    """Take the role away from one holder."""
    role, name = role_in(visit)
    form = await visit.form()
    if not may_assign(visit, role):
        raise PermissionError("You do not have permission to remove assignments of this role.")
    removed = roles.remove_assignment(visit.tenant, form["assignment"][0])
    if removed is not None:
        directory_event(
            visit.world,
            visit.tenant,
            "Remove member from role.",
            visit.user.user_principal_name,
            removed.principal_id,
            {"Role.DisplayName": name},
        )
    return RedirectResponse(assignments_path(role, "Assignment removed"), 303)


def _holders(visit: Visit, role: str) -> list[Holder]:
    found = []
    for item in visit.tenant.role_assignments.values():
        owner = principal(visit.tenant, item.principal_id)
        if item.role_template_id == role and owner is not None:
            found.append(Holder(item, owner, _end(item)))
    return found


def _end(assignment: RoleAssignment) -> str:
    expiration = (assignment.schedule or {}).get("expiration")
    end = expiration.get("endDateTime") if isinstance(expiration, dict) else None
    return str(end) if end else "Permanent"
