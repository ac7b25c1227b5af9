"""Search over the click log, and its export."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from lockgate.console import searches
from lockgate.console.clicks.search import Search
from lockgate.console.facets import narrowing
from lockgate.console.guard.visitors import Viewer
from lockgate.console.organisation_names import names
from lockgate.console.parts import Parts
from lockgate.console.rendering import asked_by_htmx, fragment, page
from lockgate.model.clicks import ClickOutcome, LinkVerdict
from lockgate.reporting.click_search import ClickSearch, click_csv
from lockgate.reporting.counted_lists import OF_CLICKS

router = APIRouter(prefix="/clicks")
TONES = {
    ClickOutcome.REDIRECTED: "green", ClickOutcome.WARNED: "yellow", ClickOutcome.WENT_ON: "orange",
    ClickOutcome.BLOCKED: "red", ClickOutcome.EXPIRED: "secondary",
}  # fmt: skip


@router.get("")
def search(
    request: Request, visitor: Viewer, parts: Parts, search: Search, after: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """The form with what it found; htmx gets the results alone."""
    tenants = names(parts, visitor.scope)
    wanted, log = search.wanted(visitor.scope), ClickSearch(parts.database, parts.link_keys)
    found = log.page(wanted, tenants, after)
    counted = OF_CLICKS.facets(parts.database, log.widened(wanted, tenants))
    fields = search.fields()
    values: dict[str, object] = {
        "clicks": found.clicks, "fields": fields, "tenants": tenants, "tones": TONES,
        "verdicts": list(LinkVerdict), "outcomes": list(ClickOutcome), "has_link_service": parts.has_link_service,
        "older": searches.address("/clicks", fields, after=found.older) if found.older else "",
        "newest": searches.address("/clicks", fields) if after else "",
        "narrowing": narrowing("/clicks", fields, counted, {"tenant": tenants}),
        "export": searches.address("/clicks/export.csv", fields),
    }  # fmt: skip
    if asked_by_htmx(request):
        return fragment(request, visitor, "clicks/results.html", values)
    return page(request, visitor, "clicks/page.html", values)


@router.get("/export.csv")
def export(visitor: Viewer, parts: Parts, search: Search) -> Response:
    """What the search finds, as CSV."""
    found = ClickSearch(parts.database, parts.link_keys)
    every = found.every(search.wanted(visitor.scope), names(parts, visitor.scope))
    headers = {"Content-Disposition": 'attachment; filename="lockgate-clicks.csv"'}
    return StreamingResponse(click_csv(every), media_type="text/csv; charset=utf-8", headers=headers)
