"""The notice list, the newest first, and whether its mail arrives."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lockgate.console import searches
from lockgate.console.guard.visitors import Provider, Viewer
from lockgate.console.parts import Parts, needed
from lockgate.console.rendering import go_to, page
from lockgate.model.access import Role
from lockgate.notifications.events import TITLES
from lockgate.notifications.notices.settings import settings_of
from lockgate.storage.letters import Letters
from lockgate.storage.notifications import PAGE, Notifications
from lockgate.storage.service_accounts import ServiceAccounts

router = APIRouter(prefix="/notifications")
LETTERS = 8  # of the newest that are shown


@router.get("")
def show(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """A page of notices."""
    whole = visitor.access.may_everywhere(Role.VIEWER)  # the mail goes to whoever runs the installation
    with parts.database.read() as unit:
        told = Notifications(unit).newest(before=before, limit=PAGE + 1, scope=visitor.scope)
        letters = {one.id: one for one in Letters(unit).newest(LETTERS)} if whole else {}
        accounts = [one for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id]
        own = [(one, settings_of(unit, one.tenant_id)[0]) for one in accounts if visitor.sees(one.tenant_id)]
    shown = told[:PAGE]
    older = searches.address("/notifications", {}, before=str(shown[-1].number)) if len(told) > PAGE else ""
    values = {
        "told": shown, "older": older, "titles": TITLES, "letters": letters, "whole": whole, "own": own,
        "mailing": parts.event_mail.writer.mailing if parts.event_mail and whole else None,
    }  # fmt: skip
    return page(request, visitor, "notifications/page.html", values)


@router.post("/test")
def test(request: Request, visitor: Provider, parts: Parts) -> Response:
    """Send a test mail to the administrators."""
    needed(parts.event_mail, "Mail to administrators").test(visitor.account.name)
    return go_to(request, "/notifications", "The test mail is on its way; this page shows what became of it.")
