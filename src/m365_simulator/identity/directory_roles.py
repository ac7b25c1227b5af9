"""Directory roles: their template ids and who holds them.

A role assignment record is the truth for everybody; `User.roles` is only how seeds and tests name a user's roles.
Template ids are Microsoft's (Entra built-in roles reference).
"""

from datetime import UTC, datetime

from m365_simulator.activity.audit import directory_event
from m365_simulator.world import Properties, RoleAssignment, Tenant, World

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"

ROLE_NAMES: dict[str, str] = {
    APPLICATION_ADMINISTRATOR: "Application administrator",
    CLOUD_APPLICATION_ADMINISTRATOR: "Cloud application administrator",
    "17315797-102d-40b4-93e0-432062caca18": "Compliance administrator",
    EXCHANGE_ADMINISTRATOR: "Exchange administrator",
    "31392ffb-586c-42d1-9346-e59415a2cc4e": "Exchange recipient administrator",
    GLOBAL_ADMINISTRATOR: "Global administrator",
    GLOBAL_READER: "Global reader",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8": "Helpdesk administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged role administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security administrator",
    "5d6b6bb7-de71-4623-b4af-96380a352509": "Security reader",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User administrator",
}


def roles_of(tenant: Tenant, principal_id: str) -> frozenset[str]:
    """The template ids of every role that a user or service principal holds now."""
    assigned = {item.role_template_id for item in tenant.role_assignments.values() if item.principal_id == principal_id}
    user = tenant.users.get(principal_id)
    return frozenset(assigned | (user.roles if user is not None else set()))


def assignment_of(tenant: Tenant, role_template_id: str, principal_id: str) -> RoleAssignment | None:
    """The record that gives this role to this principal."""
    for item in tenant.role_assignments.values():
        if item.role_template_id == role_template_id and item.principal_id == principal_id:
            return item
    return None


def remove_assignment(tenant: Tenant, assignment_id: str) -> RoleAssignment | None:
    """Take the role away; answers the record that was removed."""
    removed = tenant.role_assignments.pop(assignment_id, None)
    if removed is not None and (user := tenant.users.get(removed.principal_id)) is not None:
        user.roles.discard(removed.role_template_id)
    return removed


def assign_role(
    world: World,
    tenant: Tenant,
    role_template_id: str,
    principal_id: str,
    *,
    actor: str,
    justification: str = "",
    schedule: Properties | None = None,
) -> RoleAssignment | None:
    """Give a role; None when the principal has it already.

    The switch `role_propagation_tokens` keeps the role out of that many tokens, as slow replication does.
    """
    if assignment_of(tenant, role_template_id, principal_id) is not None:
        return None
    record = RoleAssignment(role_template_id, principal_id, justification, schedule)
    delay = world.switches.get("role_propagation_tokens", 0)
    record.tokens_without = delay if isinstance(delay, int) else 0
    tenant.role_assignments[record.id] = record
    names: Properties = {"Role.DisplayName": ROLE_NAMES.get(role_template_id, role_template_id)}
    directory_event(world, tenant, "Add member to role.", actor, principal_id, names)
    return record


def drop_lapsed(world: World, tenant: Tenant) -> None:
    """Take away the roles whose schedule has ended (`expiration.endDateTime` of a PIM assignment)."""
    now = world.clock.now()
    for record in list(tenant.role_assignments.values()):
        expiration = (record.schedule or {}).get("expiration")
        end = expiration.get("endDateTime") if isinstance(expiration, dict) else None
        if isinstance(end, str) and _moment(end) <= now:
            remove_assignment(tenant, record.id)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
