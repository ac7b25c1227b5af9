"""The audit log, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console import searches
from lockgate.console.guard.visitors import Viewer
from lockgate.console.parts import Parts
from lockgate.console.rendering import page
from lockgate.storage.audit import PAGE, AuditLog

router = APIRouter(prefix="/audit")
FAMILIES = ("account", "session", "policy", "quarantine", "settings", "token")


@router.get("")
def show(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    act: Annotated[str, Query(max_length=64)] = "",
    subject: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """A page of entries."""
    with parts.database.read() as unit:
        entries = AuditLog(unit).newest(
            before=before, subject=subject.strip(), act=act.strip(), limit=PAGE + 1, scope=visitor.scope
        )
    shown = entries[:PAGE]
    fields = {"act": act, "subject": subject}
    older = searches.address("/audit", fields, before=str(shown[-1].number)) if len(entries) > PAGE else ""
    values = {"entries": shown, "fields": fields, "older": older, "families": FAMILIES}
    return page(request, visitor, "audit/page.html", values)
