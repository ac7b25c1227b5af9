"""What the link in a letter to a reviewer leads to: one held message, to look at, to release or to reject. No account.

Rule: GET shows who wrote to whom and why it is held, and nothing of its content; also a look at it is a POST of the
form, so that programs that follow links on the way neither decide nor read anything.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Anyone, Stranger
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import page
from lockgate.end_users.links import REVIEW, Link, Links
from lockgate.end_users.review_letters import waits
from lockgate.end_users.reviews import Choice, ToReview
from lockgate.end_users.texts import texts
from lockgate.model.end_user import LANGUAGES, reason_of
from lockgate.model.errors import PermanentError
from lockgate.quarantine.preview import Preview
from lockgate.storage.held_messages import HeldItem

router = APIRouter(prefix="/mine")
REVIEWS = "The desk of reviewers"
DONE = {Choice.RELEASE: "review_done_release", Choice.REJECT: "review_done_reject"}
TOO_LATE = "review_too_late"


@router.get("/review/{link}")
def show(request: Request, stranger: Anyone, parts: Parts, link: str) -> Response:
    """The message's outside with a button for each choice. Changes nothing, shows nothing of the content."""
    opened = _open(parts, link)
    return _page(request, stranger, opened[1]) if opened else _over(request, stranger)


@router.post("/review/{link}")
async def decide(
    request: Request, stranger: Anyone, parts: Parts, link: str, choice: Annotated[Choice, Form()]
) -> Response:
    """Do it, once, for everybody for whom the message waits."""
    opened = await asyncio.to_thread(_open, parts, link)
    if opened is None:
        return _over(request, stranger)
    read, found = opened
    if not waits(found.item):
        return _page(request, stranger, found, TOO_LATE)
    preview = await _look(parts, found.item) if choice is Choice.LOOK else None
    done = await needed(parts.reviews, REVIEWS).decide(read.person_id, found.item, choice, stranger.peer)
    found = (await asyncio.to_thread(_open, parts, link) or opened)[1]
    return _page(request, stranger, found, DONE.get(choice, "") if done else TOO_LATE, done=done, preview=preview)


def _open(parts: ConsoleParts, token: str) -> tuple[Link, ToReview] | None:
    """What a good link stands for, with the message."""
    link = Links(parts.vault, REVIEW).read(token, parts.clock())
    found = needed(parts.reviews, REVIEWS).message(link.person_id, link.held_id) if link else None
    return (link, found) if link and found else None


async def _look(parts: ConsoleParts, item: HeldItem) -> Preview:
    try:
        return await needed(parts.quarantine, "The quarantine").preview(item.held.id)
    except PermanentError as error:
        return Preview("", "", "", "", (), str(error), "", (), (), (), cut=False)


def _page(
    request: Request, stranger: Stranger, found: ToReview, key: str = "", *, done: bool = False,
    preview: Preview | None = None,
) -> Response:  # fmt: skip
    item, said, zone = found.item, found.who.said, found.who.settings.zone
    values = {
        "texts": said, "item": item, "waits": waits(item), "said": said[key] if key else "", "done": done,
        "preview": preview, "tells": found.tells_sender, "why": said[f"reason_{reason_of(item.held)}"],
        "until": said.moment(item.held.expires_at, zone),
    }  # fmt: skip
    return page(request, stranger, "end_users/review.html", values)


def _over(request: Request, stranger: Stranger) -> Response:
    """One answer for a link that was changed or is over, and for a reviewer whom no policy names any more."""
    wanted = request.headers.get("accept-language", "")[:2].lower()
    said = texts(wanted if wanted in LANGUAGES else "en")
    return page(request, stranger, "end_users/review.html", {"item": None, "texts": said}, status=410)
