"""Routes of how long an organisation's mail is kept, held messages by what holds them too."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Administrator, Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.api.tuning import Id
from lockgate.console.organisations.retention import LONGEST, keep_for, kept_by, let_go
from lockgate.console.parts import Parts
from lockgate.model.end_user import Reason
from lockgate.model.tenant import OwnRetention

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["service accounts"])
Days = Annotated[int, Field(ge=1, le=LONGEST)]


class RetentionShape(BaseModel):
    """Days; null as the settings say. `by_reason` goes before `quarantine`, for messages held for that reason."""

    model_config = ConfigDict(extra="forbid")
    quarantine: Days | None = None
    traces: Days | None = None
    detections: Days | None = None
    data_loss: Days | None = None
    clicks: Days | None = None
    by_reason: dict[Reason, Days] = {}


class Kept(RetentionShape):
    """What holds now; `dated_anew`: held messages that were given another end."""

    dated_anew: int = 0


@router.get("/accounts/{account_id}/retention")
async def show_retention(_caller: Reader, parts: Parts, account_id: Id) -> RetentionShape:
    """How long the organisation's mail is kept."""
    return _shape(await asyncio.to_thread(kept_by, parts, account_id))


@router.put("/accounts/{account_id}/retention")
async def replace_retention(
    caller: Administrator,
    parts: Parts,
    account_id: Id,
    wanted: RetentionShape,
    held_too: Annotated[bool, Query(description="Also what is held already; a day's notice at least.")] = False,
) -> Kept:
    """Replace all of it; it counts for what is held from now on."""
    own = OwnRetention(**dict(wanted))
    dated = await asyncio.to_thread(keep_for, parts, account_id, own, caller.author, held_too=held_too)
    return Kept(**dict(_shape(own)), dated_anew=dated)


class LettingGo(BaseModel):
    """Whether held mail that later verdicts call clean is released by itself."""

    lets_go: bool


@router.put("/accounts/{account_id}/letting-go")
async def choose_letting_go(caller: Administrator, parts: Parts, account_id: Id, wanted: LettingGo) -> LettingGo:
    """Choose it. Only spam, bulk mail, phishing and fraud go, after the bytes were inspected anew."""
    await asyncio.to_thread(let_go, parts, account_id, caller.author, on=wanted.lets_go)
    return wanted


def _shape(own: OwnRetention) -> RetentionShape:
    return RetentionShape(**{name: getattr(own, name) for name in RetentionShape.model_fields})
