"""The dashboard: service status with what to do next, and the counts of the last day, kept fresh by polling."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from lockgate.console.dashboard.status import GRANT, service_status, wants_activity_grant
from lockgate.console.guard.visitors import Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import fragment, page
from lockgate.model.access import Role
from lockgate.reporting.summaries import last_day
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.service_accounts import ServiceAccounts

router = APIRouter()


@router.get("/")
def show(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """The whole page."""
    return page(request, visitor, "dashboard/page.html", {**_services(parts, visitor), **_counts(parts, visitor)})


@router.get("/dashboard/services")
def services(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """The table of services alone."""
    return fragment(request, visitor, "dashboard/services.html", _services(parts, visitor))


@router.get("/dashboard/counts")
def counts(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """The counts alone."""
    return fragment(request, visitor, "dashboard/counts.html", _counts(parts, visitor))


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


def _counts(parts: ConsoleParts, visitor: Visitor) -> dict[str, object]:
    now = parts.clock()
    with parts.database.read() as unit:
        numbers = last_day(unit, now, visitor.scope)
        waiting, oldest = HeldMessages(unit).waiting(scope=visitor.scope)
    return {"numbers": numbers, "waiting": waiting, "oldest": oldest}
