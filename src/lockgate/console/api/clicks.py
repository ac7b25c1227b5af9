"""Routes of the click log: searching it, and following it."""

from fastapi import APIRouter

from lockgate.console.api.callers import Reader
from lockgate.console.api.routes import After, Limit
from lockgate.console.api.shapes import REFUSALS, Shape
from lockgate.console.clicks.search import Search
from lockgate.console.organisation_names import names
from lockgate.console.parts import Parts
from lockgate.model.clicks import Click
from lockgate.reporting.click_search import ClickSearch
from lockgate.storage.clicks import Clicks
from lockgate.storage.feed_positions import SETTLED
from lockgate.storage.searching import PAGE, Cursor, cursor_from

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["clicks"])


class ClicksShape(Shape):
    """A page of the click log; `next` is `after` of the next page."""

    items: list[Click]
    next: str


@router.get("/clicks")
def search_clicks(caller: Reader, parts: Parts, search: Search, after: After = "", limit: Limit = PAGE) -> ClicksShape:
    """Search the click log, the newest first; `next` is empty on the last page."""
    tenants = names(parts, caller.scope)
    found = ClickSearch(parts.database, parts.link_keys).page(search.wanted(caller.scope), tenants, after, limit)
    return ClicksShape(items=list(found.clicks), next=found.older)


@router.get("/clicks/feed")
def follow_clicks(caller: Reader, parts: Parts, after: After = "", limit: Limit = PAGE) -> ClicksShape:
    """Clicks in their order, the oldest first; ask again with `next`, for ever. Each appears once, seconds later."""
    with parts.database.read() as unit:
        cursor = cursor_from(after) if after else None
        found = Clicks(unit).following(cursor, parts.clock() - SETTLED, limit=limit, scope=caller.scope)
    return ClicksShape(items=found, next=str(Cursor(found[-1].at, found[-1].id)) if found else after)
