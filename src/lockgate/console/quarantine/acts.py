"""What else is done with one held message: taken away in a locked archive, its sender blocked."""

import asyncio
import re
from email.utils import parseaddr
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Analyst
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import go_to
from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Standing
from lockgate.quarantine.locked import LONGEST, locked
from lockgate.storage.audit import Author
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.lists import Lists, Whose

router = APIRouter(prefix="/quarantine")


@router.post("/{held_id}/archive")
async def archive(
    visitor: Analyst, parts: Parts, held_id: str, password: Annotated[str, Form(max_length=LONGEST)]
) -> Response:
    """The bytes as received, in a ZIP that opens with the password; that somebody took them is audited."""
    name = re.sub(r"[^A-Za-z0-9-]", "", held_id)[:40]
    locked(b"", name, password)  # a password of no use is said before the bytes are taken
    content = await needed(parts.quarantine, "The quarantine").content(held_id, visitor.author)
    packed = await asyncio.to_thread(locked, content, f"{name}.eml", password)
    headers = {"Content-Disposition": f'attachment; filename="quarantined-{name}.zip"'}
    return Response(packed, media_type="application/zip", headers=headers)


@router.post("/{held_id}/block-sender")
async def block_sender(request: Request, visitor: Analyst, parts: Parts, held_id: str) -> Response:
    """The author's address goes on the organisation's list of blocked senders."""
    address = await asyncio.to_thread(_block, parts, held_id, visitor.author)
    return go_to(request, f"/quarantine/{held_id}", f"{address} is blocked from now on; the entry is under Lists.")


def _block(parts: ConsoleParts, held_id: str, author: Author) -> str:
    """Block whoever is said to have written it. Raises InvalidInput for an address of the organisation's own."""
    with parts.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
        accounts = ServiceAccounts(unit, parts.vault).all()
    if item is None:
        raise InvalidInput("There is no such message in quarantine; it may have been there for too long.")
    held = item.held
    address = (parseaddr(held.header_from)[1] or held.envelope.mail_from).lower()
    domain = address.rpartition("@")[2]
    if any(one.covers(domain) for each in accounts if each.tenant_id == held.tenant_id for one in each.domains):
        raise InvalidInput(f"{address} is of the organisation itself; forged mail of one's own domain is no list's.")
    note = f"blocked at the held message {held_id}"
    Lists(parts.database, parts.new_id).add(address, Standing.BLOCKED, author, whose=Whose(held.tenant_id), note=note)
    return address
