"""Everybody who may sign in: add, change the role, shut out, let in again, give a new password."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard import password_rules
from lockgate.console.guard.visitors import Admin, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.errors import InvalidInput
from lockgate.storage import passwords
from lockgate.storage.users import Account, Role, Users

router = APIRouter(prefix="/accounts")


@router.get("")
def show(request: Request, visitor: Admin, parts: Parts) -> Response:
    """The list and the form for a new one."""
    return _page(request, visitor, parts)


@router.post("")
async def add(
    request: Request,
    visitor: Admin,
    parts: Parts,
    role: Annotated[Role, Form()],
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """A new account; its first password is changed by its owner on the account page."""
    problems = password_rules.problems(password, name)
    try:
        if not problems:
            async with parts.hashing:
                await asyncio.to_thread(_add, parts, visitor, name, password, role)
            return go_to(request, "/accounts", f"{name.strip()} may sign in now as {role.value}.")
    except InvalidInput as error:
        problems = (str(error),)
    return await asyncio.to_thread(_page, request, visitor, parts, problems, name)


@router.post("/{account_id}/role")
def set_role(
    request: Request, visitor: Admin, parts: Parts, account_id: str, role: Annotated[Role, Form()]
) -> Response:
    """Change what an account may do."""
    with parts.database.write() as unit:
        Users(unit).set_role(account_id, role, visitor.author)
        name = _existing(Users(unit), account_id).name
    return go_to(request, "/accounts", f"{name} is {role.value} now.")


@router.post("/{account_id}/enabled")
def set_enabled(
    request: Request, visitor: Admin, parts: Parts, account_id: str, enabled: Annotated[bool, Form()]
) -> Response:
    """Let an account in or shut it out."""
    with parts.database.write() as unit:
        Users(unit).set_enabled(account_id, enabled, visitor.author)
        name = _existing(Users(unit), account_id).name
    return go_to(request, "/accounts", f"{name} may {'sign in again' if enabled else 'not sign in any more'}.")


@router.post("/{account_id}/password")
async def set_password(
    request: Request, visitor: Admin, parts: Parts, account_id: str, password: Annotated[str, Form()] = ""
) -> Response:
    """A new password for somebody who forgot theirs; their sessions end."""
    with parts.database.read() as unit:
        account = _existing(Users(unit), account_id)
    if problems := password_rules.problems(password, account.name):
        return await asyncio.to_thread(_page, request, visitor, parts, problems)
    async with parts.hashing:
        await asyncio.to_thread(_set_password, parts, visitor, account, password)
    return go_to(request, "/accounts", f"{account.name} has a new password; all their sessions have ended.")


def _page(
    request: Request, visitor: Visitor, parts: ConsoleParts, problems: tuple[str, ...] = (), name: str = ""
) -> Response:
    with parts.database.read() as unit:
        accounts = Users(unit).all()
    values = {"accounts": accounts, "roles": list(Role), "problems": problems, "name": name}
    return page(request, visitor, "accounts/page.html", values, status=400 if problems else 200)


def _add(parts: ConsoleParts, visitor: Visitor, name: str, password: str, role: Role) -> None:
    password_hash = passwords.hash_password(password)
    with parts.database.write() as unit:
        Users(unit).add(parts.new_id(), name, password_hash, role, visitor.author)


def _set_password(parts: ConsoleParts, visitor: Visitor, account: Account, password: str) -> None:
    password_hash = passwords.hash_password(password)
    with parts.database.write() as unit:
        Users(unit).set_password(account.id, password_hash, visitor.author)


def _existing(users: Users, account_id: str) -> Account:
    account = users.get(account_id)
    if account is None:
        raise InvalidInput("There is no such account any more.")
    return account
