"""Routes that give all that a search finds, CSV or JSON Lines, while it is read. Each is noted in the audit log."""

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from lockgate.console.api.callers import Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.audit.search import Search as AuditSearch
from lockgate.console.clicks.search import Search as ClickQuery
from lockgate.console.data_loss.search import Search as CaseSearch
from lockgate.console.exports.streaming import exported
from lockgate.console.parts import Parts
from lockgate.console.quarantine.search import Search as HeldSearch
from lockgate.console.trace.search import Search as TraceQuery
from lockgate.model.saved_search import Log
from lockgate.reporting.exports import Form

KINDS = {one.media_type.partition(";")[0]: {"schema": {"type": "string"}} for one in Form}
FILES = REFUSALS | {200: {"description": "The file.", "content": KINDS}}
router = APIRouter(prefix="/api/v1", responses=FILES, default_response_class=StreamingResponse)


@router.get("/messages/export/{form}", tags=["trace"])
def export_messages(caller: Reader, parts: Parts, form: Form, search: TraceQuery) -> StreamingResponse:
    """Every message of the trace that is found; as CSV a line per recipient."""
    return exported(parts, caller.author, caller.scope, Log.TRACE, form, search.fields())


@router.get("/clicks/export/{form}", tags=["clicks"])
def export_clicks(caller: Reader, parts: Parts, form: Form, search: ClickQuery) -> StreamingResponse:
    """Every click that is found."""
    return exported(parts, caller.author, caller.scope, Log.CLICKS, form, search.fields())


@router.get("/quarantine/export/{form}", tags=["quarantine"])
def export_held(caller: Reader, parts: Parts, form: Form, search: HeldSearch) -> StreamingResponse:
    """Every held message that is found, without its content; as CSV a line per recipient."""
    return exported(parts, caller.author, caller.scope, Log.QUARANTINE, form, search.fields())


@router.get("/data-loss-cases/export/{form}", tags=["data loss"])
def export_cases(caller: Reader, parts: Parts, form: Form, search: CaseSearch) -> StreamingResponse:
    """Every case of data loss that is found, values masked; as CSV a line per recipient."""
    return exported(parts, caller.author, caller.scope, Log.DATA_LOSS, form, search.fields())


@router.get("/audit/export/{form}", tags=["audit"])
def export_entries(caller: Reader, parts: Parts, form: Form, search: AuditSearch) -> StreamingResponse:
    """Every act of the audit log that is found."""
    return exported(parts, caller.author, caller.scope, Log.AUDIT, form, search.fields())
