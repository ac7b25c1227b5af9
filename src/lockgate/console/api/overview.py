"""The dashboard's numbers for programs."""

from fastapi import APIRouter

from lockgate.console.api.callers import Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.parts import Parts
from lockgate.reporting.overview import Overview, overview
from lockgate.reporting.summaries import Period

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["counts"])


@router.get("/overview")
def show(caller: Reader, parts: Parts, period: Period = Period.DAY) -> Overview:
    """What the dashboard shows: threats, mail flow, times to our answer, people, policies, quarantine by age."""
    with parts.database.read() as unit:
        return overview(unit, parts.clock(), period, caller.scope)
