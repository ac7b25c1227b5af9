"""The words of an organisation's letters: written, looked at, sent as a test, given up for ours."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import escape
from starlette.datastructures import FormData

from lockgate.console.guard.responses import CSP
from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.notifications.organisation import AUDIENCES, LANGUAGE_NAMES, NEW, account_named, save
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import go_to, page
from lockgate.model.end_user import LANGUAGES
from lockgate.model.errors import InvalidInput
from lockgate.model.notice import Audience
from lockgate.model.service_account import ServiceAccount
from lockgate.notifications.notices.previews import Wanted
from lockgate.notifications.notices.settings import NoticeSettings, NoticeText, judged, settings_of
from lockgate.notifications.notices.texts import words
from lockgate.notifications.notices.tokens import OF_MANY, TOKENS

router = APIRouter(prefix="/notifications/{account_id}/texts/{template_id}")
PREVIEWS = "The preview of letters"
FIELDS = ("subject", "subject_many", "text", "html")
Language = Annotated[str, Query(pattern=f"^({'|'.join(LANGUAGES)})$")]


@router.get("")
def show(
    request: Request, visitor: Viewer, parts: Parts, account_id: str, template_id: str, language: Language = "en"
) -> Response:
    """The words in one language: the organisation's own, or ours to begin with."""
    account, settings, version = _known(parts, account_id)
    own = settings.template(template_id)
    if own is None and template_id not in {*Audience, NEW}:
        raise InvalidInput("There is no such text any more.")
    kept = own.texts.get(language) if own else None
    audience = Audience(template_id) if template_id in set(Audience) else Audience.ADMINISTRATORS
    text = kept or words(language).text(audience)
    name = own.name if own else "" if template_id == NEW else AUDIENCES[audience]
    filled: dict[str, object] = {"name": name, "audience": audience}
    return _form(request, visitor, account, version, template_id, language, filled | text.model_dump(), settings)


@router.post("")
async def save_text(request: Request, visitor: Admin, parts: Parts, account_id: str, template_id: str) -> Response:
    """Keep the words of this language; the form comes back with a sentence when a token does not exist."""
    form = await request.form()
    account, settings, _ = await asyncio.to_thread(_known, parts, account_id)
    language = _language(form)
    key = parts.new_id() if template_id == NEW else template_id
    own = settings.template(key)
    texts = {one: text.model_dump() for one, text in own.texts.items()} if own else {}
    template = {"id": key, "name": _name(form, key), "texts": texts | {language: _text(form)}}
    others = [one.model_dump(mode="json") for one in settings.templates if one.id != key]
    wanted = settings.model_dump(mode="json") | {"templates": [*others, template]}
    version = str(form.get("version", "0"))
    try:
        judged(NoticeText, _text(form))
        seen = int(version) if version.isdigit() else 0
        await asyncio.to_thread(save, parts, account, wanted, visitor, seen)
    except InvalidInput as error:
        filled: dict[str, object] = {"name": _name(form, key), "audience": _audience(form), **_text(form)}
        known = (account, int(version or 0), template_id, language, filled, settings, str(error))
        return await asyncio.to_thread(_form, request, visitor, *known)
    address = f"/notifications/{account_id}/texts/{key}?language={language}"
    return go_to(request, address, "Saved; the next letter says so.")


@router.post("/preview")
async def preview(request: Request, visitor: Admin, parts: Parts, account_id: str, template_id: str) -> Response:
    """The letter as its reader would see it, for the frame of the form. Keeps nothing."""
    del visitor, template_id
    form = await request.form()
    account = await asyncio.to_thread(account_named, parts, account_id)
    try:
        shown = await asyncio.to_thread(needed(parts.previews, PREVIEWS).show, account.tenant_id, _asked(form))
    except InvalidInput as error:
        return _framed(f"<p>{escape(str(error))}</p>")
    return _framed(f"<p><strong>{escape(shown.told.subject)}</strong></p>{shown.page}")


@router.post("/test")
async def send(request: Request, visitor: Admin, parts: Parts, account_id: str, template_id: str) -> Response:
    """Send the letter to somebody as it is in the form, saved or not; the answer is for the frame."""
    del template_id
    form = await request.form()
    account = await asyncio.to_thread(account_named, parts, account_id)
    recipient = str(form.get("recipient", "")).strip()
    send_it = needed(parts.previews, PREVIEWS).send
    try:
        await asyncio.to_thread(send_it, account.tenant_id, _asked(form), recipient, visitor.author)
    except InvalidInput as error:
        return _framed(f"<p>Not sent: {escape(str(error))}</p>")
    return _framed(f"<p>The letter to {escape(recipient)} is on its way.</p>")


@router.post("/remove")
def remove(
    request: Request, visitor: Admin, parts: Parts, account_id: str, template_id: str, version: Annotated[int, Form()]
) -> Response:
    """Give the organisation's own words up."""
    account, settings, _ = _known(parts, account_id)
    left = [one.model_dump(mode="json") for one in settings.templates if one.id != template_id]
    save(parts, account, settings.model_dump(mode="json") | {"templates": left}, visitor, version)
    return go_to(request, f"/notifications/{account_id}", "Removed; letters say what we ship.")


def _known(parts: ConsoleParts, account_id: str) -> tuple[ServiceAccount, NoticeSettings, int]:
    account = account_named(parts, account_id)
    with parts.database.read() as unit:
        settings, version = settings_of(unit, account.tenant_id)
    return account, settings, version


def _asked(form: FormData) -> Wanted:
    text = judged(NoticeText, _text(form))
    return Wanted(text, _audience(form), _language(form), str(form.get("message", "")).strip())


def _text(form: FormData) -> dict[str, str]:
    return {name: str(form.get(name, "")).replace("\r\n", "\n").strip() for name in FIELDS}


def _name(form: FormData, key: str) -> str:
    return " ".join(str(form.get("name", "")).split()) or (AUDIENCES[Audience(key)] if key in set(Audience) else "")


def _language(form: FormData) -> str:
    wanted = str(form.get("language", ""))
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def _audience(form: FormData) -> Audience:
    wanted = str(form.get("audience", ""))
    return Audience(wanted) if wanted in set(Audience) else Audience.ADMINISTRATORS


def _framed(html: str) -> Response:
    """For a frame of ours: styles of the letter hold, nothing runs, nothing is loaded."""
    policy = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
    headers = {CSP: policy, "X-Frame-Options": "SAMEORIGIN", "X-DNS-Prefetch-Control": "off"}
    return HTMLResponse(f"<!doctype html>{html}", headers=headers)


def _form(
    request: Request,
    visitor: Visitor,
    account: ServiceAccount,
    version: int,
    template_id: str,
    language: str,
    filled: dict[str, object],
    settings: NoticeSettings,
    problem: str = "",
) -> Response:
    own = settings.template(template_id)
    values = {
        "account": account, "version": version, "template_id": template_id, "language": language, "filled": filled,
        "own": own, "languages": LANGUAGE_NAMES, "audiences": AUDIENCES, "tokens": TOKENS, "of_many": OF_MANY,
        "problems": [problem] if problem else [], "shipped": template_id in set(Audience),
    }  # fmt: skip
    return page(request, visitor, "notifications/text.html", values, status=400 if problem else 200)
