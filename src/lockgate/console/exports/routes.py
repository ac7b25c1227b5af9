"""What a search finds as a file: any list, CSV or JSON Lines, without a limit."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lockgate.console.exports.streaming import exported
from lockgate.console.guard.visitors import Viewer
from lockgate.console.parts import Parts
from lockgate.model.saved_search import Log
from lockgate.reporting.exports import Form

router = APIRouter(prefix="/exports")


@router.get("/{log}/{form}")
def export(request: Request, visitor: Viewer, parts: Parts, log: Log, form: Form) -> Response:
    """All that the search in the query string finds."""
    return exported(parts, visitor.author, visitor.scope, log, form, dict(request.query_params))
