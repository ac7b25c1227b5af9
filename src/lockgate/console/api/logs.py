"""Routes of the audit log and the data loss log."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from lockgate.console.api.callers import Reader
from lockgate.console.api.routes import After, Limit
from lockgate.console.api.shapes import REFUSALS, Messages, Shape
from lockgate.console.audit.search import Search
from lockgate.console.data_loss.search import Search as CaseSearch
from lockgate.console.parts import Parts
from lockgate.reporting.trace_search import TraceSearch
from lockgate.storage.audit import PAGE, AuditEntry, AuditLog

router = APIRouter(prefix="/api/v1", responses=REFUSALS)


class AuditShape(Shape):
    """An act; `before` and `after` hold what changed, without secrets."""

    number: int
    at: datetime
    actor: str
    act: str
    subject: str
    tenant_id: str
    peer: str
    before: dict[str, object]
    after: dict[str, object]


class AuditPage(Shape):
    """A page of the audit log, the newest first; `next` is `before` of the next page, null on the last."""

    items: list[AuditShape]
    next: int | None


def audit_shape(entry: AuditEntry) -> AuditShape:
    """As the API shows an entry."""
    return AuditShape.model_validate(entry, from_attributes=True)


@router.get("/audit", tags=["audit"])
def search_audit(
    caller: Reader,
    parts: Parts,
    search: Search,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before.")] = None,
    limit: Limit = PAGE,
) -> AuditPage:
    """Search the audit log."""
    with parts.database.read() as unit:
        found = AuditLog(unit).search(search.wanted(caller.scope), before=before, limit=limit + 1)
    shown = found[:limit]
    return AuditPage(items=[audit_shape(one) for one in shown], next=shown[-1].number if len(found) > limit else None)


@router.get("/data-loss-cases", tags=["data loss"])
def search_cases(caller: Reader, parts: Parts, search: CaseSearch, after: After = "", limit: Limit = 50) -> Messages:
    """Search messages that were a case of a data loss template; values are masked in their findings."""
    found = TraceSearch(parts.database).page(search.wanted(caller.scope), after, limit)
    return Messages(items=list(found.traces), next=found.older)
