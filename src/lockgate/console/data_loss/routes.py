"""Data loss prevention: what ships, and an organisation's own rules with a place to try them."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.data_loss.own_rules import save_rules, saved_rules
from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.detection.data_loss.masking import masked
from lockgate.detection.data_loss.occurrences import Document
from lockgate.detection.data_loss.own_rules import own_rules
from lockgate.detection.data_loss.search import Case, search_for
from lockgate.model.errors import InvalidInput
from lockgate.model.service_account import ServiceAccount
from lockgate.storage.service_accounts import ServiceAccounts

router = APIRouter(prefix="/data-loss")
SHOWN = 3  # values of one identifier
TRIED = 200_000  # characters of a text that is tried


@dataclass(frozen=True, slots=True)
class Tried:
    """A text that was tried, and what was found: template, identifier with masked values."""

    text: str
    cases: tuple[tuple[str, str], ...]


@router.get("")
def show_all(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """Templates and identifiers that ship, and the organisations that may add to them."""
    shipped = shipped_catalogue()
    mine = [one for one in _accounts(parts) if one.tenant_id and visitor.sees(one.tenant_id)]
    values = {"templates": shipped.templates.values(), "identifiers": shipped.identifiers, "accounts": mine}
    return page(request, visitor, "data_loss/page.html", values)


@router.get("/{account_id}")
def show(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """An organisation's own rules."""
    return _page(request, visitor, parts, account_id)


@router.post("/{account_id}")
async def save(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    text: Annotated[str, Form()] = "",
    version: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Save the rules as a new version."""
    written = text.replace("\r\n", "\n")
    account = await asyncio.to_thread(_account, parts, account_id)
    try:
        saved = await asyncio.to_thread(
            save_rules, parts.database, account.tenant_id, written, visitor.author, seen=version
        )
    except InvalidInput as error:
        return await asyncio.to_thread(_page, request, visitor, parts, account_id, written, (str(error),))
    return go_to(request, f"/data-loss/{account_id}", f"Version {saved.version} is saved and in force within a second.")


@router.post("/{account_id}/try")
async def try_text(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    account_id: str,
    tried: Annotated[str, Form(max_length=TRIED)] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    """What the rules in the form would find in a text; nothing is saved."""
    written = text.replace("\r\n", "\n")
    try:
        cases = await asyncio.to_thread(_cases, written, tried)
    except InvalidInput as error:
        return await asyncio.to_thread(_page, request, visitor, parts, account_id, written, (str(error),))
    return await asyncio.to_thread(_page, request, visitor, parts, account_id, written, (), Tried(tried, cases))


def _cases(rules: str, text: str) -> tuple[tuple[str, str], ...]:
    found = search_for(own_rules(rules, 0)).cases(Document("text", text, {}))
    return tuple((case.template.name, _found(case)) for case in found)


def _found(case: Case) -> str:
    told = []
    for one in case.found:
        values = ", ".join(masked(one.identifier, value.text) for value in one.values[:SHOWN])
        told.append(f"{len(one.values)} × {one.identifier.name}: {values}")
    return "; ".join(told)


def _page(
    request: Request,
    visitor: Visitor,
    parts: ConsoleParts,
    account_id: str,
    edited: str | None = None,
    wrong: tuple[str, ...] = (),
    tried: Tried | None = None,
) -> Response:
    account = _account(parts, account_id)
    text, version = saved_rules(parts.database, account.tenant_id)
    values = {
        "account": account, "text": text if edited is None else edited, "version": version, "problems": wrong,
        "tried": tried,
    }  # fmt: skip
    return page(request, visitor, "data_loss/own.html", values, status=400 if wrong else 200)


def _accounts(parts: ConsoleParts) -> list[ServiceAccount]:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).all()


def _account(parts: ConsoleParts, account_id: str) -> ServiceAccount:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id)
