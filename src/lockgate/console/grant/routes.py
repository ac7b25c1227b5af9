"""The grant wizard. Every step works as a plain page; the role and the sync are looked at again by themselves.

Rule: nothing here believes a browser about a consent; `GrantService` proves it, bound to this session.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from lockgate.console.dashboard.status import GRANT
from lockgate.console.grant.steps import StepState, grant_steps
from lockgate.console.guard.visitors import Admin, Provider, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import fragment, go_to, in_place_of_all, page
from lockgate.microsoft365.consent import ContinueAt, Declined, Granted
from lockgate.microsoft365.permissions import PURPOSES
from lockgate.microsoft365.tasks import Task
from lockgate.microsoft365.verification import CHECKLIST
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.service_account import ConsentStep

router = APIRouter(prefix=GRANT)
NAME = "The connection to Microsoft 365"


@router.get("")
def begin(request: Request, visitor: Provider, parts: Parts) -> Response:
    """What to check before, which directions to protect, and which policy to switch on."""
    needed(parts.grants, NAME)
    return page(request, visitor, "grant/begin.html", {"checklist": CHECKLIST, "directions": list(Direction)})


@router.post("")
def start(
    request: Request,
    visitor: Provider,
    parts: Parts,
    directions: Annotated[list[Direction] | None, Form()] = None,
    policy: Annotated[str, Form(pattern="^(active|monitor)$")] = "active",
) -> Response:
    """Begin the grant; its first step is on the next page."""
    grants = needed(parts.grants, NAME)
    account_id = grants.start(visitor.author, directions or (), monitor_only=policy == "monitor")
    return go_to(request, f"{GRANT}/{account_id}")


@router.get("/callback")
async def callback(request: Request, visitor: Admin, parts: Parts) -> Response:
    """Where Microsoft sends the browser back to."""
    grants = needed(parts.grants, NAME)
    query = dict(request.query_params)
    answer = await asyncio.to_thread(grants.consent_answer, visitor.session_token, query)
    match answer:
        case ContinueAt(url):
            return RedirectResponse(url, status_code=303)
        case Granted(account_id, step):
            return go_to(request, _page_of(account_id, step), "Microsoft has granted the permission.")
        case Declined(account_id, sentence):
            return go_to(request, f"{GRANT}/{account_id}" if account_id else GRANT, sentence, good=False)


@router.get("/{account_id}")
async def show(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """The steps of one grant, as far as they have come."""
    return await asyncio.to_thread(page, request, visitor, "grant/steps.html", await _steps(parts, visitor, account_id))


@router.get("/{account_id}/steps")
async def steps(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """The steps alone, for refreshing; once they have come to an end the page has more to say."""
    values = await _steps(parts, visitor, account_id)
    if values["waiting"]:
        return fragment(request, visitor, "grant/steps_list.html", values)
    return in_place_of_all(await asyncio.to_thread(page, request, visitor, "grant/steps.html", values))


@router.post("/{account_id}/consent/{step}")
def consent(visitor: Admin, parts: Parts, account_id: str, step: ConsentStep) -> Response:
    """Send the browser to Microsoft's consent page."""
    url = needed(parts.grants, NAME).consent_request(account_id, step, visitor.session_token)
    return RedirectResponse(url, status_code=303)


async def _steps(parts: ConsoleParts, visitor: Visitor, account_id: str) -> dict[str, object]:
    grants = needed(parts.grants, NAME)
    account = await asyncio.to_thread(grants.account, account_id)
    role = None
    if account.granted(ConsentStep.MAIL_FLOW) and account.role_seen_at is None:
        role = await grants.role_status(account_id)
        account = await asyncio.to_thread(grants.account, account_id)
    registration = grants.identity.registration(ConsentStep.MAIL_FLOW)
    progress = await asyncio.to_thread(grants.progress, account_id, Task.PROVISION)
    steps = grant_steps(account, progress)
    return {
        "account": account, "role": role, "app_id": registration.client_id, "progress": progress, "grant": GRANT,
        "portal": grants.identity.cloud.portal, "purposes": PURPOSES, "consent": ConsentStep, "steps": steps,
        "may_change": visitor.is_admin, "may_verify": account.last_sync is None,
        "waiting": StepState.WAITING in (steps.role, steps.sync),
    }  # fmt: skip


def _page_of(account_id: str, step: ConsentStep) -> str:
    if not account_id:
        raise InvalidInput("This grant is not known any more.")
    return f"/service-accounts/{account_id}" if step is ConsentStep.ACTIVITY else f"{GRANT}/{account_id}"
