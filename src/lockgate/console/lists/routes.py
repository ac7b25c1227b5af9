"""What an organisation approves and blocks: listed, added, changed, taken off, tried on past mail."""

from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from lockgate.console.guard.visitors import Analyst, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.past_mail import DAYS, Tried, try_on_past_mail
from lockgate.console.rendering import go_to, page
from lockgate.lookups.reputation_patterns import LONGEST
from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Entry, Standing, Subject
from lockgate.model.service_account import ServiceAccount
from lockgate.storage.policies import PolicyStore
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.documents import saved_tuning
from lockgate.tuning.lists import MANUAL, Lists, Whose
from lockgate.tuning.replay import Change

router = APIRouter(prefix="/lists")
SHOWN = 500


class EntryForm(BaseModel):
    """The form of an entry. `entry` is the one that is changed; empty for a new one."""

    entry: Annotated[str, Field(max_length=64)] = ""
    standing: Standing = Standing.BLOCKED
    pattern: Annotated[str, Field(max_length=LONGEST)] = ""
    subject: Annotated[str, Field(max_length=20)] = ""
    policy: Annotated[str, Field(max_length=64)] = ""
    note: Annotated[str, Field(max_length=300)] = ""
    until: Annotated[str, Field(max_length=10)] = ""
    days: Annotated[int, Field(ge=1, le=DAYS[-1])] = 7

    @property
    def about(self) -> Subject | None:
        """What the entry is about; None: its form says it."""
        return _subject(self.subject)

    def expires_at(self, now: datetime) -> datetime | None:
        """The end of the last day, UTC. Raises InvalidInput for what is no day to come."""
        if not self.until:
            return None
        try:
            end = datetime.combine(date.fromisoformat(self.until), time.max, UTC)
        except ValueError as error:
            raise InvalidInput(f"'{self.until}' is no day; write 2026-12-31.") from error
        if end <= now:
            raise InvalidInput("The last day is over already.")
        return end


class Asked(BaseModel):
    """Which entries are listed."""

    words: Annotated[str, Field(max_length=LONGEST)] = ""
    standing: Annotated[str, Field(max_length=20)] = ""
    subject: Annotated[str, Field(max_length=20)] = ""
    entry: Annotated[str, Field(max_length=64)] = ""


@router.get("/{account_id}")
def show(
    request: Request, visitor: Viewer, parts: Parts, account_id: str, asked: Annotated[Asked, Query()]
) -> Response:
    """The organisation's entries, and what holds for every organisation; with `entry` that one is in the form."""
    form = EntryForm()
    if asked.entry:
        form = _form_of(Lists(parts.database, parts.new_id).get(asked.entry, _account(parts, account_id).tenant_id))
    return _page(request, visitor, parts, account_id, form, asked)


@router.post("/{account_id}")
def save(
    request: Request, visitor: Analyst, parts: Parts, account_id: str, form: Annotated[EntryForm, Form()]
) -> Response:
    """Add an entry, or put another in the place of one."""
    try:
        made = _saved(parts, visitor, _account(parts, account_id).tenant_id, form)
    except InvalidInput as error:
        return _page(request, visitor, parts, account_id, form, Asked(), (str(error),))
    return go_to(request, f"/lists/{account_id}", f"{made.pattern} is {made.standing} within a second.")


@router.post("/{account_id}/remove")
def remove(
    request: Request, visitor: Analyst, parts: Parts, account_id: str, entry: Annotated[str, Form(max_length=64)]
) -> Response:
    """Take an entry off."""
    tenant_id = _account(parts, account_id).tenant_id
    gone = Lists(parts.database, parts.new_id).remove(entry, tenant_id, visitor.author)
    return go_to(request, f"/lists/{account_id}", f"{gone.pattern} is no longer {gone.standing}.")


@router.post("/{account_id}/try")
def try_entry(
    request: Request, visitor: Viewer, parts: Parts, account_id: str, form: Annotated[EntryForm, Form()]
) -> Response:
    """What the entry in the form would have done to past mail; nothing is saved."""
    tenant_id = _account(parts, account_id).tenant_id
    try:
        lists = Lists(parts.database, parts.new_id)
        tried = lists.made(form.pattern, form.standing, visitor.author, whose=Whose(tenant_id), subject=form.about)
    except InvalidInput as error:
        return _page(request, visitor, parts, account_id, form, Asked(), (str(error),))
    now = saved_tuning(parts.database, tenant_id)
    told = try_on_past_mail(parts, tenant_id, now, Change(now, (tried,)), form.days)
    return _page(request, visitor, parts, account_id, form, Asked(), tried=told)


def _saved(parts: ConsoleParts, visitor: Visitor, tenant_id: str, form: EntryForm) -> Entry:
    if form.policy and form.policy not in _policies(parts, tenant_id):
        raise InvalidInput("There is no such policy of this organisation.")
    return Lists(parts.database, parts.new_id).add(
        form.pattern, form.standing, visitor.author, whose=Whose(tenant_id, form.policy), subject=form.about,
        note=form.note, expires_at=form.expires_at(visitor.at), instead_of=form.entry,
    )  # fmt: skip


def _form_of(entry: Entry) -> EntryForm:
    until = entry.expires_at.astimezone(UTC).date().isoformat() if entry.expires_at else ""
    return EntryForm(
        entry=entry.id, standing=entry.standing, pattern=entry.pattern, subject=entry.subject.value,
        policy=entry.policy_id, note=entry.note, until=until,
    )  # fmt: skip


def _page(
    request: Request, visitor: Visitor, parts: ConsoleParts, account_id: str, form: EntryForm, asked: Asked,
    problems: tuple[str, ...] = (), tried: Tried | None = None,
) -> Response:  # fmt: skip
    account = _account(parts, account_id)
    values = {
        "account": account, "entries": _entries(parts, account.tenant_id, asked),
        "everywhere": _everywhere(parts, asked), "policies": _policies(parts, account.tenant_id), "form": form,
        "asked": asked, "problems": problems,
        "tried": tried, "standings": tuple(Standing), "subjects": tuple(Subject), "all_days": DAYS, "manual": MANUAL,
        "most": SHOWN,
    }  # fmt: skip
    return page(request, visitor, "lists/page.html", values, status=400 if problems else 200)


def _entries(parts: ConsoleParts, tenant_id: str, asked: Asked) -> list[Entry]:
    standing = Standing(asked.standing) if asked.standing in set(Standing) else None
    with parts.database.read() as unit:
        return ReputationStore(unit).search(
            tenant_id=tenant_id,
            standing=standing,
            subject=_subject(asked.subject),
            words=asked.words.strip(),
            limit=SHOWN,
        )


def _everywhere(parts: ConsoleParts, asked: Asked) -> list[Entry]:
    """Entries for every organisation: shown only to who looks for them, since feeds have very many."""
    return _entries(parts, "", asked) if asked.words.strip() else []


def _subject(name: str) -> Subject | None:
    return Subject(name) if name in set(Subject) else None


def _policies(parts: ConsoleParts, tenant_id: str) -> dict[str, str]:
    """Their names by id."""
    with parts.database.read() as unit:
        sets = PolicyStore(unit).all_current()
    return {one.id: one.name for (owner, _), kept in sets.items() if owner == tenant_id for one in kept.policies}


def _account(parts: ConsoleParts, account_id: str) -> ServiceAccount:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id)
