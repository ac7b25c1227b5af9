"""The overview of all organisations with its filter, the switcher, and what one organisation wants kept."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from lockgate.console.end_users.rights import REASONS
from lockgate.console.guard import cookies
from lockgate.console.guard.visitors import Admin, Viewer, require
from lockgate.console.organisations.retention import LONGEST, by_reason, keep_for, let_go
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import asked_by_htmx, fragment, go_to, page
from lockgate.console.sign_in.routes import local
from lockgate.model.access import EVERYWHERE, Role
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tenant import OwnRetention
from lockgate.reporting.organisations import OrganisationRow, Urgency, overview
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.users import Users

router = APIRouter(prefix="/organisations")
COLOURS = {Urgency.NOW: "red", Urgency.SOON: "yellow", Urgency.SOMETIME: "azure", Urgency.NOTHING: "green"}
WORDS = {
    Urgency.NOW: "Look now",
    Urgency.SOON: "Look soon",
    Urgency.SOMETIME: "Not finished",
    Urgency.NOTHING: "All is well",
}
Days = Annotated[int | None, Form(ge=1, le=LONGEST)]


@router.get("")
def show_all(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    words: Annotated[str, Query(max_length=200)] = "",
    attention: bool = False,
) -> Response:
    """One row per organisation, those that need attention first."""
    with parts.database.read() as unit:
        rows = overview(unit, parts.vault, visitor.access.scope(), parts.clock())
    shown = [row for row in rows if _fits(row, words) and not (attention and row.urgency is Urgency.NOTHING)]
    values: dict[str, object] = {
        "rows": shown, "known": len(rows), "words": words, "attention": attention, "colours": COLOURS,
        "urgencies": WORDS, "wanting": sum(row.urgency is not Urgency.NOTHING for row in rows),
    }  # fmt: skip
    if asked_by_htmx(request):
        return fragment(request, visitor, "organisations/rows.html", values)
    return page(request, visitor, "organisations/page.html", values)


@router.post("/choose")
def choose(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    organisation: Annotated[str, Form(max_length=64)] = "",
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Look at one organisation from now on, or at all again. A page about one record leads to the dashboard."""
    if organisation:
        require(visitor.access, Role.VIEWER, organisation, "organisation")
    stays = back.count("/") == 1 and back != "/organisations"
    response = go_to(request, local(back) if stays else "/")
    if organisation:
        cookies.write(parts, response, cookies.ORGANISATION, organisation)
    else:
        cookies.forget(parts, response, cookies.ORGANISATION)
    return response


@router.get("/{account_id}")
def show(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """Who may do what in one organisation, and how long its mail is kept."""
    account = _account(parts, account_id)
    people = _people(parts, account.tenant_id) if visitor.is_admin else []
    usual = {one.name: one.value for one in parts.settings}
    values = {
        "account": account, "people": people, "everywhere": EVERYWHERE, "usual": usual, "reasons": REASONS,
    }  # fmt: skip
    return page(request, visitor, "organisations/organisation.html", values)


@router.post("/{account_id}/retention")
async def keep(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    quarantine: Days = None,
    traces: Days = None,
    detections: Days = None,
    data_loss: Days = None,
    clicks: Days = None,
    held_too: Annotated[bool, Form()] = False,
) -> Response:
    """How many days this organisation's mail is kept, also by reason; empty means as the settings say."""
    own = OwnRetention(quarantine, traces, detections, data_loss, clicks, by_reason(await request.form()))
    dated = await asyncio.to_thread(keep_for, parts, account_id, own, visitor.author, held_too=held_too)
    told = f"{dated} held messages have a new end." if held_too else "It counts for what is held from now on."
    return go_to(request, f"/organisations/{account_id}", f"Saved. {told}")


@router.post("/{account_id}/letting-go")
async def letting_go(
    request: Request, visitor: Admin, parts: Parts, account_id: str, lets_go: Annotated[bool, Form()] = False
) -> Response:
    """Whether held mail that later verdicts call clean is released by itself."""
    await asyncio.to_thread(let_go, parts, account_id, visitor.author, on=lets_go)
    told = "Saved. " + ("Such mail is let go from now on." if lets_go else "Held mail waits for a person.")
    return go_to(request, f"/organisations/{account_id}", told)


def _account(parts: ConsoleParts, account_id: str) -> ServiceAccount:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id)


def _people(parts: ConsoleParts, tenant_id: str) -> list[tuple[str, str, str]]:
    """Name, role and where it comes from, of everybody who may sign in and has a role there."""
    with parts.database.read() as unit:
        known = [one for one in Users(unit).all() if one.enabled]
    return [
        (one.name, role.value, place)
        for one in known
        for place, role in sorted(one.access.roles.items())
        if place in (tenant_id, EVERYWHERE)
    ]


def _fits(row: OrganisationRow, words: str) -> bool:
    account = row.account
    names = " ".join([account.tenant_name, account.tenant_id, *(domain.name for domain in account.domains)]).casefold()
    return all(word in names for word in words.casefold().split())
