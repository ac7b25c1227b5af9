"""The list of policies: their order, switches, copies and new ones."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Admin, Viewer
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.envelope import Direction
from lockgate.model.policy import PolicySet
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.policy.conflicts import never_reached
from lockgate.policy.validation import NAME_LIMIT
from lockgate.storage.policies import PolicyStore
from lockgate.storage.policy_drafts import PolicyDrafts
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.policy_changes import existing, moved

router = APIRouter(prefix="/policies")


@router.get("")
def show_all(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """Every policy in force, by organisation and direction, in the order in which they are looked at."""
    with parts.database.read() as unit:
        sets, drafts = PolicyStore(unit).all_current(), PolicyDrafts(unit).waiting()
    known, order = names(parts, visitor.scope), list(Direction)
    accounts = _accounts(parts)
    for tenant_id, account in accounts.items():
        for direction in account.directions:
            sets.setdefault((tenant_id, direction), PolicySet(tenant_id, direction, ()))
    mine = [key for key in sets if visitor.scope is None or key[0] in visitor.scope]
    ordered = [sets[key] for key in sorted(mine, key=lambda key: (known.get(key[0], key[0]), order.index(key[1])))]
    values = {
        "sets": ordered, "names": known, "drafts": drafts, "unreached": _unreached(ordered), "accounts": accounts,
    }  # fmt: skip
    return page(request, visitor, "policies/page.html", values)


@router.post("/{policy_id}/enabled")
def set_enabled(
    request: Request, visitor: Admin, parts: Parts, policy_id: str, enabled: Annotated[bool, Form()]
) -> Response:
    """Switch a policy on or off."""
    with parts.database.write() as unit:
        policy = PolicyStore(unit).set_enabled(policy_id, enabled, visitor.author)
    return go_to(request, "/policies", f"'{policy.name}' is switched {'on' if enabled else 'off'}.")


@router.post("/{policy_id}/copy")
def copy(request: Request, visitor: Admin, parts: Parts, policy_id: str) -> Response:
    """A copy to edit, switched off."""
    with parts.database.write() as unit:
        original = existing(unit, policy_id)
        name = f"Copy of {original.name}"[:NAME_LIMIT]
        made = PolicyStore(unit).copy(policy_id, parts.new_id(), name, visitor.author)
    return go_to(request, f"/policies/{made.id}", "This is the copy. It is switched off until you switch it on.")


@router.post("/{policy_id}/move")
def move(
    request: Request, visitor: Admin, parts: Parts, policy_id: str, to: Annotated[int, Form(ge=1, le=10_000)]
) -> Response:
    """Give a policy another place in the order."""
    policy = moved(parts.database, policy_id, to, visitor.author)
    notice = f"'{policy.name}' is number {policy.priority} now."
    return go_to(request, f"/policies#place-{policy_id}", notice)


@router.post("/{policy_id}/delete")
def delete(request: Request, visitor: Admin, parts: Parts, policy_id: str) -> Response:
    """Take a policy out of force; its versions stay for the trace."""
    with parts.database.write() as unit:
        policy = existing(unit, policy_id)
        PolicyStore(unit).delete(policy_id, visitor.author)
    return go_to(request, "/policies", f"'{policy.name}' is deleted.")


def _accounts(parts: ConsoleParts) -> dict[str, ServiceAccount]:
    """By tenant id: the grant through which its policies are made."""
    with parts.database.read() as unit:
        found = ServiceAccounts(unit, parts.vault).all()
    return {one.tenant_id: one for one in found if one.tenant_id and one.status is not AccountStatus.REVOKED}


def _unreached(sets: list[PolicySet]) -> dict[str, str]:
    """By policy id: why it has nothing to do."""
    told = ((policy.id, never_reached(policy, one)) for one in sets for policy in one.policies)
    return {policy_id: sentences[0] for policy_id, sentences in told if sentences}
