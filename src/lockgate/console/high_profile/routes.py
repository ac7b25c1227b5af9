"""Whom attackers imitate: the people and domains that an organisation guards, and who may carry such a name."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.errors import InvalidInput
from lockgate.model.high_profile import HighProfile
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.high_profile import as_lines, people_from, save_high_profile, saved_high_profile

router = APIRouter(prefix="/high-profile")
Lines = Annotated[str, Form(max_length=200_000)]


@router.get("/{account_id}")
def show(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """What is in force."""
    return _page(request, visitor, parts, account_id)


@router.post("/{account_id}")
def save(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    people: Lines = "",
    exceptions: Lines = "",
    domains: Lines = "",
    by_title: Annotated[bool, Form()] = False,
    everybody: Annotated[bool, Form()] = False,
    version: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Save the lines as a new version."""
    wanted = HighProfile(by_title, people_from(people), _lines(exceptions), _lines(domains), everybody)
    tenant_id = _tenant_id(parts, account_id)
    try:
        saved = save_high_profile(parts.database, tenant_id, wanted, visitor.author, seen=version)
    except InvalidInput as error:
        return _page(request, visitor, parts, account_id, wanted, tuple(str(error).splitlines()))
    return go_to(request, f"/high-profile/{account_id}", f"Version {saved} is saved and in force within a second.")


def _page(
    request: Request,
    visitor: Visitor,
    parts: ConsoleParts,
    account_id: str,
    edited: HighProfile | None = None,
    wrong: tuple[str, ...] = (),
) -> Response:
    with parts.database.read() as unit:
        account = ServiceAccounts(unit, parts.vault).get(account_id)
    saved, version = saved_high_profile(parts.database, account.tenant_id)
    shown = edited or saved
    values = {
        "account": account, "shown": shown, "people": as_lines(shown.people), "version": version, "problems": wrong,
    }  # fmt: skip
    return page(request, visitor, "high_profile/page.html", values, status=400 if wrong else 200)


def _tenant_id(parts: ConsoleParts, account_id: str) -> str:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id).tenant_id


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip().lower() for line in text.splitlines() if line.strip()))
