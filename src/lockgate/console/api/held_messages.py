"""What a program does with held messages beside letting them go: takes them in a locked archive, blocks a sender."""

import asyncio
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from lockgate.console.api.callers import Changer
from lockgate.console.api.routes import Id
from lockgate.console.api.shapes import REFUSALS, Shape
from lockgate.console.parts import Parts, needed
from lockgate.console.quarantine.acts import BULK, all_allowed, zipped
from lockgate.quarantine.locked import LONGEST, SHORTEST
from lockgate.tuning.held_senders import block_sender as block
from lockgate.tuning.lists import Lists

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["quarantine"])
ZIP: dict[int | str, dict[str, object]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


HeldId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]


class ArchiveWish(Shape):
    """Which held messages, and the password that the archive opens with (AES-256, as WinZip writes it)."""

    held: list[HeldId] = Field(min_length=1, max_length=BULK)
    password: str = Field(min_length=SHORTEST, max_length=LONGEST)


class Blocked(Shape):
    """What stands on the organisation's list of blocked senders now."""

    entry_id: str
    address: str


@router.post("/quarantine/archive", response_class=Response, responses=ZIP)
async def archive(caller: Changer, parts: Parts, wish: ArchiveWish) -> Response:
    """These messages as received, in one locked ZIP. That they were taken is in the audit log, message by message."""
    await all_allowed(parts, caller.access, wish.held)
    packed = await needed(parts.quarantine, "The quarantine").archive(wish.held, wish.password, caller.author)
    return zipped(packed, f"{len(wish.held)}-messages")


@router.post("/quarantine/{held_id}/block-sender")
async def block_sender(caller: Changer, parts: Parts, held_id: Id) -> Blocked:
    """Put the message's author on its organisation's list of blocked senders."""
    lists = Lists(parts.database, parts.new_id)
    entry = await asyncio.to_thread(block, parts.database, parts.vault, lists, held_id, caller.author)
    return Blocked(entry_id=entry.id, address=entry.pattern)
