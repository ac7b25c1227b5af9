"""The data loss log: what left or was kept from leaving, by template, with values masked."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console import searches
from lockgate.console.data_loss.search import DETECTOR, Search
from lockgate.console.facets import narrowing
from lockgate.console.guard.visitors import Viewer
from lockgate.console.logs import DATA_LOSS, ground_of
from lockgate.console.organisation_names import names
from lockgate.console.parts import Parts
from lockgate.console.policy_names import policy_names
from lockgate.console.rendering import asked_by_htmx, fragment, page
from lockgate.console.saved_searches.row import kept_searches
from lockgate.detection.data_loss.catalogue import shipped_catalogue
from lockgate.model.lifecycle import State
from lockgate.model.saved_search import Log
from lockgate.model.trace import MessageTrace
from lockgate.reporting.exported_lists import templates
from lockgate.reporting.trace_search import TraceSearch

router = APIRouter(prefix="/data-loss")


@router.get("/cases")
def search(
    request: Request, visitor: Viewer, parts: Parts, search: Search, after: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """The form with what it found; htmx gets the results alone."""
    wanted, fields = search.wanted(visitor.scope), search.fields()
    found = TraceSearch(parts.database).page(wanted, after)
    called = {
        "template": {one.id: one.name for one in shipped_catalogue().templates.values()},
        "tenant": names(parts, visitor.scope),
        "policy": policy_names(parts, visitor.scope),
    }
    counted = DATA_LOSS.facets(ground_of(parts, visitor.scope), wanted)
    values: dict[str, object] = {
        "cases": [(one, templates(one), _told(one)) for one in found.traces],
        "called": called["template"],
        "fields": fields,
        "states": list(State),
        "tenants": called["tenant"],
        "kept": kept_searches(parts, visitor, Log.DATA_LOSS, called["tenant"]),
        "narrowing": narrowing(DATA_LOSS.path, fields, counted, called),
        "older": searches.address(DATA_LOSS.path, fields, after=found.older) if found.older else "",
        "newest": searches.address(DATA_LOSS.path, fields) if after else "",
    }
    if asked_by_htmx(request):
        return fragment(request, visitor, "data_loss/cases_found.html", values)
    return page(request, visitor, "data_loss/cases.html", values)


def _told(trace: MessageTrace) -> list[str]:
    """What was found where, as the detector has masked it."""
    return [one.excerpt for finding in trace.findings if finding.detector == DETECTOR for one in finding.evidence]
