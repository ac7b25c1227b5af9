"""What the links in a digest lead to: one message to decide about, or one's own choices. No account, no session.

Rule: a link is opened by people and by every scanner on the way, so GET only shows. A change is a POST of the form that
the page showed, to the same signed address; the form's token is bound to a cookie of that browser (`Anyone`).
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from lockgate.console.guard.visitors import Anyone, Stranger
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import page
from lockgate.end_users.desk import Outcome
from lockgate.end_users.links import Link, Links
from lockgate.end_users.settings import EndUserSettings, settings_of
from lockgate.end_users.texts import Texts, language_of, texts
from lockgate.model.end_user import LANGUAGES, Act, Frequency, Person
from lockgate.storage.end_users import Choice, EndUsers

router = APIRouter(prefix="/mine")
DESK = "The desk of the people whose mail is held"
WAY = "digest link"
SAID = {Outcome.TOO_LATE: "too_late", Outcome.NOT_ALLOWED: "not_allowed"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that is good, with whose it is."""

    link: Link
    person: Person
    choice: Choice
    settings: EndUserSettings
    said: Texts


@router.get("/held/{link}")
def show(request: Request, stranger: Anyone, parts: Parts, link: str) -> Response:
    """The message with a button for each thing that may be done. Changes nothing."""
    opened = _open(parts, link)
    return _message(request, stranger, parts, opened) if opened else _over(request, stranger)


@router.post("/held/{link}")
async def act(request: Request, stranger: Anyone, parts: Parts, link: str, act: Annotated[Act, Form()]) -> Response:
    """Do it, once, for the person whom the link names."""
    opened = await asyncio.to_thread(_open, parts, link)
    if opened is None:
        return _over(request, stranger)
    desk = needed(parts.desk, DESK)
    outcome = await desk.act(opened.person, opened.link.held_id, act, stranger.peer, WAY)
    notice = opened.said[SAID.get(outcome, f"done_{act}")]
    good = outcome is Outcome.DONE
    return await asyncio.to_thread(_message, request, stranger, parts, opened, notice, good=good)


@router.get("/choices/{link}")
def choices(request: Request, stranger: Anyone, parts: Parts, link: str) -> Response:
    """How somebody is told, to be changed. Changes nothing."""
    opened = _open(parts, link)
    return _choices(request, stranger, opened) if opened else _over(request, stranger)


@router.post("/choices/{link}")
def choose(
    request: Request,
    stranger: Anyone,
    parts: Parts,
    link: str,
    frequency: Annotated[str, Form(max_length=20)] = "",
    language: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Keep the choice; what the administrator does not allow counts as none."""
    opened = _open(parts, link)
    if opened is None:
        return _over(request, stranger)
    allowed = {one.value: one for one in opened.settings.choices}
    known = language if language in LANGUAGES else ""
    with parts.database.write() as unit:
        EndUsers(unit, opened.person.tenant_id).choose(opened.person.id, allowed.get(frequency), known)
    again = _open(parts, link) or opened
    return _choices(request, stranger, again, again.said["saved"])


def _open(parts: ConsoleParts, token: str) -> Opened | None:
    link = Links(parts.vault).read(token, parts.clock())
    person = needed(parts.desk, DESK).person(link.tenant_id, link.person_id) if link else None
    if link is None or person is None:
        return None
    with parts.database.read() as unit:
        choice = EndUsers(unit, person.tenant_id).choice(person.id)
        settings, _ = settings_of(unit, person.tenant_id)
    said = texts(language_of(person, choice.language, settings.language))
    return Opened(link, person, choice, settings, said)


def _message(
    request: Request, stranger: Stranger, parts: ConsoleParts, opened: Opened, notice: str = "", *, good: bool = True
) -> Response:
    found = needed(parts.desk, DESK).message(opened.person, opened.link.held_id)
    zone = opened.settings.zone
    values = {
        "texts": opened.said,
        "found": found,
        "said": notice or ("" if found and found.waits else opened.said["too_late"]),
        "good": good,
        "back": "",
        "held_at": opened.said.moment(found.item.held.held_at, zone) if found else "",
    }
    return page(request, stranger, "end_users/held.html", values)


def _choices(request: Request, stranger: Stranger, opened: Opened, notice: str = "") -> Response:
    frequencies = [one for one in Frequency if one in opened.settings.choices]
    values = {
        "texts": opened.said, "choice": opened.choice, "frequencies": frequencies, "said": notice,
        "languages": {one: texts(one)["name"] for one in LANGUAGES},
    }  # fmt: skip
    return page(request, stranger, "end_users/choices.html", values)


def _over(request: Request, stranger: Stranger) -> Response:
    """One answer for a link that was changed, is over, or whose person is gone; in the browser's language if we can."""
    wanted = request.headers.get("accept-language", "")[:2].lower()
    said = texts(wanted if wanted in LANGUAGES else "en")
    return page(request, stranger, "end_users/over.html", {"texts": said}, status=410)
