"""One's own account: a new password, or Microsoft instead. Sessions elsewhere end with a way in that is taken away."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard import cookies, password_rules
from lockgate.console.guard.visitors import Member, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.console.sign_in.routes import confirmed, open_session
from lockgate.model.errors import InvalidInput
from lockgate.storage import passwords
from lockgate.storage.microsoft_links import MicrosoftLinks
from lockgate.storage.users import Users

router = APIRouter(prefix="/account")


@router.get("")
def show(request: Request, visitor: Member, parts: Parts) -> Response:
    """Who is signed in, and the forms."""
    return _page(request, visitor, parts)


@router.post("/password")
async def change_password(
    request: Request,
    visitor: Member,
    parts: Parts,
    present: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Replace the password and stay signed in here."""
    problems = password_rules.problems(password, visitor.account.name)
    try:
        confirmed(password, again)
        if not problems:
            async with parts.hashing:
                await asyncio.to_thread(_change, parts, visitor, present[:1000], password)
            opened = await asyncio.to_thread(open_session, parts, visitor.account, visitor.peer)
            response = go_to(request, "/account", "Your password is changed; all other sessions have ended.")
            cookies.write(parts, response, cookies.SESSION, opened.token)
            return response
    except InvalidInput as error:
        problems = (*problems, str(error))
    return await asyncio.to_thread(_page, request, visitor, parts, problems)


@router.post("/password-off")
def forbid_password(request: Request, visitor: Member, parts: Parts) -> Response:
    """From now on only Microsoft lets them in."""
    try:
        with parts.database.write() as unit:
            Users(unit).forbid_password(visitor.account.id, visitor.author)
    except InvalidInput as error:
        return _page(request, visitor, parts, (str(error),))
    return go_to(request, "/account", "Your password lets nobody in any more. An administrator can give you a new one.")


@router.post("/microsoft/unlink")
def unlink(request: Request, visitor: Member, parts: Parts) -> Response:
    """The Microsoft account lets nobody in any more; they stay signed in here."""
    try:
        with parts.database.write() as unit:
            MicrosoftLinks(unit).unlink(visitor.account.id, visitor.author)
    except InvalidInput as error:
        return _page(request, visitor, parts, (str(error),))
    opened = open_session(parts, visitor.account, visitor.peer)
    response = go_to(request, "/account", "The link with the Microsoft account is gone; all other sessions have ended.")
    cookies.write(parts, response, cookies.SESSION, opened.token)
    return response


def _page(request: Request, visitor: Visitor, parts: ConsoleParts, problems: tuple[str, ...] = ()) -> Response:
    values = {"problems": problems, "microsoft": parts.administrators_sign_in is not None}
    return page(request, visitor, "account/page.html", values, status=400 if problems else 200)


def _change(parts: ConsoleParts, visitor: Visitor, present: str, password: str) -> None:
    account = visitor.account
    if (
        not account.password_allowed
        or account.is_locked(visitor.at)
        or not passwords.matches(account.password_hash, present)
    ):
        with parts.database.write() as unit:
            Users(unit).note_failure(account.id, visitor.at)
        raise InvalidInput("The present password is wrong.")
    password_hash = passwords.hash_password(password)
    with parts.database.write() as unit:
        Users(unit).set_password(account.id, password_hash, visitor.author)
