"""Search over the trace, and one message with everything about it."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from lockgate.console import searches
from lockgate.console.facets import narrowing
from lockgate.console.guard.visitors import Analyst, Viewer
from lockgate.console.logs import TRACE, ground_of
from lockgate.console.organisation_names import names
from lockgate.console.parts import Parts, needed
from lockgate.console.policy_names import policy_names
from lockgate.console.rendering import asked_by_htmx, fragment, go_to, page
from lockgate.console.saved_searches.row import kept_searches
from lockgate.console.trace.search import Search
from lockgate.detection.counterfactual import what_would_change
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.pull_back import Destination
from lockgate.model.saved_search import Log
from lockgate.reporting.trace_search import TraceSearch
from lockgate.storage.clicks import ClickFilter, Clicks
from lockgate.storage.held_messages import HeldFilter, HeldMessages

router = APIRouter(prefix="/trace")
DESTINATIONS = {
    Destination.JUNK: "Junk Email", Destination.DELETED_ITEMS: "Deleted Items",
    Destination.QUARANTINE: "our quarantine",
}  # fmt: skip
CHOICES: dict[str, object] = {"directions": list(Direction), "verdicts": list(Verdict), "states": list(State)}


@router.get("")
def search(
    request: Request, visitor: Viewer, parts: Parts, search: Search, after: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """The form with what it found; htmx gets the results alone."""
    wanted = search.wanted(visitor.scope)
    found = TraceSearch(parts.database).page(wanted, after)
    tenants = names(parts, visitor.scope)
    fields = search.fields()
    called = {"tenant": tenants, "policy": policy_names(parts, visitor.scope)}
    values: dict[str, object] = {
        "traces": found.traces,
        "fields": fields,
        "tenants": tenants,
        "kept": kept_searches(parts, visitor, Log.TRACE, tenants),
        "narrowing": narrowing("/trace", fields, TRACE.facets(ground_of(parts, visitor.scope), wanted), called),
        "older": searches.address("/trace", fields, after=found.older) if found.older else "",
        "newest": searches.address("/trace", fields) if after else "",
        **CHOICES,
    }
    if asked_by_htmx(request):
        return fragment(request, visitor, "trace/results.html", values)
    return page(request, visitor, "trace/page.html", values)


@router.get("/{message_id}")
def show(request: Request, visitor: Viewer, parts: Parts, message_id: str) -> Response:
    """One message: facts, recipients with reasons, findings with evidence, every step."""
    trace = TraceSearch(parts.database).message(message_id)
    with parts.database.read() as unit:
        held = HeldMessages(unit).search(HeldFilter(message_id=message_id))
        clicks = Clicks(unit).search(ClickFilter(trace.tenant_id, message_id=message_id))
    started = trace.received_at
    steps = [(event, (event.at - started).total_seconds()) for event in trace.events]
    standing = parts.pull_backs.standing(message_id) if parts.pull_backs else []
    values = {
        "trace": trace, "held": held, "steps": steps, "standing": standing, "destinations": DESTINATIONS,
        "clicks": clicks,
        "hangs_on": what_would_change(trace.findings),
        "can_pull_back": parts.pull_backs is not None and trace.direction is Direction.INBOUND
        and bool(trace.internet_message_id and trace.tenant_id),
    }  # fmt: skip
    return page(request, visitor, "trace/message.html", values)


@router.post("/{message_id}/pull-back")
def pull_back(
    request: Request,
    visitor: Analyst,
    parts: Parts,
    message_id: str,
    to: Annotated[Destination, Form()],
    everywhere: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Take the message back out of mailboxes."""
    requests = needed(parts.pull_backs, "Taking mail back")
    requests.pull_back(message_id, to, visitor.author, everywhere=everywhere == "on")
    return go_to(request, f"/trace/{message_id}", "The message is being taken back; load it again to see how far.")


@router.post("/{message_id}/put-back")
def put_back(
    request: Request,
    visitor: Analyst,
    parts: Parts,
    message_id: str,
    pull_back: Annotated[str, Form(max_length=64)],
) -> Response:
    """Put it where it was."""
    needed(parts.pull_backs, "Taking mail back").put_back(message_id, pull_back, visitor.author)
    return go_to(request, f"/trace/{message_id}", "The message is being put back.")
