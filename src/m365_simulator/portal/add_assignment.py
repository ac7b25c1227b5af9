"""'Add assignments', without Privileged Identity Management and with it.

Without: search, tick, Add. With: 'No member selected' leads to 'Select a member'; the 'Setting' tab wants a
justification; Assign makes an active assignment that is permanent unless an end is given.
"""

from datetime import UTC, datetime

from starlette.responses import RedirectResponse, Response

from m365_simulator.identity.directory_roles import assign_role
from m365_simulator.portal.pages import Visit
from m365_simulator.portal.principals import principal, search
from m365_simulator.portal.roles import assignments_path, may_assign, role_in
from m365_simulator.world import Properties


async def add_page(visit: Visit) -> Response:
    """The start of 'Add assignments' in either form."""
    role, name = _assignable_role(visit)
    query = visit.request.query_params
    if visit.tenant.pim_enabled:
        member = principal(visit.tenant, query.get("member", ""))
        tab = "setting" if query.get("tab") == "setting" and member else "membership"
        return visit.page("add_with_pim.html", role=role, role_name=name, member=member, tab=tab, error="")
    found = search(visit.tenant, query.get("q", ""))
    return visit.page("add.html", role=role, role_name=name, q=query.get("q", ""), found=found, error="")


async def select_member(visit: Visit) -> Response:
    """'Select a member', with Privileged Identity Management only."""
    role, name = _assignable_role(visit)
    q = visit.request.query_params.get("q", "")
    found = search(visit.tenant, q)
    return visit.page("select_member.html", role=role, role_name=name, q=q, found=found)


async def add(visit: Visit) -> Response:
    """Assign the role to what was ticked or selected."""
    role, name = _assignable_role(visit)
    form = await visit.form()
    if visit.tenant.pim_enabled:
        return _add_scheduled(visit, role, name, form)
    chosen = [found for id_ in form.get("member", []) if (found := principal(visit.tenant, id_))]
    q = form.get("q", [""])[0]
    if not chosen:
        values = {"role": role, "role_name": name, "q": q, "found": search(visit.tenant, q)}
        return visit.page("add.html", 400, **values, error="Select at least one member.")
    actor = visit.user.user_principal_name
    added = [assign_role(visit.world, visit.tenant, role, item.id, actor=actor) for item in chosen]
    message = "Successfully added assignment" if any(added) else "The assignment exists already"
    return RedirectResponse(assignments_path(role, message), 303)


def _add_scheduled(visit: Visit, role: str, name: str, form: dict[str, list[str]]) -> Response:
    member = principal(visit.tenant, form.get("member", [""])[0])
    justification = form.get("justification", [""])[0].strip()
    permanent = form.get("permanent", [""])[0] == "on"
    error, end = "", None
    if not permanent:
        end = _parse_end(form.get("end", [""])[0])
        if end is None or end <= visit.world.clock.now():
            error = "Enter an end in the future, or assign permanently."
    if member is None:
        error = "No member selected."
    elif not justification:
        error = "A justification is required."
    if error or member is None:
        page = {"role": role, "role_name": name, "member": member, "tab": "setting" if member else "membership"}
        return visit.page("add_with_pim.html", 400, **page, error=error)
    added = assign_role(
        visit.world,
        visit.tenant,
        role,
        member.id,
        actor=visit.user.user_principal_name,
        justification=justification,
        schedule=_schedule(visit.world.clock.now(), end),
    )
    message = "Successfully added assignment" if added else "The assignment exists already"
    return RedirectResponse(assignments_path(role, message), 303)


def _schedule(start: datetime, end: datetime | None) -> Properties:
    expiration: Properties = {"type": "noExpiration"}
    if end is not None:
        expiration = {"type": "afterDateTime", "endDateTime": _written(end)}
    return {"assignmentType": "Assigned", "startDateTime": _written(start), "expiration": expiration}


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse_end(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _assignable_role(visit: Visit) -> tuple[str, str]:
    role, name = role_in(visit)
    if not may_assign(visit, role):
        raise PermissionError("You do not have permission to add assignments of this role.")
    return role, name
