"""Keep the search of a page under a name, and delete one."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Viewer
from lockgate.console.logs import LOGS
from lockgate.console.parts import Parts
from lockgate.console.rendering import go_to
from lockgate.console.saved_searches.keeping import address_of, forget, keep
from lockgate.console.saved_searches.row import keeper_of
from lockgate.model.saved_search import Log

router = APIRouter(prefix="/searches")


@router.post("/{log}")
def keep_search(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    log: Log,
    name: Annotated[str, Form(max_length=200)] = "",
    query: Annotated[str, Form(max_length=20_000)] = "",
    shared_with: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Keep what the page searches for."""
    kept = keep(parts, keeper_of(visitor), log, name, dict(parse_qsl(query)), shared_with)
    return go_to(request, address_of(kept), f"The search is kept as '{kept.name}'.")


@router.post("/{search_id}/forget")
def forget_search(request: Request, visitor: Viewer, parts: Parts, search_id: str) -> Response:
    """Delete it for everybody."""
    gone = forget(parts, keeper_of(visitor), search_id)
    return go_to(request, LOGS[gone.log].path, f"The search '{gone.name}' is deleted.")
