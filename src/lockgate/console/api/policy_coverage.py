"""Route of the inventory: which mailboxes no policy acts for."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from lockgate.console.api.callers import Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.api.tuning import Id
from lockgate.console.parts import Parts
from lockgate.console.policies.coverage import OPEN, covered
from lockgate.model.envelope import Direction
from lockgate.tuning.policy_coverage import Cover, Covered

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["policies"])


class CountShape(BaseModel):
    """How many mailboxes are covered so."""

    direction: Direction
    cover: Cover
    mailboxes: int


class CoverageShape(BaseModel):
    """`rows` are those asked for, by address; with `more` ask again with a larger `skip`."""

    mailboxes: int
    counts: list[CountShape]
    rows: list[Covered]
    more: bool


@router.get("/accounts/{account_id}/policies/coverage")
def policy_coverage(
    _caller: Reader,
    parts: Parts,
    account_id: Id,
    cover: Annotated[list[Cover], Query(description="Left out: everything but protected.")] = [],  # noqa: B006
    direction: Direction | None = None,
    skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CoverageShape:
    """Which policy decides for each mailbox now, and which have none, or one that only monitors."""
    covers = frozenset(cover) or OPEN
    told = covered(parts, account_id, covers=covers, direction=direction, skip=skip, most=limit)
    counts = [CountShape(direction=way, cover=how, mailboxes=n) for (way, how), n in sorted(told.counts.items())]
    return CoverageShape(mailboxes=told.mailboxes, counts=counts, rows=list(told.rows), more=told.more)
