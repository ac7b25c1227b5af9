"""Signing in and out. Rule: a wrong name, a wrong password and a locked account look alike and take as long."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard import cookies
from lockgate.console.guard.visitors import Anyone, Member, Stranger
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.errors import InvalidInput
from lockgate.storage import passwords
from lockgate.storage.audit import AuditEntry, AuditLog
from lockgate.storage.sessions import NewSession, Sessions
from lockgate.storage.users import Account, Users

router = APIRouter()
REFUSED = (
    "Name or password is wrong. After five wrong tries in a row an account stays closed for 15 minutes, "
    "whatever is entered."
)


@router.get("/sign-in")
def show(request: Request, stranger: Anyone, parts: Parts, next: str = "") -> Response:
    """The form; before there is any account, the page of the first start."""
    with parts.database.read() as unit:
        if not Users(unit).all():
            return go_to(request, "/first-run")
    return way_in(request, stranger, parts, next)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    stranger: Anyone,
    parts: Parts,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",
) -> Response:
    """Open a session and go on to where the visitor wanted to be."""
    async with parts.hashing:
        opened = await asyncio.to_thread(_open, parts, stranger, name[:200], password[:1000])
    if opened is None:
        return way_in(request, stranger, parts, next, REFUSED, name)
    response = go_to(request, local(next))
    cookies.write(parts, response, cookies.SESSION, opened.token)
    cookies.forget(parts, response, cookies.FORM)
    return response


@router.post("/sign-out")
def sign_out(request: Request, visitor: Member, parts: Parts) -> Response:
    """End the session."""
    with parts.database.write() as unit:
        Sessions(unit).close(visitor.session_token)
    response = go_to(request, "/sign-in", "You have signed out.")
    cookies.forget(parts, response, cookies.SESSION)
    return response


def way_in(
    request: Request, stranger: Stranger, parts: ConsoleParts, next: str, problem: str = "", name: str = ""
) -> Response:
    """The form, with what went wrong."""
    microsoft = parts.administrators_sign_in is not None
    values = {"next": next, "problem": problem, "name": name, "microsoft": microsoft}
    return page(request, stranger, "sign_in/page.html", values, status=403 if problem else 200)


def local(path: str) -> str:
    """`path` when it stays on this host, else the dashboard."""
    harmless = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if harmless else "/"


def open_session(parts: ConsoleParts, account: Account, peer: str, way: str = "password") -> NewSession:
    """A session for somebody who has just proved who they are."""
    now, told = parts.clock(), {"way": way}
    with parts.database.write() as unit:
        Sessions(unit).prune(now)
        entry = AuditEntry(now, account.name, "session.open", f"account {account.name}", "", peer, {}, told)
        AuditLog(unit).record(entry)
        return Sessions(unit).open(account.id, peer, now)


def _open(parts: ConsoleParts, stranger: Stranger, name: str, password: str) -> NewSession | None:
    now = parts.clock()
    with parts.database.read() as unit:
        account = Users(unit).by_name(name)
    proved = passwords.matches(account.password_hash if account else None, password)
    if account is None or not account.enabled or not account.password_allowed or account.is_locked(now):
        return None
    if not proved:
        _refuse(parts, account, stranger.peer)
        return None
    new_hash = passwords.hash_password(password) if passwords.is_outdated(account.password_hash) else None
    with parts.database.write() as unit:
        Users(unit).note_success(account.id, now, new_hash)
    return open_session(parts, account, stranger.peer)


def _refuse(parts: ConsoleParts, account: Account, peer: str) -> None:
    now = parts.clock()
    with parts.database.write() as unit:
        Users(unit).note_failure(account.id, now)
        AuditLog(unit).record(AuditEntry(now, account.name, "session.refused", f"account {account.name}", "", peer))


def confirmed(password: str, again: str) -> None:
    """Raises InvalidInput when the two differ."""
    if password != again:
        raise InvalidInput("The two passwords differ; enter the same one twice.")
