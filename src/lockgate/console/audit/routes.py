"""Search over the audit log, the newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console import searches
from lockgate.console.audit.search import Search
from lockgate.console.facets import narrowing
from lockgate.console.guard.visitors import Viewer
from lockgate.console.logs import AUDIT, ground_of
from lockgate.console.organisation_names import names
from lockgate.console.parts import Parts
from lockgate.console.rendering import asked_by_htmx, fragment, page
from lockgate.console.saved_searches.row import kept_searches
from lockgate.model.saved_search import Log
from lockgate.storage.audit import PAGE, AuditLog

router = APIRouter(prefix="/audit")
FAMILIES = (
    "account", "certificate", "export", "feedback", "mail", "policy", "quarantine", "report", "reported-mail",
    "reputation", "search", "session", "settings", "token",
)  # fmt: skip


@router.get("")
def show(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    search: Search,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """The form with what it found; htmx gets the results alone."""
    wanted, fields, tenants = search.wanted(visitor.scope), search.fields(), names(parts, visitor.scope)
    with parts.database.read() as unit:
        entries = AuditLog(unit).search(wanted, before=before, limit=PAGE + 1)
    shown = entries[:PAGE]
    counted = AUDIT.facets(ground_of(parts, visitor.scope), wanted)
    values: dict[str, object] = {
        "entries": shown,
        "fields": fields,
        "tenants": tenants,
        "families": FAMILIES,
        "kept": kept_searches(parts, visitor, Log.AUDIT, tenants),
        "narrowing": narrowing("/audit", fields, counted, {"tenant": tenants}),
        "older": searches.address("/audit", fields, before=str(shown[-1].number)) if len(entries) > PAGE else "",
        "newest": searches.address("/audit", fields) if before else "",
    }
    if asked_by_htmx(request):
        return fragment(request, visitor, "audit/results.html", values)
    return page(request, visitor, "audit/page.html", values)
