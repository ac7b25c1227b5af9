"""API tokens: make one and see it once, revoke."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Provider, Visitor
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.access import EVERYWHERE, Role
from lockgate.model.errors import InvalidInput
from lockgate.storage.api_tokens import ApiTokens, NewApiToken

router = APIRouter(prefix="/tokens")
LIFETIMES = {30: "30 days", 90: "90 days", 365: "a year"}


@router.get("")
def show(request: Request, visitor: Provider, parts: Parts) -> Response:
    """The list and the form."""
    return _page(request, visitor, parts, None)


@router.post("")
def make(
    request: Request,
    visitor: Provider,
    parts: Parts,
    role: Annotated[Role, Form()],
    days: Annotated[int, Form(ge=1, le=365)],
    name: Annotated[str, Form(max_length=100)] = "",
    organisation: Annotated[str, Form(max_length=64)] = EVERYWHERE,
) -> Response:
    """A new token; this answer is the only one that shows it."""
    if organisation != EVERYWHERE and organisation not in names(parts, None):
        raise InvalidInput("There is no such organisation.")
    with parts.database.write() as unit:
        lifetime = timedelta(days=days)
        made = ApiTokens(unit).make(parts.new_id(), name, role, lifetime, visitor.author, organisation)
    return _page(request, visitor, parts, made)


@router.post("/{token_id}/revoke")
def revoke(request: Request, visitor: Provider, parts: Parts, token_id: str) -> Response:
    """End a token at once."""
    with parts.database.write() as unit:
        token = ApiTokens(unit).revoke(token_id, visitor.author)
    return go_to(request, "/tokens", f"The token '{token.name}' does not work any more.")


def _page(request: Request, visitor: Visitor, parts: ConsoleParts, made: NewApiToken | None) -> Response:
    with parts.database.read() as unit:
        tokens = ApiTokens(unit).all()
    values = {"tokens": tokens, "made": made, "lifetimes": LIFETIMES, "everywhere": EVERYWHERE}
    return page(request, visitor, "tokens/page.html", values)
