"""The API's part for notifications: what was told, and an organisation's own rules, words, previews and letters."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Administrator, Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.api.tuning import Id, tenant_of_account
from lockgate.console.notifications.words import PREVIEWS
from lockgate.console.parts import Parts, needed
from lockgate.model.notice import Audience
from lockgate.notifications.notices.previews import Wanted
from lockgate.notifications.notices.settings import (
    GroupName,
    Language,
    NoticeRule,
    NoticeSettings,
    NoticeTemplate,
    NoticeText,
    save_settings,
    settings_of,
)
from lockgate.notifications.notices.tokens import OF_MANY, TOKENS
from lockgate.storage.letters import Letters
from lockgate.storage.notices import Notices
from lockgate.storage.notifications import PAGE, Notifications

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["notifications"])


class Shape(BaseModel):
    """What the API takes and gives; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ToldShape(Shape):
    """Something that administrators were told. `mailed`: it is in a letter."""

    number: int
    kind: str
    at: datetime
    text: str
    organisation: str
    tenant_id: str
    mailed: bool


class NoticeSettingsShape(Shape):
    """An organisation's own notifications; `version` is the one that was read, 0 for none."""

    version: int = Field(default=0, ge=0, le=1_000_000)
    rules: tuple[NoticeRule, ...] = ()
    templates: tuple[NoticeTemplate, ...] = ()
    per_hour: int = Field(default=NoticeSettings().per_hour, ge=1, le=500)
    groups: dict[GroupName, tuple[Annotated[str, Field(max_length=320)], ...]] = {}


class PreviewWish(Shape):
    """A letter to look at; `message_id` is of the trace, empty for an invented message."""

    text: NoticeText
    audience: Audience = Audience.ADMINISTRATORS
    language: Language = "en"
    message_id: Annotated[str, Field(max_length=64)] = ""


class TestWish(PreviewWish):
    """A letter to send."""

    recipient: Annotated[str, Field(max_length=320)]


class PreviewShape(Shape):
    """A letter as its reader sees it; `page` is the whole HTML."""

    subject: str
    text: str
    page: str


class LetterShape(Shape):
    """A letter of an organisation's own notification."""

    id: str
    recipients: tuple[str, ...]
    subject: str
    made_at: datetime
    sent_at: datetime | None
    attempts: int
    problem: str


@router.get("/notifications")
def told(
    caller: Reader,
    parts: Parts,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = PAGE,
) -> list[ToldShape]:
    """What administrators were told, the newest first; `before` is the last number of the page before."""
    with parts.database.read() as unit:
        found = Notifications(unit).newest(before=before, limit=limit, scope=caller.scope)
    return [
        ToldShape(
            number=one.number, kind=one.notification.kind, at=one.notification.at, text=one.notification.text,
            organisation=one.notification.organisation, tenant_id=one.notification.tenant_id,
            mailed=bool(one.letter_id),
        )
        for one in found
    ]  # fmt: skip


@router.get("/notification-tokens")
def tokens(_caller: Reader) -> dict[str, str]:
    """What texts of notifications may name between double braces."""
    return TOKENS | OF_MANY


@router.get("/accounts/{account_id}/notifications")
def settings(_caller: Reader, parts: Parts, account_id: Id) -> NoticeSettingsShape:
    """Whom the organisation tells of what, and in which words."""
    with parts.database.read() as unit:
        found, version = settings_of(unit, tenant_of_account(parts, account_id))
    return _shape(found, version)


@router.put("/accounts/{account_id}/notifications")
def replace(caller: Administrator, parts: Parts, account_id: Id, given: NoticeSettingsShape) -> NoticeSettingsShape:
    """Replace all of it; in force from the next look at the trace on."""
    wanted, tenant_id = given.model_dump(mode="json", exclude={"version"}), tenant_of_account(parts, account_id)
    saved, version = save_settings(parts.database, tenant_id, wanted, caller.author, seen=given.version)
    return _shape(saved, version)


@router.post("/accounts/{account_id}/notifications/preview")
def preview(_caller: Administrator, parts: Parts, account_id: Id, wish: PreviewWish) -> PreviewShape:
    """How a letter would look. Keeps nothing."""
    shown = needed(parts.previews, PREVIEWS).show(tenant_of_account(parts, account_id), _wanted(wish))
    return PreviewShape(subject=shown.told.subject, text=shown.told.text, page=shown.page)


@router.post("/accounts/{account_id}/notifications/test")
def test(caller: Administrator, parts: Parts, account_id: Id, wish: TestWish) -> dict[str, str]:
    """Send a letter to somebody; its id."""
    tenant_id = tenant_of_account(parts, account_id)
    return {"letter": needed(parts.previews, PREVIEWS).send(tenant_id, _wanted(wish), wish.recipient, caller.author)}


@router.get("/accounts/{account_id}/notifications/letters")
def letters(
    _caller: Reader, parts: Parts, account_id: Id, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[LetterShape]:
    """The letters that the organisation's notifications wrote last, and what became of them."""
    with parts.database.read() as unit:
        found = Letters(unit).among(Notices(unit).newest_letters(tenant_of_account(parts, account_id), limit))
    return [LetterShape(**{name: getattr(one, name) for name in LetterShape.model_fields}) for one in found]


def _wanted(wish: PreviewWish) -> Wanted:
    return Wanted(wish.text, wish.audience, wish.language, wish.message_id)


def _shape(settings: NoticeSettings, version: int) -> NoticeSettingsShape:
    return NoticeSettingsShape(
        version=version,
        rules=settings.rules,
        templates=settings.templates,
        per_hour=settings.per_hour,
        groups=settings.groups,
    )
