"""Header rules of an organisation: listed, added, changed, taken off; each save is a version."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.rendering import go_to, page
from lockgate.model.errors import InvalidInput
from lockgate.model.header_rules import HeaderMatch, HeaderRule, HeaderRules, HeaderStanding
from lockgate.model.service_account import ServiceAccount
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.header_rules import as_lines, fields_from, remarks, save_header_rules, saved_header_rules

router = APIRouter(prefix="/header-rules")
Lines = Annotated[str, Field(max_length=10_000)]


class RuleForm(BaseModel):
    """The form of a rule. `rule` is the name of the one that is changed; empty for a new one."""

    rule: Annotated[str, Field(max_length=200)] = ""
    version: Annotated[int, Field(ge=0)] = 0
    name: Annotated[str, Field(max_length=200)] = ""
    standing: HeaderStanding = HeaderStanding.BLOCKED
    fields: Lines = ""
    networks: Lines = ""
    domains: Lines = ""
    policy: Annotated[str, Field(max_length=64)] = ""
    note: Annotated[str, Field(max_length=300)] = ""
    until: Annotated[str, Field(max_length=10)] = ""
    with_files: bool = False

    def made(self, now: datetime) -> HeaderRule:
        """The rule; what is wrong with it saving says. Raises InvalidInput for what cannot be read."""
        return HeaderRule(
            self.name.strip(), self.standing, fields_from(self.fields), _words(self.networks), _words(self.domains),
            self.policy, self.with_files, self.note.strip(), _last_moment(self.until, now),
        )  # fmt: skip


@router.get("/{account_id}")
def show(
    request: Request, visitor: Viewer, parts: Parts, account_id: str,
    rule: Annotated[str, Query(max_length=200)] = "",
) -> Response:  # fmt: skip
    """The rules; with `rule` that one is in the form."""
    saved, version = saved_header_rules(parts.database, _account(parts, account_id).tenant_id)
    chosen = next((one for one in saved.header_rules if one.name == rule), None)
    form = RuleForm(version=version) if chosen is None else _form_of(chosen, version)
    return _page(request, visitor, parts, account_id, form)


@router.post("/{account_id}")
def save(
    request: Request, visitor: Admin, parts: Parts, account_id: str, form: Annotated[RuleForm, Form()]
) -> Response:
    """Add a rule, or put another in the place of one."""
    tenant_id = _account(parts, account_id).tenant_id
    try:
        made = form.made(visitor.at)
        if made.policy_id and made.policy_id not in _policies(parts, tenant_id):
            raise InvalidInput("There is no such policy of this organisation.")
        saved, _ = saved_header_rules(parts.database, tenant_id)
        others = [one for one in saved.header_rules if not form.rule or one.name != form.rule]
        wanted = HeaderRules((*others, made))
        save_header_rules(parts.database, tenant_id, wanted, visitor.author, seen=form.version)
    except InvalidInput as error:
        return _page(request, visitor, parts, account_id, form, tuple(str(error).splitlines()))
    return go_to(request, f"/header-rules/{account_id}", f"'{made.name}' is in force within a second.")


@router.post("/{account_id}/remove")
def remove(
    request: Request, visitor: Admin, parts: Parts, account_id: str,
    rule: Annotated[str, Form(max_length=200)], version: Annotated[int, Form(ge=0)],
) -> Response:  # fmt: skip
    """Take a rule off."""
    tenant_id = _account(parts, account_id).tenant_id
    saved, _ = saved_header_rules(parts.database, tenant_id)
    wanted = replace(saved, header_rules=tuple(one for one in saved.header_rules if one.name != rule))
    save_header_rules(parts.database, tenant_id, wanted, visitor.author, seen=version)
    return go_to(request, f"/header-rules/{account_id}", f"'{rule}' is taken off.")


def _page(
    request: Request, visitor: Visitor, parts: ConsoleParts, account_id: str, form: RuleForm,
    problems: tuple[str, ...] = (),
) -> Response:  # fmt: skip
    account = _account(parts, account_id)
    saved, version = saved_header_rules(parts.database, account.tenant_id)
    values = {
        "account": account, "rules": [(one, remarks(one)) for one in saved.header_rules], "form": form,
        "problems": problems, "version": version, "policies": _policies(parts, account.tenant_id),
        "standings": tuple(HeaderStanding), "matches": tuple(HeaderMatch),
    }  # fmt: skip
    return page(request, visitor, "header_rules/page.html", values, status=400 if problems else 200)


def _form_of(rule: HeaderRule, version: int) -> RuleForm:
    return RuleForm(
        rule=rule.name, version=version, name=rule.name, standing=rule.standing, fields=as_lines(rule.fields),
        networks="\n".join(rule.networks), domains="\n".join(rule.domains), policy=rule.policy_id, note=rule.note,
        until=rule.expires_at.astimezone(UTC).date().isoformat() if rule.expires_at else "", with_files=rule.with_files,
    )  # fmt: skip


def _account(parts: ConsoleParts, account_id: str) -> ServiceAccount:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id)


def _policies(parts: ConsoleParts, tenant_id: str) -> dict[str, str]:
    """Names by id, with their direction."""
    with parts.database.read() as unit:
        found = PolicyStore(unit).all_current()
    return {
        policy.id: f"{policy.name}, {way.value}"
        for (tenant, way), policies in found.items()
        if tenant == tenant_id
        for policy in policies.policies
    }


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.replace(",", " ").lower().split()))


def _last_moment(until: str, now: datetime) -> datetime | None:
    """The end of the last day, UTC. Raises InvalidInput for what is no day to come."""
    if not until:
        return None
    try:
        end = datetime.combine(date.fromisoformat(until), time.max, UTC)
    except ValueError as error:
        raise InvalidInput(f"'{until}' is no day; write 2026-12-31.") from error
    if end <= now:
        raise InvalidInput("The last day is over already.")
    return end
