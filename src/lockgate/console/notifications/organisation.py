"""An organisation's own notifications: what is told, to whom, how often; and what became of the letters."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.end_user import LANGUAGES
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.notice import Audience, Outcome
from lockgate.model.service_account import ServiceAccount
from lockgate.notifications.notices.settings import NoticeRule, NoticeSettings, save_settings, settings_of
from lockgate.policy.filters import BY_ID, FILTERS
from lockgate.storage.letters import Letters
from lockgate.storage.notices import Notices
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts

router = APIRouter(prefix="/notifications/{account_id}")
LETTERS = 10  # that are shown
NEW = "new"
OUTCOMES = {
    Outcome.QUARANTINED: "Quarantined", Outcome.JUNKED: "Delivered as junk", Outcome.DELETED: "Deleted",
    Outcome.REFUSED: "Refused", Outcome.DELIVERED: "Delivered",
    Outcome.MONITORED: "Delivered, since the policy only monitors",
}  # fmt: skip
LANGUAGE_NAMES = dict(zip(LANGUAGES, ("English", "Deutsch", "Français", "Español", "日本語"), strict=True))
AUDIENCES = {
    Audience.ADMINISTRATORS: "Administrators", Audience.RECIPIENT: "Recipients", Audience.SENDER: "Senders"
}  # fmt: skip


@router.get("")
def show(request: Request, visitor: Viewer, parts: Parts, account_id: str) -> Response:
    """The notifications, the texts, and the newest letters."""
    account = account_named(parts, account_id)
    with parts.database.read() as unit:
        settings, version = settings_of(unit, account.tenant_id)
        ids = Notices(unit).newest_letters(account.tenant_id, LETTERS)
        letters = Letters(unit).among(ids)
    values = {
        "account": account, "settings": settings, "version": version, "letters": letters, "filters": BY_ID,
        "outcomes": OUTCOMES, "audiences": AUDIENCES, "languages": LANGUAGE_NAMES,
        "policies": _policies(parts, account),
        "mailing": parts.previews.writer.mailing.sender if parts.previews else "",
    }  # fmt: skip
    return page(request, visitor, "notifications/organisation.html", values)


@router.post("")
def keep(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    per_hour: Annotated[int, Form()],
    version: Annotated[int, Form()],
    groups: Annotated[str, Form(max_length=50_000)] = "",
) -> Response:
    """How many letters one address gets in an hour at most, and the groups of addresses."""
    account, settings = _known(parts, account_id)
    try:
        save(parts, account, settings | {"per_hour": per_hour, "groups": _groups(groups)}, visitor, version)
    except InvalidInput as error:
        return go_to(request, f"/notifications/{account_id}", f"Not saved: {error}", good=False)
    return go_to(request, f"/notifications/{account_id}", "Saved; it holds from now on.")


@router.get("/rules/{rule_id}")
def rule(request: Request, visitor: Viewer, parts: Parts, account_id: str, rule_id: str) -> Response:
    """One notification, or an empty form."""
    account = account_named(parts, account_id)
    with parts.database.read() as unit:
        settings, version = settings_of(unit, account.tenant_id)
    found = settings.rule(rule_id)
    if found is None and rule_id != NEW:
        raise InvalidInput("There is no such notification any more.")
    return _form(request, visitor, parts, account, settings, version, found.model_dump(mode="json") if found else {})


@router.post("/rules/{rule_id}")
async def save_rule(request: Request, visitor: Admin, parts: Parts, account_id: str, rule_id: str) -> Response:
    """Keep it as it was filled in; the form comes back with a sentence when that cannot be."""
    form = await request.form()
    account, settings = await asyncio.to_thread(_known, parts, account_id)
    wanted = _wanted(form, parts.new_id() if rule_id == NEW else rule_id)
    others = [one for one in _rules(settings) if one["id"] != rule_id]
    place = next((at for at, one in enumerate(_rules(settings)) if one["id"] == rule_id), len(others))
    rules = [*others[:place], wanted, *others[place:]]
    try:
        version = int(str(form.get("version", "0")) or 0)
        await asyncio.to_thread(save, parts, account, settings | {"rules": rules}, visitor, version)
    except (InvalidInput, ValueError) as error:
        refused = str(error)
        return await asyncio.to_thread(
            _form_again, request, visitor, parts, account, wanted, refused, new=rule_id == NEW
        )
    return go_to(request, f"/notifications/{account_id}", f"'{wanted['name']}' is saved.")


@router.post("/rules/{rule_id}/remove")
def remove(
    request: Request, visitor: Admin, parts: Parts, account_id: str, rule_id: str, version: Annotated[int, Form()]
) -> Response:
    """Nobody is told by it any more, neither of what still waits."""
    account, settings = _known(parts, account_id)
    rules = [one for one in _rules(settings) if one["id"] != rule_id]
    save(parts, account, settings | {"rules": rules}, visitor, version)
    return go_to(request, f"/notifications/{account_id}", "It is removed.")


def _groups(written: str) -> dict[str, list[str]]:
    """Lines such as `Security: a@contoso.example, b@contoso.example`."""
    lines = (line.partition(":") for line in written.splitlines() if line.strip())
    return {name.strip(): members.replace(",", " ").replace(";", " ").split() for name, _, members in lines}


def save(parts: ConsoleParts, account: ServiceAccount, wanted: object, visitor: Visitor, seen: int) -> None:
    """A new version. Raises InvalidInput with sentences."""
    save_settings(parts.database, account.tenant_id, wanted, visitor.author, seen=seen)


def account_named(parts: ConsoleParts, account_id: str) -> ServiceAccount:
    """The service account; raises InvalidInput while it has no organisation."""
    with parts.database.read() as unit:
        account = ServiceAccounts(unit, parts.vault).get(account_id)
    if not account.tenant_id:
        raise InvalidInput("This service account has no organisation yet.")
    return account


def _known(parts: ConsoleParts, account_id: str) -> tuple[ServiceAccount, dict[str, object]]:
    account = account_named(parts, account_id)
    with parts.database.read() as unit:
        settings, _ = settings_of(unit, account.tenant_id)
    return account, settings.model_dump(mode="json")


def _rules(settings: dict[str, object]) -> list[dict[str, object]]:
    rules = settings["rules"]
    return list(rules) if isinstance(rules, list) else []


def _wanted(form: FormData, rule_id: str) -> dict[str, object]:
    """The notification that the form means; its values are judged where it is saved."""
    chosen = ("filters", "verdicts", "outcomes", "policies")
    written = str(form.get("administrators", "")).replace(",", "\n").replace(";", "\n").splitlines()
    templates = {one: str(form.get(f"template-{one}", "")) for one in Audience}
    return {
        "id": rule_id,
        "name": " ".join(str(form.get("name", "")).split()),
        "enabled": "enabled" in form,
        "direction": str(form.get("direction", "")) or None,
        "rules": [one.strip() for one in str(form.get("rules", "")).splitlines() if one.strip()],
        "administrators": [one.strip() for one in written if one.strip()],
        "recipient": "recipient" in form,
        "sender": "sender" in form,
        "minutes": str(form.get("minutes", "")) or 0,
        "events": str(form.get("events", "")) or 0,
        "language": str(form.get("language", "en")),
        "templates": {one: template for one, template in templates.items() if template and template != one},
    } | {name: [str(one) for one in form.getlist(name)] for name in chosen}


def _form(
    request: Request,
    visitor: Visitor,
    parts: ConsoleParts,
    account: ServiceAccount,
    settings: NoticeSettings,
    version: int,
    filled: dict[str, object],
    problem: str = "",
    new: bool = False,
) -> Response:
    empty = NoticeRule.model_construct(id=NEW, name="").model_dump(mode="json")
    families: dict[str, list[object]] = {}
    for one in FILTERS:
        families.setdefault(one.family, []).append(one)
    values = {
        "account": account, "version": version, "filled": empty | filled, "new": new or not filled,
        "problems": [problem] if problem else [], "families": families, "verdicts": list(Verdict),
        "outcomes": OUTCOMES, "policies": _policies(parts, account), "directions": list(Direction),
        "audiences": AUDIENCES, "own": settings.templates, "languages": LANGUAGE_NAMES,
    }  # fmt: skip
    return page(request, visitor, "notifications/rule.html", values, status=400 if problem else 200)


def _form_again(
    request: Request, visitor: Visitor, parts: ConsoleParts, account: ServiceAccount, filled: dict[str, object],
    problem: str, *, new: bool,
) -> Response:  # fmt: skip
    with parts.database.read() as unit:
        known, version = settings_of(unit, account.tenant_id)
    return _form(request, visitor, parts, account, known, version, filled, problem, new)


def _policies(parts: ConsoleParts, account: ServiceAccount) -> dict[str, str]:
    with parts.database.read() as unit:
        sets = [PolicyStore(unit).current(account.tenant_id, one) for one in Direction]
    return {one.id: f"{one.name} ({one.direction})" for each in sets for one in each.policies}
