"""Routes that count what a search finds: how many rows have each value of a field. The same shape for every list."""

from fastapi import APIRouter

from lockgate.console.api.callers import Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.audit.search import Search as AuditSearch
from lockgate.console.clicks.search import Search as ClickQuery
from lockgate.console.data_loss.search import Search as CaseSearch
from lockgate.console.logs import AUDIT, CLICKS, DATA_LOSS, QUARANTINE, TRACE, ground_of
from lockgate.console.parts import Parts
from lockgate.console.quarantine.search import Search as HeldSearch
from lockgate.console.trace.search import Search as TraceQuery
from lockgate.reporting.facets import Facets

router = APIRouter(prefix="/api/v1", responses=REFUSALS)


@router.get("/messages/facets", tags=["trace"])
def count_messages(caller: Reader, parts: Parts, search: TraceQuery) -> Facets:
    """Count what a search of the message trace finds, each field over what the other fields leave."""
    return TRACE.facets(ground_of(parts, caller.scope), search.wanted(caller.scope))


@router.get("/clicks/facets", tags=["clicks"])
def count_clicks(caller: Reader, parts: Parts, search: ClickQuery) -> Facets:
    """Count what a search of the click log finds, each field over what the other fields leave."""
    return CLICKS.facets(ground_of(parts, caller.scope), search.wanted(caller.scope))


@router.get("/quarantine/facets", tags=["quarantine"])
def count_held(caller: Reader, parts: Parts, search: HeldSearch) -> Facets:
    """Count what a search of the quarantine finds, each field over what the other fields leave."""
    return QUARANTINE.facets(ground_of(parts, caller.scope), search.wanted(caller.scope))


@router.get("/data-loss-cases/facets", tags=["data loss"])
def count_cases(caller: Reader, parts: Parts, search: CaseSearch) -> Facets:
    """Count what a search of the data loss log finds, each field over what the other fields leave."""
    return DATA_LOSS.facets(ground_of(parts, caller.scope), search.wanted(caller.scope))


@router.get("/audit/facets", tags=["audit"])
def count_entries(caller: Reader, parts: Parts, search: AuditSearch) -> Facets:
    """Count what a search of the audit log finds, each field over what the other fields leave."""
    return AUDIT.facets(ground_of(parts, caller.scope), search.wanted(caller.scope))
