"""One's own quarantine, signed in with Microsoft: what is held for one's addresses, and what may be done about it."""

import asyncio
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from lockgate.console.end_users.session import (
    DESK,
    EndUser,
    SignedInUser,
    open_session,
    welcome,
)
from lockgate.console.guard import cookies, under_way
from lockgate.console.guard.visitors import Anyone, Stranger
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import page
from lockgate.end_users.desk import Outcome
from lockgate.end_users.links import Link, Links
from lockgate.end_users.texts import Texts, language_of, texts
from lockgate.model.end_user import LANGUAGES, Act
from lockgate.model.errors import LockgateError
from lockgate.storage.end_users import EndUsers

log = structlog.get_logger()
router = APIRouter(prefix="/mine")
SIGN_IN = "The sign-in with Microsoft"
WAY = "own page"
SAID = {Outcome.TOO_LATE: "too_late", Outcome.NOT_ALLOWED: "not_allowed"}


@router.get("/sign-in")
def ask(request: Request, stranger: Anyone) -> Response:
    """The page with the one button."""
    return _way_in(request, stranger, "")


@router.post("/sign-in")
async def begin(request: Request, stranger: Anyone, parts: Parts) -> Response:
    """Send the browser to Microsoft."""
    try:
        begun = await asyncio.to_thread(needed(parts.signs_in, SIGN_IN).begin)
    except LockgateError as error:
        log.warning("nobody can sign in to their own quarantine", cause=str(error))
        return _way_in(request, stranger, "sign_in_failed")
    response = RedirectResponse(begun.url, status_code=303)
    under_way.keep(parts, response, cookies.SIGN_IN, begun.flow)
    return response


@router.get("/callback")
async def come_back(request: Request, stranger: Anyone, parts: Parts) -> Response:
    """From Microsoft: open a session for whoever is proven, known and welcome."""
    flow = under_way.kept(request, cookies.SIGN_IN)
    who = None
    problem = "sign_in_failed"
    if flow is not None:
        try:
            query = dict(request.query_params)
            proven = await asyncio.to_thread(needed(parts.signs_in, SIGN_IN).finish, flow, query)
            who, problem = await asyncio.to_thread(welcome, parts, proven.tenant_id, proven.user_id), "not_known"
        except LockgateError as error:
            log.warning("a sign-in to an own quarantine did not succeed", cause=str(error))
    response = RedirectResponse("/mine", status_code=303) if who else _way_in(request, stranger, problem)
    if who:
        open_session(parts, response, who[0])
    cookies.forget(parts, response, cookies.SIGN_IN)
    return response


@router.post("/sign-out")
def sign_out(_user: SignedInUser, parts: Parts) -> Response:
    """End the session in this browser."""
    response = RedirectResponse("/mine/sign-in", status_code=303)
    cookies.forget(parts, response, cookies.END_USER)
    return response


@router.get("")
def show_all(request: Request, user: SignedInUser, parts: Parts) -> Response:
    """Everything that waits for them."""
    said, zone = _texts(parts, user), user.settings.zone
    waiting = needed(parts.desk, DESK).waiting(user.person)
    ends = parts.clock() + timedelta(days=user.settings.link_days)
    choices = Links(parts.vault).token(Link(user.person.tenant_id, user.person.id, "", ends))
    values = {
        "texts": said, "name": user.person.name or user.person.addresses[0], "choices": f"/mine/choices/{choices}",
        "waiting": [(one, said.moment(one.item.held.held_at, zone)) for one in waiting],
    }  # fmt: skip
    return page(request, user.stranger, "end_users/own.html", values)


@router.get("/messages/{own_id}")
def show(request: Request, user: SignedInUser, parts: Parts, own_id: str) -> Response:
    """One message with its buttons."""
    return _message(request, user, parts, own_id, "", good=True)


@router.post("/messages/{own_id}")
async def act(request: Request, user: SignedInUser, parts: Parts, own_id: str, act: Annotated[Act, Form()]) -> Response:
    """Do it, if it is theirs and they may."""
    outcome = await needed(parts.desk, DESK).act(user.person, own_id, act, user.peer, WAY)
    key, good = SAID.get(outcome, f"done_{act}"), outcome is Outcome.DONE
    return await asyncio.to_thread(_message, request, user, parts, own_id, key, good=good)


def _message(request: Request, user: EndUser, parts: ConsoleParts, own_id: str, key: str, *, good: bool) -> Response:
    found = needed(parts.desk, DESK).message(user.person, own_id)
    said = _texts(parts, user)
    values = {
        "texts": said, "found": found, "good": good, "back": "/mine",
        "said": said[key] if key else "" if found and found.waits else said["too_late"],
        "held_at": said.moment(found.item.held.held_at, user.settings.zone) if found else "",
    }  # fmt: skip
    return page(request, user.stranger, "end_users/held.html", values)


def _texts(parts: ConsoleParts, user: EndUser) -> Texts:
    with parts.database.read() as unit:
        choice = EndUsers(unit, user.person.tenant_id).choice(user.person.id)
    return texts(language_of(user.person, choice.language, user.settings.language))


def _way_in(request: Request, stranger: Stranger, problem: str) -> Response:
    wanted = request.headers.get("accept-language", "")[:2].lower()
    said = texts(wanted if wanted in LANGUAGES else "en")
    values = {"texts": said, "problem": said[problem] if problem else ""}
    return page(request, stranger, "end_users/way_in.html", values, status=403 if problem else 200)
