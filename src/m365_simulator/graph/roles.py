"""Directory role assignments, direct and through PIM's schedule requests (microsoft-365.md §2.3)."""

from datetime import timedelta

from starlette.responses import Response

from m365_simulator.graph.call import Call, answer, collection, nothing
from m365_simulator.graph.errors import GraphError, bad_request, not_found
from m365_simulator.graph.filters import parse
from m365_simulator.identity import directory_roles
from m365_simulator.world import JsonValue, Properties, RoleAssignment, new_guid

_ACTIONS = {"adminAssign", "adminUpdate", "adminRemove", "selfActivate", "selfDeactivate", "adminExtend", "adminRenew"}
_EXPIRATIONS = {"noExpiration", "afterDateTime", "afterDuration", "notSpecified"}


async def definitions(call: Call) -> Response:
    """GET /roleManagement/directory/roleDefinitions."""
    shown = [_definition(template) for template in directory_roles.ROLE_NAMES]
    return collection(call, "roleManagement/directory/roleDefinitions", _filtered(call, shown))


async def assignments(call: Call) -> Response:
    """GET /roleManagement/directory/roleAssignments; Graph wants a filter by principal or by role."""
    directory_roles.drop_lapsed(call.world, call.tenant)
    shown = [_shown(item) for item in call.tenant.role_assignments.values()]
    return collection(call, "roleManagement/directory/roleAssignments", _filtered(call, shown))


async def assignment(call: Call) -> Response:
    """GET /roleManagement/directory/roleAssignments/{id}."""
    found = call.tenant.role_assignments.get(call.part("assignment"))
    if found is None:
        raise not_found(call.part("assignment"))
    return answer(_shown(found))


async def assign(call: Call) -> Response:
    """POST /roleManagement/directory/roleAssignments; the same again is 400."""
    sent = call.json()
    role, principal = _role_and_principal(call, sent)
    made = directory_roles.assign_role(call.world, call.tenant, role, principal, actor=_actor(call))
    if made is None:
        raise bad_request("A conflicting object with one or more of the specified property values is present.")
    return answer({"@odata.type": "#microsoft.graph.unifiedRoleAssignment", **_shown(made)}, 201)


async def unassign(call: Call) -> Response:
    """DELETE /roleManagement/directory/roleAssignments/{id}."""
    if directory_roles.remove_assignment(call.tenant, call.part("assignment")) is None:
        raise not_found(call.part("assignment"))
    return nothing()


async def schedule(call: Call) -> Response:
    """POST /roleManagement/directory/roleAssignmentScheduleRequests: an active assignment, or its end."""
    sent = call.json()
    action, justification = str(sent.get("action", "")), str(sent.get("justification") or "")
    if action not in _ACTIONS:
        raise bad_request(f"The action '{action}' is invalid.", "RoleAssignmentRequestInvalid")
    if action.startswith("self"):
        raise GraphError(400, "RoleAssignmentRequestAcrsValidationFailed", "The request needs multi-factor sign-in.")
    role, principal = _role_and_principal(call, sent)
    info = _schedule_info(call, sent.get("scheduleInfo"))
    if sent.get("isValidationOnly") is True:
        return answer(_request(call, sent, info, "Granted", ""), 201)
    existing = directory_roles.assignment_of(call.tenant, role, principal)
    if action == "adminRemove":
        if existing is None:
            raise GraphError(404, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
        directory_roles.remove_assignment(call.tenant, existing.id)
        return answer(_request(call, sent, info, "Revoked", existing.id), 201)
    if action == "adminAssign":
        if existing is not None:
            raise GraphError(400, "RoleAssignmentExists", "The Role assignment already exists.")
        existing = directory_roles.assign_role(
            call.world, call.tenant, role, principal, actor=_actor(call), justification=justification, schedule=info
        )
    elif existing is not None:
        existing.schedule, existing.justification = info, justification
    if existing is None:
        raise GraphError(404, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
    return answer(_request(call, sent, info, "Provisioned", existing.id), 201)


async def instances(call: Call) -> Response:
    """GET /roleManagement/directory/roleAssignmentScheduleInstances: every active assignment with its times."""
    directory_roles.drop_lapsed(call.world, call.tenant)
    shown = [_instance(item) for item in call.tenant.role_assignments.values()]
    return collection(call, "roleManagement/directory/roleAssignmentScheduleInstances", _filtered(call, shown))


def _actor(call: Call) -> str:
    return call.claims.upn or f"ServicePrincipal_{call.claims.object_id}"


def _role_and_principal(call: Call, sent: Properties) -> tuple[str, str]:
    role, principal = str(sent.get("roleDefinitionId", "")).lower(), str(sent.get("principalId", ""))
    if role not in directory_roles.ROLE_NAMES:
        raise bad_request(f"The role definition '{role}' does not exist.")
    if sent.get("directoryScopeId") != "/":
        raise bad_request("Only the directory scope '/' is simulated.")
    principals = {item.id for item in call.tenant.service_principals.values()}
    if principal not in principals and principal not in call.tenant.users:
        raise not_found(principal)
    return role, principal


def _schedule_info(call: Call, sent: JsonValue) -> Properties:
    info = dict(sent) if isinstance(sent, dict) else {}
    start = str(info.get("startDateTime") or call.world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
    expiration = info.get("expiration")
    expiration = dict(expiration) if isinstance(expiration, dict) else {"type": "noExpiration"}
    if expiration.get("type") not in _EXPIRATIONS:
        raise bad_request("The expiration type is invalid.")
    if expiration["type"] == "afterDuration":
        end = call.world.clock.now() + _duration(str(expiration.get("duration", "")))
        expiration["endDateTime"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"startDateTime": start, "expiration": expiration}


def _duration(written: str) -> timedelta:
    """ISO 8601 durations of one unit, as PIM uses them: PT8H, P30D, P1Y."""
    units = {"H": timedelta(hours=1), "M": timedelta(minutes=1), "D": timedelta(days=1), "Y": timedelta(days=365)}
    number = "".join(character for character in written if character.isdigit())
    if not number or written[-1:] not in units or not written.startswith("P"):
        raise bad_request(f"The duration '{written}' is invalid.")
    return int(number) * units[written[-1]]


def _filtered(call: Call, shown: list[Properties]) -> list[JsonValue]:
    if "filter" in call.options:
        filtered = parse(call.options["filter"])
        shown = [item for item in shown if filtered.matches(item.get)]
    return list(shown)


def _definition(template: str) -> Properties:
    return {
        "id": template,
        "templateId": template,
        "displayName": directory_roles.ROLE_NAMES[template],
        "isBuiltIn": True,
        "isEnabled": True,
    }


def _shown(item: RoleAssignment) -> Properties:
    return {
        "id": item.id,
        "principalId": item.principal_id,
        "roleDefinitionId": item.role_template_id,
        "directoryScopeId": "/",
    }


def _instance(item: RoleAssignment) -> Properties:
    info = item.schedule or {}
    expiration = info.get("expiration")
    return {
        **_shown(item),
        "assignmentType": "Assigned",
        "memberType": "Direct",
        "startDateTime": info.get("startDateTime"),
        "endDateTime": expiration.get("endDateTime") if isinstance(expiration, dict) else None,
    }


def _request(call: Call, sent: Properties, info: Properties, status: str, target: str) -> Properties:
    kept = ("action", "principalId", "roleDefinitionId", "directoryScopeId", "justification", "isValidationOnly")
    return {
        "id": new_guid(),
        "status": status,
        "createdDateTime": call.world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "targetScheduleId": target or None,
        "scheduleInfo": info,
        **{name: sent.get(name) for name in kept},
    }
