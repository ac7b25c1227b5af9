"""An organisation's own signals and rules: listed, written in forms, tried on past mail, in shadow first."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from lockgate.console.guard.visitors import Admin, Viewer, Visitor
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.past_mail import DAYS, Tried, try_on_past_mail
from lockgate.console.rendering import go_to, page
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Category, Maturity
from lockgate.model.service_account import ServiceAccount
from lockgate.model.tuning import OwnRule, OwnSignal, Tuning
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.documents import checked, save_tuning, saved_tuning
from lockgate.tuning.replay import Change

router = APIRouter(prefix="/own-rules")
CATEGORIES = (Category.SPAM, Category.PHISHING, Category.FRAUD, Category.MALWARE, Category.BULK, Category.INNOCENCE)
Short = Annotated[str, Field(max_length=100)]
Long = Annotated[str, Field(max_length=4_000)]
BLANK_RULE = OwnRule("", "", "", Category.SPAM, 2.0)
BLANK_SIGNAL = OwnSignal("", "")


class RuleForm(BaseModel):
    """The form of a rule."""

    version: int = 0
    id: Short = ""
    name: Short = ""
    expression: Long = ""
    category: Category = Category.SPAM
    weight: float = Field(default=2.0, allow_inf_nan=False)
    maturity: Maturity = Maturity.SHADOW
    description: Long = ""
    days: Annotated[int, Field(ge=1, le=DAYS[-1])] = 7

    @property
    def rule(self) -> OwnRule:
        """As it is kept."""
        identity, name = self.id.strip(), self.name.strip()
        expression, description = self.expression.strip(), self.description.strip()
        return OwnRule(identity, name or identity, expression, self.category, self.weight, self.maturity, description)


class SignalForm(BaseModel):
    """The form of a signal."""

    version: int = 0
    name: Short = ""
    expression: Long = ""
    description: Long = ""

    @property
    def signal(self) -> OwnSignal:
        """As it is kept."""
        return OwnSignal(self.name.strip(), self.expression.strip(), self.description.strip())


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows beside what is saved: forms as they are filled in, what is wrong, what was tried."""

    rule: OwnRule = BLANK_RULE
    signal: OwnSignal = BLANK_SIGNAL
    problems: tuple[str, ...] = ()
    days: int = 7
    tried: Tried | None = None


@router.get("/{account_id}")
def show(
    request: Request,
    visitor: Viewer,
    parts: Parts,
    account_id: str,
    rule: Annotated[str, Query(max_length=100)] = "",
    signal: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Rules and signals in force; with `rule` or `signal` that one is in its form."""
    tuning = saved_tuning(parts.database, _account(parts, account_id).tenant_id)
    shown_rule = next((one for one in tuning.rules if one.id == rule), BLANK_RULE)
    shown_signal = next((one for one in tuning.signals if one.name == signal), BLANK_SIGNAL)
    return _page(request, visitor, parts, account_id, Shown(shown_rule, shown_signal))


@router.post("/{account_id}/rule")
def save_rule(
    request: Request, visitor: Admin, parts: Parts, account_id: str, form: Annotated[RuleForm, Form()]
) -> Response:
    """Add a rule, or replace the one with this id."""
    return _changed(
        request, visitor, parts, account_id, form.version, lambda tuning: with_rule(tuning, form.rule),
        f"Rule '{form.rule.name}' is saved, {form.maturity}, and in force within a second.", Shown(rule=form.rule),
    )  # fmt: skip


@router.post("/{account_id}/signal")
def save_signal(
    request: Request, visitor: Admin, parts: Parts, account_id: str, form: Annotated[SignalForm, Form()]
) -> Response:
    """Add a signal, or replace the one of this name."""
    return _changed(
        request, visitor, parts, account_id, form.version, lambda tuning: with_signal(tuning, form.signal),
        f"Signal '{form.signal.name}' is saved.", Shown(signal=form.signal),
    )  # fmt: skip


@router.post("/{account_id}/maturity")
def set_maturity(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    name: Annotated[str, Form(max_length=100)],
    maturity: Annotated[Maturity, Form()],
    version: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Let a rule count, or only be observed."""

    def change(tuning: Tuning) -> Tuning:
        rules = tuple(replace(one, maturity=maturity) if one.id == name else one for one in tuning.rules)
        return replace(tuning, rules=rules)

    return _changed(request, visitor, parts, account_id, version, change, f"'{name}' is {maturity} now.", Shown())


@router.post("/{account_id}/remove")
def remove(
    request: Request,
    visitor: Admin,
    parts: Parts,
    account_id: str,
    rule: Annotated[str, Form(max_length=100)] = "",
    signal: Annotated[str, Form(max_length=100)] = "",
    version: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Delete a rule or a signal; a signal that a rule still needs stays."""

    def change(tuning: Tuning) -> Tuning:
        rules = tuple(one for one in tuning.rules if one.id != rule)
        signals = tuple(one for one in tuning.signals if one.name != signal)
        return replace(tuning, rules=rules, signals=signals)

    return _changed(
        request, visitor, parts, account_id, version, change, f"'{rule or signal}' is deleted.", Shown()
    )  # fmt: skip


@router.post("/{account_id}/try")
def try_rule(
    request: Request, visitor: Viewer, parts: Parts, account_id: str, form: Annotated[RuleForm, Form()]
) -> Response:
    """What the rule in the form would have done, enforced, to past mail; nothing is saved."""
    tenant_id = _account(parts, account_id).tenant_id
    now = saved_tuning(parts.database, tenant_id)
    tried = replace(form.rule, id=form.rule.id or "tried", maturity=Maturity.ENFORCED)
    try:
        change = Change(checked(with_rule(now, tried)))
    except InvalidInput as error:
        return _page(request, visitor, parts, account_id, Shown(form.rule, problems=_lines(error)))
    told = try_on_past_mail(parts, tenant_id, now, change, form.days)
    return _page(request, visitor, parts, account_id, Shown(form.rule, days=form.days, tried=told))


def with_rule(tuning: Tuning, made: OwnRule) -> Tuning:
    """The same with this rule in the place of the one with its id, or at the end."""
    if any(one.id == made.id for one in tuning.rules):
        return replace(tuning, rules=tuple(made if one.id == made.id else one for one in tuning.rules))
    return replace(tuning, rules=(*tuning.rules, made))


def with_signal(tuning: Tuning, made: OwnSignal) -> Tuning:
    """The same with this signal in the place of the one of its name, or at the end."""
    if any(one.name == made.name for one in tuning.signals):
        return replace(tuning, signals=tuple(made if one.name == made.name else one for one in tuning.signals))
    return replace(tuning, signals=(*tuning.signals, made))


def _changed(
    request: Request, visitor: Visitor, parts: ConsoleParts, account_id: str, version: int,
    change: Callable[[Tuning], Tuning], notice: str, filled_in: Shown,
) -> Response:  # fmt: skip
    """Save the change of the version that the visitor saw, or show the forms again with what is wrong."""
    tenant_id = _account(parts, account_id).tenant_id
    tuning = replace(saved_tuning(parts.database, tenant_id), tuning_version=version)
    try:
        save_tuning(parts.database, tenant_id, change(tuning), visitor.author)
    except InvalidInput as error:
        return _page(request, visitor, parts, account_id, replace(filled_in, problems=_lines(error)))
    return go_to(request, f"/own-rules/{account_id}", notice)


def _lines(error: InvalidInput) -> tuple[str, ...]:
    return tuple(str(error).splitlines())


def _page(request: Request, visitor: Visitor, parts: ConsoleParts, account_id: str, shown: Shown) -> Response:
    account = _account(parts, account_id)
    values = {
        "account": account, "tuning": saved_tuning(parts.database, account.tenant_id), "shown": shown,
        "categories": CATEGORIES, "maturities": tuple(Maturity), "all_days": DAYS,
    }  # fmt: skip
    return page(request, visitor, "own_rules/page.html", values, status=400 if shown.problems else 200)


def _account(parts: ConsoleParts, account_id: str) -> ServiceAccount:
    with parts.database.read() as unit:
        return ServiceAccounts(unit, parts.vault).get(account_id)
