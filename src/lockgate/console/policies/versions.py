"""Two versions of a policy side by side, and the way back to one of them."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Admin, Viewer
from lockgate.console.parts import Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.errors import InvalidInput
from lockgate.policy.differences import differences
from lockgate.storage.policies import PolicyStore

router = APIRouter(prefix="/policies")
Number = Annotated[int, Query(ge=0, le=2_000_000_000)]


@router.get("/{policy_id}/compare")
def compare(
    request: Request, visitor: Viewer, parts: Parts, policy_id: str, before: Number = 0, after: Number = 0
) -> Response:
    """What differs between two versions; without numbers, between the newest and the one before it."""
    with parts.database.read() as unit:
        store = PolicyStore(unit)
        versions, present = store.history(policy_id), store.get(policy_id)
    if not versions:
        raise InvalidInput("There is no such policy.")
    numbered = {one.policy.version: one for one in versions}
    newest = versions[0].policy.version
    after = after or newest
    before = before or max(after - 1, 1)
    if before not in numbered or after not in numbered:
        raise InvalidInput("There is no such version of this policy.")
    old, new = numbered[before], numbered[after]
    values = {
        "policy": new.policy, "versions": versions, "old": old, "new": new, "present": present,
        "differences": differences(old.policy, new.policy),
    }  # fmt: skip
    return page(request, visitor, "policies/compare.html", values)


@router.post("/{policy_id}/roll-back")
def roll_back(
    request: Request, visitor: Admin, parts: Parts, policy_id: str, version: Annotated[int, Form(ge=1)]
) -> Response:
    """A new version that says what an old one said."""
    with parts.database.write() as unit:
        policy = PolicyStore(unit).roll_back(policy_id, version, visitor.author)
    return go_to(request, f"/policies/{policy_id}", f"Version {policy.version} says what version {version} said.")
