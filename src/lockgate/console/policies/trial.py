"""The page that tries policies on a message: those in force, one of them, a draft, or what stands in a form unsaved."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from lockgate.console import searches
from lockgate.console.guard.refusals import NotThere
from lockgate.console.guard.visitors import Viewer, Visitor
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.policies.form import policy_from
from lockgate.console.policies.trying import Asked, try_message
from lockgate.console.rendering import page
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput, PermanentError
from lockgate.model.policy import PolicySet
from lockgate.storage.policies import PolicyStore
from lockgate.storage.policy_drafts import PolicyDrafts
from lockgate.tuning.policy_changes import checked, existing, required_draft
from lockgate.tuning.policy_trial import Trial, alone

router = APIRouter(prefix="/policies")
Text = Annotated[str, Query(max_length=1000)]
IN_FORCE, DRAFT, ONE = "in-force", "draft", "policy"


@router.get("/try")
async def form(request: Request, visitor: Viewer, parts: Parts, against: Text = "", message_id: Text = "") -> Response:
    """The form; with the id of a message also what the policies would do with it."""
    fields = {"against": against, "message_id": message_id}
    if not (against and message_id):
        return await asyncio.to_thread(_page, request, visitor, parts, fields)
    return await _answer(request, visitor, parts, fields, Asked(message_id=message_id))


@router.post("/try")
async def try_on(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """What the chosen policies would do with an uploaded message, or one of the trace."""
    sent = await request.form()
    fields = {name: _text(sent, name) for name in ("against", "message_id", "again", "mail_from", "recipients")}
    return await _answer(request, visitor, parts, fields, await _asked(sent))


@router.post("/{policy_id}/try")
async def try_unsaved(request: Request, visitor: Viewer, parts: Parts, policy_id: str) -> Response:
    """The same with the policy as it stands in its form, unsaved."""
    sent = await request.form()
    fields = {"against": "", "message_id": _text(sent, "message_id")}

    def unsaved() -> PolicySet:
        with parts.database.read() as unit:
            before, tenant_id = existing(unit, policy_id), PolicyStore(unit).tenant_of(policy_id)
        return alone(tenant_id, checked(policy_from(sent, before)))

    try:
        policies = await asyncio.to_thread(unsaved)
        trial = await try_message(parts, visitor.scope, visitor.author, policies, await _asked(sent))
    except PermanentError as error:
        return await asyncio.to_thread(_page, request, visitor, parts, fields, wrong=str(error))
    told = f"'{policies.policies[0].name}' as it stands in the form, unsaved"
    return await asyncio.to_thread(_page, request, visitor, parts, fields, trial=trial, told=told)


async def _answer(
    request: Request, visitor: Visitor, parts: ConsoleParts, fields: Mapping[str, str], asked: Asked
) -> Response:
    try:
        policies, told = await asyncio.to_thread(_chosen, parts, visitor, fields["against"])
        trial = await try_message(parts, visitor.scope, visitor.author, policies, asked)
    except PermanentError as error:
        return await asyncio.to_thread(_page, request, visitor, parts, fields, wrong=str(error))
    return await asyncio.to_thread(_page, request, visitor, parts, fields, trial=trial, told=told)


def _chosen(parts: ConsoleParts, visitor: Visitor, against: str) -> tuple[PolicySet, str]:
    """The policies that the field names, and how the page calls them. Raises InvalidInput, NotThere."""
    kind, _, named = against.partition(":")
    with parts.database.read() as unit:
        store = PolicyStore(unit)
        if kind == IN_FORCE:
            tenant_id, _, direction = named.rpartition(":")
            if not visitor.sees(tenant_id):
                raise NotThere("organisation")
            way = searches.chosen(Direction, direction) or Direction.INBOUND
            return store.current(tenant_id, way), "the policies in force"
        if kind not in (ONE, DRAFT):
            raise InvalidInput("Choose the policies to try.")
        present = existing(unit, named)
        if not visitor.sees(store.tenant_of(named)):
            raise NotThere("policy")
        policy = required_draft(unit, named) if kind == DRAFT else present
        return alone(store.tenant_of(named), policy), f"'{policy.name}'{', the draft' if kind == DRAFT else ''}"


async def _asked(sent: FormData) -> Asked:
    upload = sent.get("message")
    content = await upload.read() if isinstance(upload, UploadFile) else b""
    recipients = _text(sent, "recipients").replace(",", "\n").split()
    again, mail_from = bool(_text(sent, "again")), _text(sent, "mail_from")
    return Asked(content, _text(sent, "message_id"), again, mail_from, tuple(recipients))


def _text(sent: FormData, name: str) -> str:
    value = sent.get(name, "")
    return value.strip()[:2000] if isinstance(value, str) else ""


def _page(
    request: Request, visitor: Visitor, parts: ConsoleParts, fields: Mapping[str, str], *, trial: Trial | None = None,
    told: str = "", wrong: str = "",
) -> Response:  # fmt: skip
    blank = dict.fromkeys(("against", "message_id", "again", "mail_from", "recipients"), "")
    values = {
        "choices": _choices(parts, visitor), "fields": {**blank, **fields}, "trial": trial, "told": told,
        "problems": tuple(wrong.splitlines()), "has_link_service": parts.has_link_service,
    }  # fmt: skip
    return page(request, visitor, "policies/trial.html", values, status=400 if wrong else 200)


def _choices(parts: ConsoleParts, visitor: Visitor) -> dict[str, list[tuple[str, str]]]:
    """By organisation and direction: what can be tried, as value and words."""
    with parts.database.read() as unit:
        sets, drafts = PolicyStore(unit).all_current(), PolicyDrafts(unit).waiting()
    known, found = names(parts, visitor.scope), {}
    for (tenant_id, direction), policies in sorted(sets.items()):
        if not visitor.sees(tenant_id):
            continue
        choices = [(f"{IN_FORCE}:{tenant_id}:{direction.value}", "The policies in force")]
        for policy in policies.policies:
            choices.append((f"{ONE}:{policy.id}", f"{policy.name}, alone"))
            if policy.id in drafts:
                choices.append((f"{DRAFT}:{policy.id}", f"{policy.name}, the draft, alone"))
        found[f"{known.get(tenant_id) or tenant_id}: {direction.value}"] = choices
    return found
