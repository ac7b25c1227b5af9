"""Routes that count what a search finds: how many rows have each value of a field. The same shape for every list."""

from fastapi import APIRouter

from lockgate.console.api.callers import Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.audit.search import Search as AuditSearch
from lockgate.console.clicks.search import Search as ClickQuery
from lockgate.console.organisation_names import names
from lockgate.console.parts import Parts
from lockgate.console.quarantine.search import Search as HeldSearch
from lockgate.console.trace.search import Search as TraceQuery
from lockgate.reporting.click_search import ClickSearch
from lockgate.reporting.counted_lists import OF_AUDIT, OF_CLICKS, OF_HELD, OF_MESSAGES
from lockgate.reporting.facets import Facets

router = APIRouter(prefix="/api/v1", responses=REFUSALS)


@router.get("/messages/facets", tags=["trace"])
def count_messages(caller: Reader, parts: Parts, search: TraceQuery) -> Facets:
    """Count what a search of the message trace finds, each field over what the other fields leave."""
    return OF_MESSAGES.facets(parts.database, search.wanted(caller.scope))


@router.get("/clicks/facets", tags=["clicks"])
def count_clicks(caller: Reader, parts: Parts, search: ClickQuery) -> Facets:
    """Count what a search of the click log finds, each field over what the other fields leave."""
    log = ClickSearch(parts.database, parts.link_keys)
    return OF_CLICKS.facets(parts.database, log.widened(search.wanted(caller.scope), names(parts, caller.scope)))


@router.get("/quarantine/facets", tags=["quarantine"])
def count_held(caller: Reader, parts: Parts, search: HeldSearch) -> Facets:
    """Count what a search of the quarantine finds, each field over what the other fields leave."""
    return OF_HELD.facets(parts.database, search.wanted(caller.scope))


@router.get("/audit/facets", tags=["audit"])
def count_entries(caller: Reader, parts: Parts, search: AuditSearch) -> Facets:
    """Count what a search of the audit log finds, each field over what the other fields leave."""
    return OF_AUDIT.facets(parts.database, search.wanted(caller.scope))
