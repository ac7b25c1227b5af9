"""Who may call which cmdlet: the token's permission, the directory role in the token, and Exchange's own RBAC.

An application needs both the consented `Exchange.ManageAsApp` and a role (microsoft-365.md §1.10). What is
answered without the role is switch `exchange_missing_role`: `unsupported` (401 with a text; default) or `empty-403`.
"""

from dataclasses import dataclass
from http import HTTPStatus

from m365_simulator.exchange_admin.cmdlet_table import Cmdlet, cmdlets
from m365_simulator.exchange_admin.failures import plain_body
from m365_simulator.exchange_admin.invocation import Caller
from m365_simulator.exchange_admin.object_store import shelf
from m365_simulator.exchange_admin.organisation import text, texts
from m365_simulator.exchange_admin.role_catalogue import DIRECTORY_ROLES, MEMBERSHIP_ROLE, roles_of_group
from m365_simulator.identity.permissions import EXCHANGE, RESOURCES
from m365_simulator.identity.tokens import InvalidToken, TokenClaims, verify_bearer
from m365_simulator.world import Properties, Tenant, World

AUDIENCES = RESOURCES[EXCHANGE].audiences


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that does not reach a cmdlet. `body` is None where the service answers with nothing at all."""

    status: int
    body: Properties | None


def admit(world: World, authorization: str | None, tenant_name: str) -> tuple[Tenant, Caller] | Refusal:
    """Checks the token against the tenant in the URL and works out the caller's management roles."""
    try:
        claims = verify_bearer(world, authorization, AUDIENCES)
    except InvalidToken as problem:
        return Refusal(HTTPStatus.UNAUTHORIZED, plain_body("InvalidAuthenticationToken", problem.message))
    tenant = world.tenant_by_name(tenant_name)
    if tenant is None:
        return Refusal(HTTPStatus.NOT_FOUND, plain_body("NotFound", f"The tenant '{tenant_name}' couldn't be found."))
    if tenant.id != claims.tenant_id:
        return Refusal(HTTPStatus.FORBIDDEN, None)
    allowed = "Exchange.Manage" in claims.scopes if claims.upn else "Exchange.ManageAsApp" in claims.roles
    if not allowed:
        return Refusal(HTTPStatus.UNAUTHORIZED, None)
    roles = management_roles(tenant, claims)
    if not roles:
        return _without_role(world, claims)
    return tenant, Caller(claims.app_id, claims.object_id, claims.upn, roles)


def _without_role(world: World, claims: TokenClaims) -> Refusal:
    if world.switches.get("exchange_missing_role", "unsupported") == "empty-403":
        return Refusal(HTTPStatus.FORBIDDEN, None)
    words = (
        f"The role assigned to application {claims.app_id} isn't supported in this scenario. Please check online "
        "documentation for assigning correct Directory Roles to Azure AD Application for EXO App-Only Authentication."
    )
    return Refusal(HTTPStatus.UNAUTHORIZED, plain_body("Unauthorized", words))


def management_roles(tenant: Tenant, claims: TokenClaims) -> frozenset[str]:
    """From the directory roles that the token carries, role groups and direct assignments in Exchange."""
    roles = frozenset[str]().union(*(DIRECTORY_ROLES.get(wid, frozenset()) for wid in claims.wids))
    for group in shelf(tenant, "RoleGroupMember").values():
        if claims.object_id in texts(group, "Members"):
            roles |= roles_of_group(tenant, text(group, "Name"))
    assignments = shelf(tenant, "ManagementRoleAssignment").values()
    return roles | {text(item, "Role") for item in assignments if item.get("App") == claims.object_id}


def may_run(caller: Caller, cmdlet: Cmdlet) -> bool:
    """Whether one of the caller's roles contains the cmdlet."""
    return bool(caller.management_roles & cmdlet.roles)


def hidden_parameters(caller: Caller) -> frozenset[str]:
    """Parameters (lower case) that do not exist for this caller, as RBAC takes them out of the cmdlet."""
    return frozenset() if MEMBERSHIP_ROLE in caller.management_roles else frozenset({"bypasssecuritygroupmanagercheck"})


def exported(caller: Caller) -> list[Cmdlet]:
    """Every cmdlet the caller may run: what the module file lists."""
    return [cmdlet for cmdlet in cmdlets().values() if may_run(caller, cmdlet)]
