"""The queue of reported mail, one report, and the three decisions about it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Analyst, Viewer
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.quarantine.frame import WithPictures, framed
from lockgate.console.rendering import go_to, page
from lockgate.end_users.reports.desk import ReportDesk
from lockgate.end_users.reports.similar import SAME, SENDER_SUBJECT
from lockgate.gateway.report_address import report_address
from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.errors import PermanentError
from lockgate.model.pull_back import Destination
from lockgate.model.tenant import Protection, name_for
from lockgate.model.user_report import OPEN, Mitigation, ReportState
from lockgate.quarantine.preview import Preview
from lockgate.storage.service_accounts import ServiceAccounts

router = APIRouter(prefix="/reported-mail")
NAME = "Reported mail"
DECIDED = tuple(one for one in ReportState if one not in OPEN)
CHOICES = {"open": OPEN, "decided": DECIDED}
PERIODS = {7: "7 days", 30: "30 days", 90: "90 days", 365: "a year"}
Chosen = Annotated[list[str], Form(max_length=100)]


def desk_of(parts: ConsoleParts) -> ReportDesk:
    """The desk; raises TemporaryError where it does not run."""
    return needed(parts.reports, NAME)


@router.get("")
def queue(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    show: Annotated[str, Query(pattern="^(open|decided)$")] = "open",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Reports, the newest first, and the address to which people send them."""
    found = desk_of(parts).page(CHOICES[show], visitor.scope, after)
    addresses, without = _ways_in(parts, visitor.scope)
    values = {
        "reports": found.reports, "older": found.older, "after": after, "show": show,
        "tenants": names(parts, visitor.scope), "addresses": addresses, "without": without,
    }  # fmt: skip
    return page(request, visitor, "reported_mail/page.html", values)


@router.get("/{report_id}")
async def one(
    request: Request, visitor: Viewer, parts: Parts, report_id: str, pictures: WithPictures = False
) -> Response:
    """One report: what was reported, what we think of it today, what is like it, what can be done."""
    desk = desk_of(parts)
    report = await asyncio.to_thread(desk.report, report_id)
    preview, unreadable = await _preview(parts, desk, report_id)
    judgement = report.judgement
    senders = [judgement.header_from, f"*@{judgement.header_from.rpartition('@')[2]}"] if judgement else []
    values = {
        "report": report, "similar": await asyncio.to_thread(desk.similar, report_id), "preview": preview,
        "unreadable": unreadable, "close": (SAME, SENDER_SUBJECT), "destinations": list(Destination),
        "senders": [one for one in senders if "@" in one and not one.endswith("@")], "periods": PERIODS,
        "waiting": report.state is ReportState.WAITING, "open": report.state in OPEN, "with_pictures": pictures,
    }  # fmt: skip
    return await asyncio.to_thread(page, request, visitor, "reported_mail/report.html", values)


@router.get("/{report_id}/body")
async def body(_visitor: Viewer, parts: Parts, report_id: str, pictures: WithPictures = False) -> Response:
    """The harmless HTML, for the frame of the page above; with the pictures that the message carries, if wanted."""
    content = await asyncio.to_thread(desk_of(parts).content, report_id)
    shown = await needed(parts.reader, NAME).read(content, with_pictures=pictures)
    return framed(shown.html, with_pictures=pictures)


@router.post("/{report_id}/approve")
def approve(request: Request, visitor: Analyst, parts: Parts, report_id: str) -> Response:
    """The message was harmless."""
    desk_of(parts).approve(report_id, visitor.author)
    return go_to(request, f"/reported-mail/{report_id}", "Decided: the message is harmless.")


@router.post("/{report_id}/reject")
def reject(
    request: Request,
    visitor: Analyst,
    parts: Parts,
    report_id: str,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Nothing follows from the report."""
    desk_of(parts).reject(report_id, visitor.author, note)
    return go_to(request, f"/reported-mail/{report_id}", "Decided: nothing follows from this report.")


@router.post("/{report_id}/mitigate")
def mitigate(
    request: Request,
    visitor: Analyst,
    parts: Parts,
    report_id: str,
    to: Annotated[Destination, Form()],
    days: Annotated[int, Form(ge=1, le=365)],
    message: Chosen = [],  # noqa: B006 - FastAPI copies it
    sender: Chosen = [],  # noqa: B006 - FastAPI copies it
    host: Chosen = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """The message was dangerous: do what was chosen."""
    what = Mitigation(tuple(message), to, tuple(sender), tuple(host), days)
    done = desk_of(parts).mitigate(report_id, what, visitor.author)
    return go_to(request, f"/reported-mail/{report_id}", f"Decided: the message is dangerous. {done.note}")


async def _preview(parts: ConsoleParts, desk: ReportDesk, report_id: str) -> tuple[Preview | None, str]:
    try:
        content = await asyncio.to_thread(desk.content, report_id)
        return await needed(parts.reader, NAME).read(content), ""
    except PermanentError as error:
        return None, str(error)


def _ways_in(parts: ConsoleParts, scope: Scope) -> tuple[list[str], list[str]]:
    """Where the people of these organisations send reports, and of which organisations it does not work yet.

    Mail to that address leaves by the routing rule of outgoing mail: there is no other way that proves who wrote.
    """
    with parts.database.read() as unit:
        accounts = [one for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id]
    mine = [one for one in accounts if parts.gateway_names and (scope is None or one.tenant_id in scope)]
    live = [one for one in mine if one.protection(Direction.OUTBOUND) is Protection.LIVE]
    addresses = {report_address(name_for(parts.gateway_names, one.domains)) for one in live}
    return sorted(addresses), sorted(one.tenant_name or one.tenant_id for one in mine if one not in live)
