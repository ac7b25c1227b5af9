"""The dashboard: service status with what to do next, and the counts of a period, kept fresh by polling."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console.dashboard import drilling
from lockgate.console.dashboard.lists import count_lists
from lockgate.console.dashboard.status import GRANT, service_status, wants_activity_grant
from lockgate.console.guard.visitors import Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import fragment, in_place_of_all, page
from lockgate.model.access import Role
from lockgate.reporting.ageing import waiting_by_age
from lockgate.reporting.risk import risky_people
from lockgate.reporting.summaries import Period, summary
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.service_accounts import ServiceAccounts

router = APIRouter()
PERIODS = {Period.DAY: "24 hours", Period.WEEK: "7 days", Period.MONTH: "30 days"}


@router.get("/")
def show(request: Request, visitor: Viewer, parts: Parts, period: Period = Period.DAY) -> Response:
    """The whole page."""
    values = {**_services(parts, visitor), **_counts(parts, visitor, period)}
    return page(request, visitor, "dashboard/page.html", values)


@router.get("/dashboard/services")
def services(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """The table of services alone."""
    return fragment(request, visitor, "dashboard/services.html", _services(parts, visitor))


@router.get("/dashboard/counts")
def counts(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    period: Period = Period.DAY,
    shown: Annotated[str, Query(pattern="^(empty|counts)$")] = "counts",
) -> Response:
    """The counts alone; a page that showed none yet is renewed as a whole once there are some."""
    values = _counts(parts, visitor, period)
    if shown == "empty" and values["any"]:
        return in_place_of_all(show(request, visitor, parts, period))
    return fragment(request, visitor, "dashboard/fresh.html", values)


def _services(parts: ConsoleParts, visitor: Visitor) -> dict[str, object]:
    with parts.database.read() as unit:
        accounts = [one for one in ServiceAccounts(unit, parts.vault).all() if visitor.sees(one.tenant_id)]
    return {
        "services": [service_status(account) for account in accounts],
        "activity": next(
            (one for one in accounts if wants_activity_grant(one) and visitor.may(Role.ADMIN, one.tenant_id)), None
        ),
        "grant": GRANT,
    }


def _counts(parts: ConsoleParts, visitor: Visitor, period: Period) -> dict[str, object]:
    now = parts.clock()
    with parts.database.read() as unit:
        numbers = summary(unit, now, period, visitor.scope)
        waiting, oldest = HeldMessages(unit).waiting(scope=visitor.scope)
        aged = waiting_by_age(unit, now, visitor.scope)
        people = risky_people(unit, numbers.since, numbers.until, visitor.scope)
    return {
        "numbers": numbers, "period": period, "waiting": waiting, "oldest": oldest, "any": numbers.total or waiting,
        "threats": drilling.threats(numbers.bars, period), "mail_flow": drilling.mail_flow(numbers.bars, period),
        "delays": drilling.delays(numbers.bars, period), "delay": drilling.percentiles(numbers.latency, numbers.since),
        "lists": count_lists(numbers, aged, people, period), "periods": PERIODS, "found_in": drilling.trace_address,
    }  # fmt: skip
