"""One policy: its form as it is in force, as it was, or as a draft; saving it, or keeping it as a draft."""

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.policies.fields import form_values
from lockgate.console.policies.form import policy_from
from lockgate.console.rendering import go_to, page
from lockgate.model.errors import InvalidInput
from lockgate.model.policy import Policy
from lockgate.policy.differences import differences
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.policies import PolicyStore
from lockgate.storage.policy_drafts import PolicyDrafts
from lockgate.tuning.policy_changes import existing, keep_draft, remarks
from lockgate.tuning.policy_changes import save as save_policy

router = APIRouter(prefix="/policies")


@dataclass(frozen=True, slots=True)
class _Shown:
    """Which text of a policy the page shows: a version (0: the one in force), the draft, or what was just typed."""

    version: int = 0
    draft: bool = False
    edited: Policy | None = None
    wrong: tuple[str, ...] = ()


@router.get("/{policy_id}")
def show(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    policy_id: str,
    version: Annotated[int, Query(ge=0)] = 0,
    draft: Annotated[bool, Query()] = False,
) -> Response:
    """One policy; with `version` as it was then, with `draft` as somebody has thought of it."""
    return _page(request, visitor, parts, policy_id, _Shown(version, draft))


@router.post("/{policy_id}")
async def save(request: Request, visitor: Admin, parts: Parts, policy_id: str) -> Response:
    """Save the form as a new version, or keep it as a draft."""
    form = await request.form(max_fields=5000)
    as_draft = form.get("as") == "draft"
    before = await asyncio.to_thread(_existing, parts, policy_id)
    changed = before
    try:
        changed = policy_from(form, before)
        if as_draft:
            await asyncio.to_thread(keep_draft, parts.database, changed, visitor.author)
            return go_to(
                request, f"/policies/{policy_id}?draft=true", "The draft is kept; nothing has changed for mail."
            )
        await asyncio.to_thread(save_policy, parts.database, changed, visitor.author)
    except InvalidInput as error:
        shown = _Shown(draft=as_draft, edited=changed, wrong=tuple(str(error).splitlines()))
        return await asyncio.to_thread(_page, request, visitor, parts, policy_id, shown)
    return go_to(request, f"/policies/{policy_id}", f"'{changed.name}' is saved and in force within a second.")


@router.post("/{policy_id}/discard-draft")
def discard_draft(request: Request, visitor: Admin, parts: Parts, policy_id: str) -> Response:
    """Forget the draft."""
    with parts.database.write() as unit:
        PolicyDrafts(unit).discard(policy_id, visitor.author)
    return go_to(request, f"/policies/{policy_id}", "The draft is discarded.")


def _page(request: Request, visitor: Visitor, parts: ConsoleParts, policy_id: str, shown: _Shown) -> Response:
    with parts.database.read() as unit:
        store = PolicyStore(unit)
        versions, present, draft = store.history(policy_id), store.get(policy_id), PolicyDrafts(unit).get(policy_id)
        if not versions or (shown.draft and not shown.edited and draft is None):
            raise InvalidInput("There is no such policy, or it has no draft.")
        old = store.version(policy_id, shown.version).policy if shown.version else None
        groups = DirectoryStore(unit, store.tenant_of(policy_id)).groups() if present else []
        drafted = draft.policy if draft and shown.draft else None
        policy = shown.edited or old or _upon(drafted, present) or present or versions[0].policy
        worth_knowing = remarks(unit, policy)
    editable = visitor.is_admin and present is not None and policy.version == present.version
    values = {
        **form_values(parts, policy, groups, editable=editable), "versions": versions, "present": present,
        "problems": shown.wrong, "conflicts": worth_knowing, "draft": draft, "is_draft": shown.draft, "is_new": False,
        "changes": differences(present, policy) if shown.draft and present else (),
    }  # fmt: skip
    return page(request, visitor, "policies/policy.html", values, status=400 if shown.wrong else 200)


def _upon(draft: Policy | None, present: Policy | None) -> Policy | None:
    """The draft as it would be saved now: upon the version in force, in its place, switched on or off as that is."""
    if draft is None or present is None:
        return draft
    return replace(draft, version=present.version, priority=present.priority, enabled=present.enabled)


def _existing(parts: ConsoleParts, policy_id: str) -> Policy:
    with parts.database.read() as unit:
        return existing(unit, policy_id)
