"""Risky users of a period: every person of whom a sign was seen, and what the number is made of."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lockgate.console.dashboard.routes import PERIODS
from lockgate.console.guard.visitors import Viewer
from lockgate.console.organisation_names import names
from lockgate.console.parts import Parts
from lockgate.console.rendering import page
from lockgate.console.risk.rows import SIGNS, lines
from lockgate.model.risk import MOST, WORTH
from lockgate.reporting.risk import risky_people
from lockgate.reporting.summaries import Period

router = APIRouter(prefix="/risky-users")
SHOWN = 100


@router.get("")
def show(request: Request, visitor: Viewer, parts: Parts, period: Period = Period.WEEK) -> Response:
    """The list."""
    now = parts.clock()
    since, until = period.beginning(now), now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    with parts.database.read() as unit:
        people = risky_people(unit, since, until, visitor.scope)
    shown = [(person, lines(person, since, until)) for person in people[:SHOWN]]
    values = {
        "people": shown, "all": len(people), "period": period, "periods": PERIODS, "most": MOST,
        "tenants": names(parts, visitor.scope), "worth": [(SIGNS[sign], worth) for sign, worth in WORTH.items()],
    }  # fmt: skip
    return page(request, visitor, "risk/page.html", values)
