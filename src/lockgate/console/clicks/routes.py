"""Search over the click log."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console import searches
from lockgate.console.clicks.search import Search
from lockgate.console.facets import narrowing
from lockgate.console.guard.visitors import Viewer
from lockgate.console.logs import CLICKS, ground_of
from lockgate.console.organisation_names import names
from lockgate.console.parts import Parts
from lockgate.console.rendering import asked_by_htmx, fragment, page
from lockgate.console.saved_searches.row import kept_searches
from lockgate.model.clicks import ClickOutcome, LinkVerdict
from lockgate.model.saved_search import Log
from lockgate.reporting.click_search import ClickSearch

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
    counted = CLICKS.facets(ground_of(parts, visitor.scope), wanted)
    fields = search.fields()
    values: dict[str, object] = {
        "clicks": found.clicks, "fields": fields, "tenants": tenants, "tones": TONES,
        "verdicts": list(LinkVerdict), "outcomes": list(ClickOutcome), "has_link_service": parts.has_link_service,
        "older": searches.address("/clicks", fields, after=found.older) if found.older else "",
        "newest": searches.address("/clicks", fields) if after else "",
        "kept": kept_searches(parts, visitor, Log.CLICKS, tenants),
        "narrowing": narrowing("/clicks", fields, counted, {"tenant": tenants}),
    }  # fmt: skip
    if asked_by_htmx(request):
        return fragment(request, visitor, "clicks/results.html", values)
    return page(request, visitor, "clicks/page.html", values)
