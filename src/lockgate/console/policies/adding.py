"""A new policy: the form with what is sensible for its direction, and the policy that comes of it, switched off."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Admin, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.policies.fields import form_values
from lockgate.console.policies.form import policy_from
from lockgate.console.rendering import go_to, page
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.policy import Policy
from lockgate.policy.starting import starting_policy
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.policy_changes import add

router = APIRouter(prefix="/policies")


@router.get("/new/{account_id}/{direction}")
def begin(request: Request, visitor: Admin, parts: Parts, account_id: str, direction: Direction) -> Response:
    """The form of a policy that there is not yet."""
    return _page(request, visitor, parts, account_id, starting_policy("", direction), ())


@router.post("/new/{account_id}/{direction}")
async def add_policy(request: Request, visitor: Admin, parts: Parts, account_id: str, direction: Direction) -> Response:
    """Add it, the first in the order and switched off."""
    form = await request.form(max_fields=5000)
    made = starting_policy(parts.new_id(), direction)
    try:
        made = policy_from(form, made)
        tenant_id = await asyncio.to_thread(_tenant_id, parts, account_id)
        await asyncio.to_thread(add, parts.database, tenant_id, made, visitor.author)
    except InvalidInput as error:
        wrong = tuple(str(error).splitlines())
        return await asyncio.to_thread(_page, request, visitor, parts, account_id, made, wrong)
    told = f"'{made.name}' is added, the first in the order. It is switched off until you switch it on."
    return go_to(request, f"/policies/{made.id}", told)


def _page(
    request: Request, visitor: Visitor, parts: ConsoleParts, account_id: str, policy: Policy, wrong: tuple[str, ...]
) -> Response:
    with parts.database.read() as unit:
        account = ServiceAccounts(unit, parts.vault).get(account_id)
        groups = DirectoryStore(unit, account.tenant_id).groups()
    values = {
        **form_values(parts, policy, groups, editable=True), "account": account, "problems": wrong, "is_new": True,
        "conflicts": (), "changes": (), "versions": (), "present": None, "draft": None, "is_draft": False,
    }  # fmt: skip
    return page(request, visitor, "policies/policy.html", values, status=400 if wrong else 200)


def _tenant_id(parts: ConsoleParts, account_id: str) -> str:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id).tenant_id
