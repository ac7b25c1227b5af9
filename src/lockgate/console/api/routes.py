"""The routes of version 1. Programs sign in with a bearer token."""

from datetime import timedelta
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from lockgate.console.api.callers import Administrator, Changer, Reader
from lockgate.console.api.shapes import (
    REFUSALS,
    AccountShape,
    Count,
    Counts,
    DataLossText,
    HeldPage,
    HeldShape,
    Messages,
    Moved,
    Recipients,
    ReleaseWish,
    WaitingMail,
    account_shape,
    held_shape,
)
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.quarantine.search import Search as HeldSearch
from lockgate.console.trace.search import Search as TraceQuery
from lockgate.data_loss.own_rules import save_rules, saved_rules
from lockgate.model.service_account import ServiceAccount
from lockgate.model.trace import MessageTrace
from lockgate.policy.serialisation import to_json
from lockgate.reporting.trace_search import TraceSearch
from lockgate.storage.feed_positions import SETTLED
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.policies import PolicyStore
from lockgate.storage.searching import PAGE, Cursor, cursor_from
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.tallies import Tallies
from lockgate.storage.traces import Traces

router = APIRouter(prefix="/api/v1", responses=REFUSALS)
After = Annotated[str, Query(max_length=100, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=500)]
Id = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
MOST_HOURS = 24 * 31
Thing = TypeVar("Thing")


@router.get("/openapi.json", include_in_schema=False)
def description(request: Request, _caller: Reader) -> Response:
    """The description of this API."""
    return JSONResponse(request.app.openapi())


@router.get("/messages", tags=["trace"])
def search_messages(
    caller: Reader,
    parts: Parts,
    search: TraceQuery,
    after: After = "",
    limit: Limit = PAGE,
) -> Messages:
    """Search the message trace."""
    found = TraceSearch(parts.database).page(search.wanted(caller.scope), after, limit)
    return Messages(items=list(found.traces), next=found.older)


@router.get("/feed", tags=["trace"])
def follow(caller: Reader, parts: Parts, after: After = "", limit: Limit = PAGE) -> Messages:
    """Messages in the order in which they were finished, the oldest first; ask again with `next`, for ever.

    A message appears most of a minute after it was finished, each once.
    """
    with parts.database.read() as unit:
        cursor = cursor_from(after) if after else None
        found = Traces(unit).finished(cursor, parts.clock() - SETTLED, limit=limit, scope=caller.scope)
    return Messages(items=found, next=str(Cursor(found[-1].finished_at, found[-1].id)) if found else after)


@router.get("/messages/{message_id}", tags=["trace"])
def show_message(_caller: Reader, parts: Parts, message_id: Id) -> MessageTrace:
    """One message with every recipient, finding and step."""
    with parts.database.read() as unit:
        trace = Traces(unit).get(message_id)
    return _found(trace, "message")


@router.get("/quarantine", tags=["quarantine"])
def search_quarantine(
    caller: Reader,
    parts: Parts,
    search: HeldSearch,
    after: After = "",
    limit: Limit = PAGE,
) -> HeldPage:
    """Search the quarantine."""
    with parts.database.read() as unit:
        cursor = cursor_from(after) if after else None
        found = HeldMessages(unit).search(search.wanted(caller.scope), after=cursor, limit=limit + 1)
    last = found[limit - 1].held if len(found) > limit else None
    return HeldPage(
        items=[held_shape(item) for item in found[:limit]], next=str(Cursor(last.held_at, last.id)) if last else ""
    )


@router.get("/quarantine/{held_id}", tags=["quarantine"])
def show_held(_caller: Reader, parts: Parts, held_id: Id) -> HeldShape:
    """One held message."""
    with parts.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
    return held_shape(_found(item, "held message"))


@router.post("/quarantine/{held_id}/release", tags=["quarantine"])
async def release(caller: Changer, parts: Parts, held_id: Id, which: ReleaseWish) -> Moved:
    """Send a held message on. Releasing twice delivers once."""
    quarantine = needed(parts.quarantine, "The quarantine")
    released = await quarantine.release(
        held_id, which.recipients, caller.author, false_positive=which.false_positive
    )  # fmt: skip
    return Moved(recipients=list(released))


@router.post("/quarantine/{held_id}/delete", tags=["quarantine"])
async def delete(caller: Changer, parts: Parts, held_id: Id, which: Recipients) -> Moved:
    """Give a held message up for good."""
    quarantine = needed(parts.quarantine, "The quarantine")
    return Moved(recipients=list(await quarantine.delete(held_id, which.recipients, caller.author)))


@router.get("/policies", tags=["policies"])
def policies(caller: Reader, parts: Parts) -> list[dict[str, object]]:
    """Every policy in force, with its tenant, in the order in which they are looked at."""
    with parts.database.read() as unit:
        found = PolicyStore(unit).all_current().values()
    sets = [one for one in found if caller.scope is None or one.tenant_id in caller.scope]
    return [{"tenant_id": one.tenant_id, **to_json(policy)} for one in sets for policy in one.policies]


@router.get("/data-loss/{account_id}", tags=["data loss"])
def data_loss_rules(_caller: Reader, parts: Parts, account_id: Id) -> DataLossText:
    """An organisation's own data loss rules (TOML; docs/data-loss.md)."""
    text, version = saved_rules(parts.database, _account(parts, account_id).tenant_id)
    return DataLossText(text=text, version=version)


@router.put("/data-loss/{account_id}", tags=["data loss"])
def save_data_loss_rules(caller: Administrator, parts: Parts, account_id: Id, rules: DataLossText) -> DataLossText:
    """Replace them; `version` is the one that was changed, 0 for none. In force within a second."""
    tenant_id = _account(parts, account_id).tenant_id
    saved = save_rules(parts.database, tenant_id, rules.text, caller.author, seen=rules.version)
    return DataLossText(text=rules.text, version=saved.version)


@router.get("/accounts", tags=["service accounts"])
def accounts(caller: Reader, parts: Parts) -> list[AccountShape]:
    """Every service account."""
    mine = [one for one in _accounts(parts) if caller.scope is None or one.tenant_id in caller.scope]
    return [account_shape(account) for account in mine]


@router.get("/accounts/{account_id}", tags=["service accounts"])
def account(_caller: Reader, parts: Parts, account_id: Id) -> AccountShape:
    """One service account with its state."""
    return account_shape(_account(parts, account_id))


@router.post("/accounts/{account_id}/leave-now", tags=["service accounts"], status_code=202)
def leave_now(caller: Administrator, parts: Parts, account_id: Id) -> WaitingMail:
    """Let a removal that waits for mail go on; recipients whose mail that concerns.

    What the gateway has accepted is delivered first; what Exchange keeps for it goes back to its senders.
    """
    waiting = needed(parts.grants, "The connection to Microsoft 365").leave_now(account_id, caller.author)
    return WaitingMail(in_custody=waiting.in_custody, in_exchange=waiting.in_exchange)


@router.get("/counts", tags=["counts"])
def counts(
    caller: Reader,
    parts: Parts,
    hours: Annotated[int, Query(ge=1, le=MOST_HOURS)] = 24,
) -> Counts:
    """What was counted in the last hours, by hour, direction and kind."""
    now = parts.clock()
    with parts.database.read() as unit:
        tallies = Tallies(unit).between(now - timedelta(hours=hours), now + timedelta(hours=1), scope=caller.scope)
        waiting, _ = HeldMessages(unit).waiting(scope=caller.scope)
    items = [
        Count(hour=one.hour, direction=one.direction, kind=one.kind, value=one.value, count=one.count)
        for one in tallies
    ]
    return Counts(items=items, waiting_in_quarantine=waiting)


def _account(parts: ConsoleParts, account_id: str) -> ServiceAccount:
    return _found(next((one for one in _accounts(parts) if one.id == account_id), None), "service account")


def _accounts(parts: ConsoleParts) -> list[ServiceAccount]:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).all()


def _found(thing: Thing | None, name: str) -> Thing:
    if thing is None:
        raise HTTPException(404, f"There is no such {name}; it may not be kept any more.")
    return thing
