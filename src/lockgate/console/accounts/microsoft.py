"""Which Microsoft account may sign in as whom, decided by an administrator: by somebody's work address.

Rule: an address is looked up in the synced directories, and what is linked is the tenant and object id found there.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Provider
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to
from lockgate.model.errors import InvalidInput
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.microsoft_links import MicrosoftLinks
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.users import Account, MicrosoftAccount, Users

router = APIRouter(prefix="/accounts")


@router.post("/{account_id}/microsoft")
def link(
    request: Request, visitor: Provider, parts: Parts, account_id: str,
    address: Annotated[str, Form(max_length=320)] = "",
) -> Response:  # fmt: skip
    """Let the person with this work address sign in as this account."""
    found = person_with(parts, address)
    with parts.database.write() as unit:
        MicrosoftLinks(unit).link(account_id, found, visitor.author)
        name = _name(unit, account_id)
    return go_to(request, "/accounts", f"{found.name} may sign in with Microsoft as {name} now.")


@router.post("/{account_id}/microsoft/unlink")
def unlink(request: Request, visitor: Provider, parts: Parts, account_id: str) -> Response:
    """The Microsoft account lets nobody in any more."""
    with parts.database.write() as unit:
        MicrosoftLinks(unit).unlink(account_id, visitor.author)
        name = _name(unit, account_id)
    return go_to(
        request, "/accounts", f"{name} is linked with no Microsoft account now; all their sessions have ended."
    )


@router.post("/{account_id}/password-off")
def forbid_password(request: Request, visitor: Provider, parts: Parts, account_id: str) -> Response:
    """Only Microsoft lets them in from now on."""
    with parts.database.write() as unit:
        Users(unit).forbid_password(account_id, visitor.author)
        name = _name(unit, account_id)
    return go_to(
        request, "/accounts", f"{name} signs in with Microsoft only; a new password would let them in by it again."
    )


def person_with(parts: ConsoleParts, address: str) -> MicrosoftAccount:
    """Who has this address in one of the synced directories; raises InvalidInput when nobody has."""
    wanted = address.strip().lower()
    with parts.database.read() as unit:
        for tenant_id in names(parts, None):
            user = DirectoryStore(unit, tenant_id).owners({wanted}).get(wanted)
            if user is not None:
                return MicrosoftAccount(tenant_id, user.id.lower(), user.user_principal_name or wanted)
    raise InvalidInput(
        f"Nobody in the synced directories has the address {wanted or '(none)'}. Whoever is not in them links "
        "an account by signing in: with name and password, then under the name in the menu."
    )


def _name(unit: Unit, account_id: str) -> str:
    account: Account | None = Users(unit).get(account_id)
    return account.name if account else ""
