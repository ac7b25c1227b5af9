"""Routes of searches that are kept under a name. `fields` are the parameters of the list's own search."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from lockgate.console.api.callers import Caller, Reader
from lockgate.console.api.routes import Id
from lockgate.console.api.shapes import REFUSALS, Shape
from lockgate.console.parts import Parts
from lockgate.console.saved_searches.keeping import Keeper, address_of, forget, keep, seen_by
from lockgate.model.saved_search import Log, SavedSearch

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["saved searches"])


class SearchWish(Shape):
    """A search to keep; `shared_with` is empty, a tenant id, or * for everybody with a role everywhere."""

    log: Log
    name: str = Field(min_length=1, max_length=80)
    fields: dict[str, str]
    shared_with: str = Field(default="", max_length=64)


class SearchShape(Shape):
    """A kept search; `address` is its page in the console."""

    id: str
    log: Log
    name: str
    fields: dict[str, str]
    owner: str
    shared_with: str
    saved_at: datetime
    address: str


@router.get("/searches")
def saved_searches(caller: Reader, parts: Parts, log: Log | None = None) -> list[SearchShape]:
    """The caller's own, and those that are shared with it, by name."""
    return [_shape(one) for one in seen_by(parts, _keeper(caller), log)]


@router.post("/searches", status_code=201)
def keep_search(caller: Reader, parts: Parts, wish: SearchWish) -> SearchShape:
    """Keep a search; what the caller had under that name for that list is replaced."""
    return _shape(keep(parts, _keeper(caller), wish.log, wish.name, wish.fields, wish.shared_with))


@router.delete("/searches/{search_id}")
def forget_search(caller: Reader, parts: Parts, search_id: Id) -> SearchShape:
    """Delete a search of one's own, or as an administrator one that is shared."""
    return _shape(forget(parts, _keeper(caller), search_id))


def _keeper(caller: Caller) -> Keeper:
    return Keeper(caller.id, caller.author, caller.access)


def _shape(one: SavedSearch) -> SearchShape:
    return SearchShape(
        id=one.id, log=one.log, name=one.name, fields=dict(one.fields), owner=one.owner, shared_with=one.shared_with,
        saved_at=one.saved_at, address=address_of(one),
    )  # fmt: skip
