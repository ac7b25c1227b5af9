"""What else is done with held messages: taken away in a locked archive, their sender blocked."""

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.places import organisation_named
from lockgate.console.guard.visitors import Analyst, require
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import go_to
from lockgate.model.access import Access, Role
from lockgate.model.errors import InvalidInput
from lockgate.quarantine.locked import LONGEST
from lockgate.tuning.held_senders import block_sender as block
from lockgate.tuning.lists import Lists

router = APIRouter(prefix="/quarantine")
BULK = 100  # messages at once
Ids = Annotated[list[str], Form(max_length=BULK)]
Password = Annotated[str, Form(max_length=LONGEST)]


@router.post("/archive")
async def archive_many(
    visitor: Analyst,
    parts: Parts,
    password: Password,
    held: Ids = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """The chosen messages as received, in one ZIP that opens with the password."""
    await all_allowed(parts, visitor.access, held)
    packed = await needed(parts.quarantine, "The quarantine").archive(held, password, visitor.author)
    return zipped(packed, f"{len(held)}-messages")


@router.post("/{held_id}/archive")
async def archive(visitor: Analyst, parts: Parts, held_id: str, password: Password) -> Response:
    """The bytes as received, in a ZIP that opens with the password; that somebody took them is audited."""
    packed = await needed(parts.quarantine, "The quarantine").archive([held_id], password, visitor.author)
    return zipped(packed, re.sub(r"[^A-Za-z0-9-]", "", held_id)[:40])


@router.post("/{held_id}/block-sender")
async def block_sender(request: Request, visitor: Analyst, parts: Parts, held_id: str) -> Response:
    """The author's address goes on the organisation's list of blocked senders."""
    lists = Lists(parts.database, parts.new_id)
    entry = await asyncio.to_thread(block, parts.database, parts.vault, lists, held_id, visitor.author)
    told = f"{entry.pattern} is blocked from now on; the entry is under Lists."
    return go_to(request, f"/quarantine/{held_id}", told)


async def all_allowed(parts: ConsoleParts, access: Access, held_ids: Sequence[str]) -> None:
    """That somebody may decide about every one of these messages, before anything is done with one.

    Raises InvalidInput when there are none, NotThere and NotAllowed as a guard does.
    """
    if not held_ids:
        raise InvalidInput("Choose at least one message first.")
    for one in held_ids:
        require(access, Role.ANALYST, await organisation_named(parts, {"held_id": one}), "held message")


def zipped(packed: bytes, name: str) -> Response:
    """A locked archive as a download."""
    headers = {"Content-Disposition": f'attachment; filename="quarantined-{name}.zip"'}
    return Response(packed, media_type="application/zip", headers=headers)
