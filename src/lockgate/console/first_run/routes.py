"""The first start: whoever can read the installation's one-time code becomes the first administrator."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard import cookies, password_rules
from lockgate.console.guard.visitors import Anyone, Stranger
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.console.sign_in.routes import confirmed, open_session
from lockgate.model.errors import InvalidInput
from lockgate.storage import passwords
from lockgate.storage.audit import Author
from lockgate.storage.sessions import BootstrapCodes
from lockgate.storage.users import Account, Role, Users

router = APIRouter()
WRONG_CODE = (
    "This code does not open the console: it is mistyped, older than a day, or was used. "
    "The newest one is printed when Lockgate starts."
)


@router.get("/first-run")
def show(request: Request, stranger: Anyone, parts: Parts) -> Response:
    """The form; once there is an account, the sign-in page."""
    if _is_over(parts):
        return go_to(request, "/sign-in")
    return page(request, stranger, "first_run/page.html", {"problems": (), "name": ""})


@router.post("/first-run")
async def begin(
    request: Request,
    stranger: Anyone,
    parts: Parts,
    code: Annotated[str, Form()] = "",
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Make the account and sign it in."""
    problems = password_rules.problems(password, name)
    try:
        confirmed(password, again)
        if not problems:
            async with parts.hashing:
                account = await asyncio.to_thread(_make, parts, stranger, code, name, password)
            opened = await asyncio.to_thread(open_session, parts, account, stranger.peer)
            response = go_to(request, "/", "Welcome to Lockgate. Grant access to your first organisation below.")
            cookies.write(parts, response, cookies.SESSION, opened.token)
            return response
    except InvalidInput as error:
        problems = (*problems, str(error))
    return page(request, stranger, "first_run/page.html", {"problems": problems, "name": name}, status=400)


def _make(parts: ConsoleParts, stranger: Stranger, code: str, name: str, password: str) -> Account:
    now = parts.clock()
    password_hash = passwords.hash_password(password)
    with parts.database.write() as unit:
        if not BootstrapCodes(unit).redeem(code, now):
            raise InvalidInput(WRONG_CODE)
        author = Author(name.strip(), now, stranger.peer)
        return Users(unit).add(parts.new_id(), name, password_hash, Role.ADMIN, author)


def _is_over(parts: ConsoleParts) -> bool:
    with parts.database.read() as unit:
        return bool(Users(unit).all())
