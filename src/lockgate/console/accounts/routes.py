"""Everybody who may sign in: add, change the roles, shut out, let in again, give a new password."""

import asyncio
import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.accounts.microsoft import person_with
from lockgate.console.guard import password_rules
from lockgate.console.guard.visitors import Provider, Visitor
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.access import EVERYWHERE, Role
from lockgate.model.errors import InvalidInput
from lockgate.storage import passwords
from lockgate.storage.microsoft_links import MicrosoftLinks
from lockgate.storage.users import Account, MicrosoftAccount, Users

router = APIRouter(prefix="/accounts")
Organisation = Annotated[str, Form(max_length=64)]
ROLES = {
    Role.VIEWER: "Viewer: looks",
    Role.ANALYST: "Analyst: also decides about quarantine",
    Role.ADMIN: "Admin: also changes things",
}


@router.get("")
def show(request: Request, visitor: Provider, parts: Parts) -> Response:
    """The list and the form for a new one."""
    return _page(request, visitor, parts)


@router.post("")
async def add(
    request: Request,
    visitor: Provider,
    parts: Parts,
    role: Annotated[Role, Form()],
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form()] = "",
    organisation: Organisation = EVERYWHERE,
    address: Annotated[str, Form(max_length=320)] = "",
) -> Response:
    """A new account: with a first password, which its owner changes, or for whoever has this address at Microsoft."""
    problems = password_rules.problems(password, name) if password or not address.strip() else ()
    try:
        if not problems:
            where = await asyncio.to_thread(_where, parts, organisation)
            linked = await asyncio.to_thread(person_with, parts, address) if address.strip() else None
            async with parts.hashing:
                await asyncio.to_thread(_add, parts, visitor, name, password, role, organisation, linked)
            return go_to(request, "/accounts", f"{name.strip()} may sign in now as {role.value} {where}.")
    except InvalidInput as error:
        problems = (str(error),)
    return await asyncio.to_thread(_page, request, visitor, parts, problems, name)


@router.post("/{account_id}/role")
def set_role(
    request: Request,
    visitor: Provider,
    parts: Parts,
    account_id: str,
    role: Annotated[Role | Literal[""], Form()],
    organisation: Organisation = EVERYWHERE,
) -> Response:
    """Change what an account may do in one organisation or everywhere; an empty role takes it away."""
    where = _where(parts, organisation)
    with parts.database.write() as unit:
        Users(unit).set_role(account_id, role or None, visitor.author, organisation)
        name = _existing(Users(unit), account_id).name
    told = f"{name} is {role.value} {where} now." if role else f"{name} has no role {where} any more."
    return go_to(request, "/accounts", told)


@router.post("/{account_id}/enabled")
def set_enabled(
    request: Request, visitor: Provider, parts: Parts, account_id: str, enabled: Annotated[bool, Form()]
) -> Response:
    """Let an account in or shut it out."""
    with parts.database.write() as unit:
        Users(unit).set_enabled(account_id, enabled, visitor.author)
        name = _existing(Users(unit), account_id).name
    return go_to(request, "/accounts", f"{name} may {'sign in again' if enabled else 'not sign in any more'}.")


@router.post("/{account_id}/password")
async def set_password(
    request: Request, visitor: Provider, parts: Parts, account_id: str, password: Annotated[str, Form()] = ""
) -> Response:
    """A new password for somebody who forgot theirs; their sessions end."""
    account = await asyncio.to_thread(_account, parts, account_id)
    if problems := password_rules.problems(password, account.name):
        return await asyncio.to_thread(_page, request, visitor, parts, problems)
    async with parts.hashing:
        await asyncio.to_thread(_set_password, parts, visitor, account, password)
    return go_to(request, "/accounts", f"{account.name} has a new password; all their sessions have ended.")


def _account(parts: ConsoleParts, account_id: str) -> Account:
    with parts.database.read() as unit:
        return _existing(Users(unit), account_id)


def _page(
    request: Request, visitor: Visitor, parts: ConsoleParts, problems: tuple[str, ...] = (), name: str = ""
) -> Response:
    with parts.database.read() as unit:
        accounts = Users(unit).all()
    values = {
        "accounts": accounts, "roles": ROLES, "problems": problems, "name": name, "everywhere": EVERYWHERE,
        "microsoft": parts.administrators_sign_in is not None,
    }  # fmt: skip
    return page(request, visitor, "accounts/page.html", values, status=400 if problems else 200)


def _add(
    parts: ConsoleParts, visitor: Visitor, name: str, password: str, role: Role, organisation: str,
    linked: MicrosoftAccount | None,
) -> None:  # fmt: skip
    password_hash = passwords.hash_password(password or secrets.token_urlsafe(32))  # without one, nobody knows it
    with parts.database.write() as unit:
        made = Users(unit).add(
            parts.new_id(), name, password_hash, role, visitor.author, (organisation,), password_allowed=bool(password)
        )
        if linked is not None:
            MicrosoftLinks(unit).link(made.id, linked, visitor.author)


def _set_password(parts: ConsoleParts, visitor: Visitor, account: Account, password: str) -> None:
    password_hash = passwords.hash_password(password)
    with parts.database.write() as unit:
        Users(unit).set_password(account.id, password_hash, visitor.author)


def _existing(users: Users, account_id: str) -> Account:
    account = users.get(account_id)
    if account is None:
        raise InvalidInput("There is no such account any more.")
    return account


def _where(parts: ConsoleParts, organisation: str) -> str:
    """The place in words; raises InvalidInput for an organisation that nobody knows."""
    if organisation == EVERYWHERE:
        return "in all organisations"
    known = names(parts, None)
    if organisation not in known:
        raise InvalidInput("There is no such organisation.")
    return f"in {known[organisation]}"
