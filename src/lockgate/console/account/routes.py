"""One's own account: a new password. Every other session of the account ends with it."""

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
from lockgate.storage.users import Users

router = APIRouter(prefix="/account")


@router.get("")
def show(request: Request, visitor: Member) -> Response:
    """Who is signed in, and the form."""
    return page(request, visitor, "account/page.html", {"problems": ()})


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
    return page(request, visitor, "account/page.html", {"problems": problems}, status=400)


def _change(parts: ConsoleParts, visitor: Visitor, present: str, password: str) -> None:
    account = visitor.account
    if account.is_locked(visitor.at) or not passwords.matches(account.password_hash, present):
        with parts.database.write() as unit:
            Users(unit).note_failure(account.id, visitor.at)
        raise InvalidInput("The present password is wrong.")
    password_hash = passwords.hash_password(password)
    with parts.database.write() as unit:
        Users(unit).set_password(account.id, password_hash, visitor.author)
