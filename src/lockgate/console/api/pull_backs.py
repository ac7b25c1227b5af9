"""Taking delivered mail back, for programs."""

from typing import Annotated

from fastapi import APIRouter, Path

from lockgate.console.api.callers import Changer, Reader
from lockgate.console.api.routes import Id
from lockgate.console.api.shapes import REFUSALS, PullBackShape, PullBackWish, pull_back_shape
from lockgate.console.parts import Parts, needed

router = APIRouter(prefix="/api/v1", responses=REFUSALS)
PullBackId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
NAME = "Taking mail back"


@router.get("/messages/{message_id}/pull-backs", tags=["trace"])
def pull_backs(_caller: Reader, parts: Parts, message_id: Id) -> list[PullBackShape]:
    """Every request to take this message back, the newest first, with how far it is."""
    return [pull_back_shape(one) for one in needed(parts.pull_backs, NAME).standing(message_id)]


@router.post("/messages/{message_id}/pull-backs", tags=["trace"], status_code=202)
def pull_back(caller: Changer, parts: Parts, message_id: Id, wish: PullBackWish) -> PullBackShape:
    """Take a delivered message back out of mailboxes. It takes a while: ask again how far it is."""
    requests = needed(parts.pull_backs, NAME)
    requests.pull_back(message_id, wish.to, caller.author, everywhere=wish.everywhere)
    return pull_back_shape(requests.standing(message_id)[0])


@router.post("/messages/{message_id}/pull-backs/{pull_back_id}/return", tags=["trace"], status_code=202)
def put_back(caller: Changer, parts: Parts, message_id: Id, pull_back_id: PullBackId) -> PullBackShape:
    """Put it where it was. What was taken into the quarantine is delivered anew."""
    requests = needed(parts.pull_backs, NAME)
    requests.put_back(message_id, pull_back_id, caller.author)
    return next(pull_back_shape(one) for one in requests.standing(message_id) if one.asked.id == pull_back_id)
