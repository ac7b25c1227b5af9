"""Search the quarantine, look at one message safely, and decide: release, delete, download."""

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from lockgate.console import searches
from lockgate.console.facets import narrowing
from lockgate.console.guard.visitors import Analyst, Viewer
from lockgate.console.logs import QUARANTINE, ground_of
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.policy_names import policy_names
from lockgate.console.quarantine.acts import Ids, all_allowed
from lockgate.console.quarantine.frame import WithPictures, framed
from lockgate.console.quarantine.search import Search
from lockgate.console.rendering import asked_by_htmx, fragment, go_to, page
from lockgate.console.saved_searches.row import kept_searches
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput, PermanentError
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.saved_search import Log
from lockgate.model.trace import MessageTrace
from lockgate.quarantine.ending import proofs
from lockgate.storage.audit import AuditEntry
from lockgate.storage.end_users import Wished, Wishes
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.searching import PAGE, Cursor, cursor_from
from lockgate.storage.traces import Traces

router = APIRouter(prefix="/quarantine")
CHOICES: dict[str, object] = {
    "directions": list(Direction),
    "verdicts": [one for one in Verdict if one is not Verdict.CLEAN],
    "states": [State.QUARANTINED, State.RELEASING, State.RELEASED, State.BOUNCED, State.DELETED, State.EXPIRED],
}
SOURCE_SHOWN = 512 * 1024  # bytes


@router.get("")
def search(
    request: Request, visitor: Viewer, parts: Parts, search: Search, after: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """The form with what it found; htmx gets the results alone."""
    cursor, wanted = cursor_from(after) if after else None, search.wanted(visitor.scope)
    with parts.database.read() as unit:
        items = HeldMessages(unit).search(wanted, after=cursor, limit=PAGE + 1)
        waiting, oldest = HeldMessages(unit).waiting(scope=visitor.scope)
    shown = items[:PAGE]
    fields = search.fields()
    tenants, policies = names(parts, visitor.scope), policy_names(parts, visitor.scope)
    counted = QUARANTINE.facets(ground_of(parts, visitor.scope), wanted)
    last = str(Cursor(shown[-1].held.held_at, shown[-1].held.id)) if len(items) > PAGE else ""
    values: dict[str, object] = {
        "items": shown,
        "fields": fields,
        "tenants": tenants,
        "policies": policies,
        "kept": kept_searches(parts, visitor, Log.QUARANTINE, tenants),
        "narrowing": narrowing("/quarantine", fields, counted, {"tenant": tenants, "policy": policies}),
        "waiting": waiting,
        "oldest": oldest,
        "older": searches.address("/quarantine", fields, after=last) if last else "",
        "newest": searches.address("/quarantine", fields) if after else "",
        **CHOICES,
    }
    if asked_by_htmx(request):
        return fragment(request, visitor, "quarantine/results.html", values)
    return page(request, visitor, "quarantine/page.html", values)


@router.post("/bulk")
async def bulk(
    request: Request,
    visitor: Analyst,
    parts: Parts,
    act: Annotated[str, Form()],
    held: Ids = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Release or delete every chosen message for all who wait, or ask for the password of an archive of them."""
    await all_allowed(parts, visitor.access, held)
    quarantine = needed(parts.quarantine, "The quarantine")
    match act:
        case "release" | "false-positive":
            wanted = act == "false-positive"
            done = [await quarantine.release(one, None, visitor.author, false_positive=wanted) for one in held]
        case "delete":
            done = [await quarantine.delete(one, None, visitor.author) for one in held]
        case "archive":
            items = await asyncio.to_thread(_all, parts, held)
            return await asyncio.to_thread(page, request, visitor, "quarantine/archive.html", {"items": items})
        case _:
            raise InvalidInput("Choose whether to release or to delete.")
    count = sum(len(addresses) for addresses in done)
    return go_to(request, "/quarantine", _sentence(act, count), good=count > 0)


@router.get("/{held_id}")
async def show(
    request: Request, visitor: Viewer, parts: Parts, held_id: str, pictures: WithPictures = False
) -> Response:
    """One message: why it is here, for whom, and what is in it."""
    item, trace = await asyncio.to_thread(_look_up, parts, held_id)
    preview, unreadable = None, "The content is not kept any more."
    if item.held.blob:
        try:
            preview = await needed(parts.quarantine, "The quarantine").preview(held_id)
        except PermanentError as error:
            unreadable = str(error)
    values = {
        "item": item,
        "trace": trace,
        "policy_name": _policy_name(item, trace),
        "preview": preview,
        "with_pictures": pictures,
        "unreadable": unreadable,
        "quarantined": State.QUARANTINED,
        "wishes": await asyncio.to_thread(_wishes, parts, held_id),
        "proofs": await asyncio.to_thread(_proofs, parts, held_id),
    }
    return await asyncio.to_thread(page, request, visitor, "quarantine/message.html", values)


@router.get("/{held_id}/body")
async def body(_visitor: Viewer, parts: Parts, held_id: str, pictures: WithPictures = False) -> Response:
    """The harmless HTML, for the frame of the page above; with the pictures that the message carries, if wanted."""
    preview = await needed(parts.quarantine, "The quarantine").preview(held_id, with_pictures=pictures)
    return framed(preview.html, with_pictures=pictures)


@router.get("/{held_id}/source")
async def source(request: Request, visitor: Analyst, parts: Parts, held_id: str) -> Response:
    """The beginning of the bytes as text."""
    item, _ = await asyncio.to_thread(_look_up, parts, held_id)
    content = await needed(parts.quarantine, "The quarantine").content(held_id, visitor.author)
    text = content[:SOURCE_SHOWN].decode("utf-8", "backslashreplace")
    values = {"item": item, "text": text, "cut": len(content) > SOURCE_SHOWN}
    return await asyncio.to_thread(page, request, visitor, "quarantine/source.html", values)


@router.get("/{held_id}/download")
async def download(visitor: Analyst, parts: Parts, held_id: str) -> Response:
    """The bytes as a file that no program opens by itself."""
    content = await needed(parts.quarantine, "The quarantine").content(held_id, visitor.author)
    name = re.sub(r"[^A-Za-z0-9-]", "", held_id)[:40]
    headers = {
        "Content-Disposition": f'attachment; filename="quarantined-{name}.eml.txt"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.post("/{held_id}/release")
async def release(
    request: Request,
    visitor: Analyst,
    parts: Parts,
    held_id: str,
    recipient: Ids = [],  # noqa: B006 - FastAPI copies it
    false_positive: Annotated[bool, Form()] = False,
) -> Response:
    """Send it on to the chosen recipients, and say that it should not have been held, if so chosen."""
    quarantine = needed(parts.quarantine, "The quarantine")
    released = await quarantine.release(
        held_id, _chosen(recipient), visitor.author, false_positive=false_positive
    )  # fmt: skip
    told = _sentence("false-positive" if false_positive else "release", len(released))
    return go_to(request, f"/quarantine/{held_id}", told, good=bool(released))


@router.post("/{held_id}/delete")
async def delete(
    request: Request,
    visitor: Analyst,
    parts: Parts,
    held_id: str,
    recipient: Ids = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Give it up for the chosen recipients."""
    deleted = await needed(parts.quarantine, "The quarantine").delete(held_id, _chosen(recipient), visitor.author)
    return go_to(request, f"/quarantine/{held_id}", _sentence("delete", len(deleted)), good=bool(deleted))


def _chosen(recipients: Sequence[str]) -> Sequence[str]:
    if not recipients:
        raise InvalidInput("Choose at least one recipient first.")
    return recipients


def _look_up(parts: ConsoleParts, held_id: str) -> tuple[HeldItem, MessageTrace | None]:
    with parts.database.read() as unit:
        item = HeldMessages(unit).get(held_id)
        trace = Traces(unit).get(item.held.message_id) if item else None
    if item is None:
        raise InvalidInput("There is no such message in quarantine; it may have been there for too long.")
    return item, trace


def _wishes(parts: ConsoleParts, held_id: str) -> list[Wished]:
    with parts.database.read() as unit:
        return Wishes(unit).of(held_id)


def _proofs(parts: ConsoleParts, held_id: str) -> list[AuditEntry]:
    with parts.database.read() as unit:
        return proofs(unit, held_id)


def _policy_name(item: HeldItem, trace: MessageTrace | None) -> str:
    """As the trace remembers it; empty once that is gone."""
    recipients = trace.recipients if trace else ()
    return next((one.policy_name for one in recipients if one.policy_id == item.held.policy_id), "")


def _all(parts: ConsoleParts, held_ids: Sequence[str]) -> list[HeldItem]:
    with parts.database.read() as unit:
        found = [HeldMessages(unit).get(one) for one in dict.fromkeys(held_ids)]
    return [one for one in found if one is not None]


def _sentence(act: str, count: int) -> str:
    if not count:
        return "Nothing was left to do: somebody else was quicker, or the time was over."
    people = "one recipient" if count == 1 else f"{count} recipients"
    match act:
        case "delete":
            return f"Deleted for {people}."
        case "false-positive":
            return f"On its way to {people}, and kept for review as a false positive."
        case _:
            return f"On its way to {people}."
