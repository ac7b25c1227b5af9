"""What an administrator decides for an organisation's people: rights by reason, digests, language, their own page."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.end_users.settings import EndUserSettings, save_settings, settings_of
from lockgate.end_users.texts import texts
from lockgate.model.end_user import LANGUAGES, Frequency, Reason, Right, permitted
from lockgate.model.errors import InvalidInput
from lockgate.model.service_account import ServiceAccount
from lockgate.storage.service_accounts import ServiceAccounts

router = APIRouter(prefix="/end-users")
REASONS = {
    Reason.MALWARE: "Malware", Reason.PHISHING: "Phishing", Reason.FRAUD: "Fraud", Reason.FILE: "Blocked kinds of file",
    Reason.DLP: "Data loss", Reason.SPAM: "Spam", Reason.BULK: "Bulk mail", Reason.OTHER: "Other rules",
}  # fmt: skip
RIGHTS = {
    Right.NONE: "Are not told", Right.SEE: "Are told", Right.REQUEST: "May ask for it", Right.RELEASE: "May release it"
}  # fmt: skip
FREQUENCIES = {
    Frequency.OFF: "Never", Frequency.DAILY: "Daily", Frequency.WORKING_HOURS: "At hours of working days",
    Frequency.WEEKLY: "Weekly",
}  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@router.get("")
def show_all(request: Request, visitor: Viewer, parts: Parts) -> Response:
    """The organisations, each with its rules."""
    with parts.database.read() as unit:
        accounts = [one for one in ServiceAccounts(unit, parts.vault).all() if one.tenant_id]
        mine = [(one, settings_of(unit, one.tenant_id)[0]) for one in accounts if visitor.sees(one.tenant_id)]
    return page(request, visitor, "end_users/page.html", {"mine": mine, "frequencies": FREQUENCIES})


@router.get("/{account_id}")
def show(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """The rules of one organisation."""
    account = _account(parts, account_id)
    with parts.database.read() as unit:
        settings, version = settings_of(unit, account.tenant_id)
    return _form(request, visitor, account, settings, version)


@router.post("/{account_id}")
async def save(request: Request, visitor: Admin, parts: Parts, account_id: str) -> Response:
    """Save them as a new version."""
    account = await asyncio.to_thread(_account, parts, account_id)
    form = await request.form()
    seen = str(form.get("version", "0"))
    try:
        wanted = _wanted(form)
        await asyncio.to_thread(
            save_settings, parts.database, account.tenant_id, wanted, visitor.author, seen=int(seen or 0)
        )
    except (InvalidInput, ValueError) as error:
        return go_to(request, f"/end-users/{account_id}", f"Not saved: {error}", good=False)
    return go_to(request, f"/end-users/{account_id}", "Saved; it holds from now on.")


def _wanted(form: FormData) -> dict[str, object]:
    """The document that the form means; its values are judged where it is saved."""
    text = {name: str(form.get(name, "")) for name in ("frequency", "hour", "weekday", "time_zone", "language")}
    hours = str(form.get("working_hours", "")).replace(",", " ").split()
    return {
        **text,
        "choices": [str(one) for one in form.getlist("choices")],
        "working_hours": hours,
        "link_days": str(form.get("link_days", "")),
        "reports_per_day": str(form.get("reports_per_day", "")) or EndUserSettings().reports_per_day,
        "own_page": form.get("own_page") == "on",
        "tell_rejected": form.get("tell_rejected") == "on",
        "rights": {reason.value: str(form.get(f"right-{reason}", Right.NONE)) for reason in Reason},
    }


def _form(
    request: Request, visitor: Visitor, account: ServiceAccount, settings: EndUserSettings, version: int
) -> Response:
    allowed = {reason: [one for one in Right if permitted(reason, one) is one] for reason in Reason}
    values = {
        "account": account, "settings": settings, "version": version, "reasons": REASONS, "rights": RIGHTS,
        "allowed": allowed, "frequencies": FREQUENCIES, "days": DAYS,
        "languages": {one: texts(one)["name"] for one in LANGUAGES},
    }  # fmt: skip
    return page(request, visitor, "end_users/organisation.html", values)


def _account(parts: ConsoleParts, account_id: str) -> ServiceAccount:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id)
