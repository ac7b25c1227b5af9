"""Routes of an organisation's header rules: approved, blocked, and simulations of phishing."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Administrator, Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.api.tuning import Id, tenant_of_account
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.model.header_rules import HeaderField, HeaderMatch, HeaderRule, HeaderRules, HeaderStanding
from lockgate.tuning.header_rules import remarks, save_header_rules, saved_header_rules

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["detection"])
Text = Annotated[str, Field(max_length=500)]


class FieldShape(BaseModel):
    """A field's name, and what one of its values must be."""

    model_config = ConfigDict(extra="forbid")
    name: Text
    match: HeaderMatch
    value: Text


class RuleShape(BaseModel):
    """All that is set must hold; docs/policies.md, "Header rules"."""

    model_config = ConfigDict(extra="forbid")
    name: Text
    standing: HeaderStanding
    fields: list[FieldShape]
    networks: list[Text] = []
    domains: list[Text] = []
    policy_id: Text = ""
    with_files: bool = False
    note: Text = ""
    expires_at: AwareDatetime | None = None


class HeaderRulesShape(BaseModel):
    """All of them; `version` is the one that was read, 0 for none."""

    model_config = ConfigDict(extra="forbid")
    version: int = Field(default=0, ge=0, le=1_000_000)
    rules: list[RuleShape] = []


class HeaderRulesTold(HeaderRulesShape):
    """With what their author should know."""

    remarks: list[str] = []


@router.get("/accounts/{account_id}/header-rules")
def show_header_rules(_caller: Reader, parts: Parts, account_id: Id) -> HeaderRulesTold:
    """What is in force."""
    return _told(parts, tenant_of_account(parts, account_id))


@router.put("/accounts/{account_id}/header-rules")
def replace_header_rules(
    caller: Administrator, parts: Parts, account_id: Id, given: HeaderRulesShape
) -> HeaderRulesTold:
    """Replace all of them; in force within a second."""
    wanted = HeaderRules(tuple(_rule(one) for one in given.rules))
    tenant_id = tenant_of_account(parts, account_id)
    save_header_rules(parts.database, tenant_id, wanted, caller.author, seen=given.version)
    return _told(parts, tenant_id)


def _told(parts: ConsoleParts, tenant_id: str) -> HeaderRulesTold:
    saved, version = saved_header_rules(parts.database, tenant_id)
    return HeaderRulesTold(
        version=version,
        rules=[_shape(one) for one in saved.header_rules],
        remarks=[sentence for one in saved.header_rules for sentence in remarks(one)],
    )


def _shape(rule: HeaderRule) -> RuleShape:
    fields = [FieldShape(name=one.name, match=one.match, value=one.value) for one in rule.fields]
    return RuleShape(
        name=rule.name, standing=rule.standing, fields=fields, networks=list(rule.networks), domains=list(rule.domains),
        policy_id=rule.policy_id, with_files=rule.with_files, note=rule.note, expires_at=rule.expires_at,
    )  # fmt: skip


def _rule(shape: RuleShape) -> HeaderRule:
    until: datetime | None = shape.expires_at
    return HeaderRule(
        shape.name, shape.standing, tuple(HeaderField(one.name, one.match, one.value) for one in shape.fields),
        tuple(shape.networks), tuple(one.lower() for one in shape.domains), shape.policy_id, shape.with_files,
        shape.note, until,
    )  # fmt: skip
