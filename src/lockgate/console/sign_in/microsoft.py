"""Signing in to the console with Microsoft, and linking one's account with a Microsoft account.

Rule: Microsoft proves who somebody is, by tenant and object id of a verified token; whether they have an account here,
and what they may do, is Lockgate's. A link is made only for the account whose session began it, in the same browser.
"""

import asyncio
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from lockgate.console.guard import cookies, under_way
from lockgate.console.guard.visitors import Anyone, Member, Stranger
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import go_to
from lockgate.console.sign_in.routes import local, open_session, way_in
from lockgate.end_users.ports import Proven
from lockgate.model.errors import InvalidInput, LockgateError
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.microsoft_links import MicrosoftLinks
from lockgate.storage.sessions import NewSession, Session, Sessions
from lockgate.storage.users import MicrosoftAccount

log = structlog.get_logger()
router = APIRouter()
PART = "The sign-in with Microsoft"
FAILED = "The sign-in with Microsoft did not succeed, or took too long. Begin again."
UNKNOWN = (
    "This Microsoft account opens nothing here. Sign in with name and password and link it under your name in the "
    "menu, or ask an administrator to link it."
)
ELSEWHERE = "Your session here has ended meanwhile. Sign in, and link your account again."


@router.post("/sign-in/microsoft")
async def begin(request: Request, stranger: Anyone, parts: Parts, next: Annotated[str, Form()] = "") -> Response:
    """Send the browser to Microsoft."""
    try:
        return await _to_microsoft(parts, {"next": next, "account": ""}, choose=False)
    except LockgateError as error:
        log.warning("nobody can sign in with Microsoft", cause=str(error))
        return way_in(request, stranger, parts, next, FAILED)


@router.post("/account/microsoft")
async def begin_link(visitor: Member, parts: Parts) -> Response:
    """Send the browser to Microsoft, to be linked with whoever signs in there."""
    return await _to_microsoft(parts, {"next": "", "account": visitor.account.id}, choose=True)


@router.get("/sign-in/microsoft/callback")
async def come_back(request: Request, stranger: Anyone, parts: Parts) -> Response:
    """From Microsoft: open a session, or link the account that asked for it."""
    kept = under_way.kept(request, cookies.CONSOLE_SIGN_IN)
    response = await _answer(request, stranger, parts, kept) if kept else way_in(request, stranger, parts, "", FAILED)
    cookies.forget(parts, response, cookies.CONSOLE_SIGN_IN)
    return response


async def _to_microsoft(parts: ConsoleParts, said: dict[str, str], *, choose: bool) -> Response:
    begun = await asyncio.to_thread(needed(parts.administrators_sign_in, PART).begin, choose=choose)
    response = RedirectResponse(begun.url, status_code=303)
    under_way.keep(parts, response, cookies.CONSOLE_SIGN_IN, {**said, "flow": begun.flow})
    return response


async def _answer(request: Request, stranger: Stranger, parts: ConsoleParts, kept: dict[str, object]) -> Response:
    flow, query = kept.get("flow"), dict(request.query_params)
    next, account_id = str(kept.get("next", "")), str(kept.get("account", ""))
    try:
        if not isinstance(flow, dict):
            return way_in(request, stranger, parts, next, FAILED)
        proven = await asyncio.to_thread(needed(parts.administrators_sign_in, PART).finish, flow, query)
    except LockgateError as error:
        log.warning("a sign-in with Microsoft did not succeed", cause=str(error))
        if account_id:
            return go_to(request, "/account", FAILED, good=False)
        return way_in(request, stranger, parts, next, FAILED)
    if account_id:
        return await asyncio.to_thread(_link, request, parts, account_id, proven, stranger.peer)
    opened = await asyncio.to_thread(_open, parts, proven, stranger.peer)
    if opened is None:
        return way_in(request, stranger, parts, next, UNKNOWN)
    response = go_to(request, local(next))
    cookies.write(parts, response, cookies.SESSION, opened.token)
    cookies.forget(parts, response, cookies.FORM)
    return response


def _open(parts: ConsoleParts, proven: Proven, peer: str) -> NewSession | None:
    """A session for the account that is linked with whoever has signed in, if it may come in."""
    now = parts.clock()
    with parts.database.write() as unit:
        account = MicrosoftLinks(unit).account_of(proven.tenant_id, proven.user_id)
        if account is None:
            log.warning("a Microsoft account without an account here", tenant=proven.tenant_id, user=proven.user_id)
            return None
        if not account.enabled:
            entry = AuditEntry(now, account.name, "session.refused", f"account {account.name}", "", peer)
            AuditLog(unit).record(entry)
            return None
        MicrosoftLinks(unit).note_sign_in(account.id, now, proven.name)
    return open_session(parts, account, peer, "Microsoft")


def _link(request: Request, parts: ConsoleParts, account_id: str, proven: Proven, peer: str) -> Response:
    now = parts.clock()
    session = _session(request, parts)
    if session is None or session.account.id != account_id:
        return go_to(request, "/sign-in", ELSEWHERE, good=False)
    linked = MicrosoftAccount(proven.tenant_id, proven.user_id, proven.name, proved_at=now)
    try:
        with parts.database.write() as unit:
            MicrosoftLinks(unit).link(account_id, linked, Author(session.account.name, now, peer))
    except InvalidInput as error:
        return go_to(request, "/account", str(error), good=False)
    opened = open_session(parts, session.account, peer, "Microsoft")  # those of another one before have ended
    response = go_to(request, "/account", f"From now on you can sign in with Microsoft as {proven.name}.")
    cookies.write(parts, response, cookies.SESSION, opened.token)
    return response


def _session(request: Request, parts: ConsoleParts) -> Session | None:
    with parts.database.read() as unit:
        return Sessions(unit).find(cookies.read(request, cookies.SESSION), parts.clock())
