"""Search over the trace, one message with everything about it, and the export."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from lockgate.console import searches
from lockgate.console.guard.visitors import Viewer
from lockgate.console.parts import Parts
from lockgate.console.rendering import asked_by_htmx, fragment, page
from lockgate.console.trace.export import lines
from lockgate.console.trace.search import Search
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.storage.held_messages import HeldFilter, HeldMessages
from lockgate.storage.searching import PAGE, Cursor, cursor_from
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.traces import Traces, every

router = APIRouter(prefix="/trace")
CHOICES: dict[str, object] = {"directions": list(Direction), "verdicts": list(Verdict), "states": list(State)}


@router.get("")
def search(
    request: Request, visitor: Viewer, parts: Parts, search: Search, after: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """The form with what it found; htmx gets the results alone."""
    cursor = cursor_from(after) if after else None
    with parts.database.read() as unit:
        traces = Traces(unit).search(search.wanted(), after=cursor, limit=PAGE + 1)
        tenants = {one.tenant_id: one.tenant_name for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id}
    shown = traces[:PAGE]
    fields = search.fields()
    last = str(Cursor(shown[-1].received_at, shown[-1].id)) if len(traces) > PAGE else ""
    values: dict[str, object] = {
        "traces": shown,
        "fields": fields,
        "tenants": tenants,
        "older": searches.address("/trace", fields, after=last) if last else "",
        "newest": searches.address("/trace", fields) if after else "",
        "export": searches.address("/trace/export.csv", fields),
        **CHOICES,
    }
    if asked_by_htmx(request):
        return fragment(request, visitor, "trace/results.html", values)
    return page(request, visitor, "trace/page.html", values)


@router.get("/export.csv")
def export(_visitor: Viewer, parts: Parts, search: Search) -> Response:
    """What the search finds, as CSV."""
    found = every(parts.database, search.wanted())
    headers = {"Content-Disposition": 'attachment; filename="lockgate-trace.csv"'}
    return StreamingResponse(lines(found), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{message_id}")
def show(request: Request, visitor: Viewer, parts: Parts, message_id: str) -> Response:
    """One message: facts, recipients with reasons, findings with evidence, every step."""
    with parts.database.read() as unit:
        trace = Traces(unit).get(message_id)
        held = HeldMessages(unit).search(HeldFilter(message_id=message_id)) if trace else []
    if trace is None:
        raise InvalidInput("There is no such message in the trace; it may be older than the trace is kept.")
    started = trace.received_at
    steps = [(event, (event.at - started).total_seconds()) for event in trace.events]
    return page(request, visitor, "trace/message.html", {"trace": trace, "held": held, "steps": steps})
