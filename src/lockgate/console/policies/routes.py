"""The list of policies with its switches, and one policy with its form and versions."""

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.policies.form import policy_from
from lockgate.console.rendering import go_to, page
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.policy import ActionKind, Condition, Policy, Rule
from lockgate.policy import actions
from lockgate.policy.conflicts import conflicts
from lockgate.policy.validation import problems
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.policies import PolicyStore

router = APIRouter(prefix="/policies")
VERDICTS = [one for one in Verdict if one is not Verdict.CLEAN]
BLANK = Rule("", Condition(), ())
# Actions with a text: its label, what an empty field hints at, the most characters, lines of the field.
ACTION_TEXTS = (
    (ActionKind.TAG_SUBJECT, "Subject prefix", "[External] ", 60, 1),
    (ActionKind.ADD_DISCLAIMER, "Disclaimer", "", 2000, 2),
    (ActionKind.ADD_BANNER, "Banner, above the reasons", actions.BANNER, 2000, 2),
    (ActionKind.REPLACE_ATTACHMENTS, "Text in place of an attachment", actions.REPLACEMENT, 2000, 2),
    (ActionKind.CHANGE_RECIPIENT, "Reviewers, who get it instead", "reviewer@contoso.com", 2000, 1),
    (ActionKind.REJECT, "Reason for the sender", "Programs are not accepted here", 200, 1),
)


@router.get("")
def show_all(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """Every policy in force, by organisation and direction, in the order in which they are looked at."""
    with parts.database.read() as unit:
        sets = PolicyStore(unit).all_current()
    known, order = names(parts, visitor.scope), list(Direction)
    mine = [key for key in sets if visitor.scope is None or key[0] in visitor.scope]
    ordered = [sets[key] for key in sorted(mine, key=lambda key: (known.get(key[0], key[0]), order.index(key[1])))]
    return page(request, visitor, "policies/page.html", {"sets": ordered, "names": known})


@router.get("/{policy_id}")
def show(
    request: Request, visitor: Viewer, parts: Parts, policy_id: str, version: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """One policy; with `version` as it was then."""
    return _page(request, visitor, parts, policy_id, version)


@router.post("/{policy_id}")
async def save(request: Request, visitor: Admin, parts: Parts, policy_id: str) -> Response:
    """Save the form as a new version."""
    form = await request.form(max_fields=5000)
    before = await asyncio.to_thread(_existing, parts, policy_id)
    try:
        changed = policy_from(form, before)
        wrong = problems(changed)
        if not wrong:
            await asyncio.to_thread(_save, parts, visitor, changed)
            return go_to(request, f"/policies/{policy_id}", f"'{changed.name}' is saved and in force within a second.")
    except InvalidInput as error:
        changed, wrong = before, (str(error),)
    return await asyncio.to_thread(_page, request, visitor, parts, policy_id, 0, changed, wrong)


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
        original = _required(PolicyStore(unit), policy_id)
        name = f"Copy of {original.name}"[:120]
        made = PolicyStore(unit).copy(policy_id, parts.new_id(), name, visitor.author)
    return go_to(request, f"/policies/{made.id}", "This is the copy. It is switched off until you switch it on.")


@router.post("/{policy_id}/move")
def move(
    request: Request, visitor: Admin, parts: Parts, policy_id: str, to: Annotated[int, Form(ge=1, le=10_000)]
) -> Response:
    """Give a policy another place in the order."""
    with parts.database.write() as unit:
        store = PolicyStore(unit)
        policy = _required(store, policy_id)
        tenant_id = _tenant_of(store, policy)
        ids = [one.id for one in store.current(tenant_id, policy.direction).policies if one.id != policy_id]
        ids.insert(to - 1, policy_id)
        store.reorder(tenant_id, policy.direction, ids, visitor.author)
    return go_to(request, "/policies", f"'{policy.name}' is number {min(to, len(ids))} now.")


@router.post("/{policy_id}/delete")
def delete(request: Request, visitor: Admin, parts: Parts, policy_id: str) -> Response:
    """Take a policy out of force; its versions stay for the trace."""
    with parts.database.write() as unit:
        policy = _required(PolicyStore(unit), policy_id)
        PolicyStore(unit).delete(policy_id, visitor.author)
    return go_to(request, "/policies", f"'{policy.name}' is deleted.")


def _page(
    request: Request,
    visitor: Visitor,
    parts: ConsoleParts,
    policy_id: str,
    version: int,
    edited: Policy | None = None,
    wrong: tuple[str, ...] = (),
) -> Response:
    with parts.database.read() as unit:
        store = PolicyStore(unit)
        versions = store.history(policy_id)
        present = store.get(policy_id)
        groups = DirectoryStore(unit, _tenant_of(store, present)).groups() if present else []
    chosen = next((one.policy for one in versions if one.policy.version == version), None) if version else present
    if not versions or (version and chosen is None):
        raise InvalidInput("There is no such policy, or not in this version.")
    policy = edited or chosen or versions[0].policy
    editable = visitor.is_admin and present is not None and policy.version == present.version
    values = {
        "policy": policy, "versions": versions, "present": present, "problems": wrong, "verdicts": VERDICTS,
        "action_texts": ACTION_TEXTS, "conflicts": conflicts(policy),
        "kinds": [kind for kind in ActionKind if kind in actions.ALLOWED[policy.direction]],
        "groups": {group.id: group.display_name for group in groups}, "editable": editable,
        "rules": [*policy.rules, BLANK] if editable else policy.rules,
    }  # fmt: skip
    return page(request, visitor, "policies/policy.html", values, status=400 if wrong else 200)


def _save(parts: ConsoleParts, visitor: Visitor, policy: Policy) -> None:
    with parts.database.write() as unit:
        PolicyStore(unit).save(replace(policy), visitor.author)


def _existing(parts: ConsoleParts, policy_id: str) -> Policy:
    with parts.database.read() as unit:
        return _required(PolicyStore(unit), policy_id)


def _required(store: PolicyStore, policy_id: str) -> Policy:
    policy = store.get(policy_id)
    if policy is None:
        raise InvalidInput("There is no such policy any more.")
    return policy


def _tenant_of(store: PolicyStore, policy: Policy) -> str:
    sets = store.all_current().values()
    return next((one.tenant_id for one in sets if any(known.id == policy.id for known in one.policies)), "")
