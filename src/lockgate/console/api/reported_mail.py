"""Mail that people report, for programs: the button of a mail client, and whoever works the queue off."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Changer, Reader
from lockgate.console.api.shapes import REFUSALS, Problem, Shape
from lockgate.console.parts import ConsoleParts, Parts
from lockgate.console.reported_mail.routes import desk_of
from lockgate.model.access import Scope
from lockgate.model.envelope import domain_of
from lockgate.model.errors import InvalidInput
from lockgate.model.pull_back import Destination
from lockgate.model.user_report import Judgement, Mitigation, ReportState, Similar, UserReport, Way
from lockgate.storage.searching import PAGE
from lockgate.storage.service_accounts import ServiceAccounts

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["reported mail"])
Id = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Named = Annotated[list[Annotated[str, Field(max_length=320)]], Field(max_length=100)]


class NewReport(BaseModel):
    """What a button sends: the message as it lies in the mailbox (MIME, base64), and whose mailbox that is."""

    model_config = ConfigDict(extra="forbid")
    reporter: str = Field(min_length=3, max_length=320, pattern=r"^[^\s@]+@[^\s@]+$")
    message: Base64Bytes
    comment: str = Field(default="", max_length=2_000)


class ReportShape(Shape):
    """One report. `judgement` is null until it was looked into."""

    id: str
    tenant_id: str
    reporter: str
    way: Way
    reported_at: datetime
    state: ReportState
    comment: str
    judgement: Judgement | None
    decided_by: str
    decided_at: datetime | None
    note: str


class ReportsShape(Shape):
    """A page of reports, newest first; `next` is `after` of the next page, empty on the last."""

    items: list[ReportShape]
    next: str


class Decision(BaseModel):
    """What is decided. All but `decision` and `note` count for a mitigation only; `days` is how long a block lasts."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["approve", "reject", "mitigate"]
    note: str = Field(default="", max_length=500)
    pull_back: Named = []
    to: Destination = Destination.QUARANTINE
    block_senders: Named = []
    block_hosts: Named = []
    days: int = Field(default=30, ge=1, le=365)


@router.post("/reported-mail", status_code=202, responses={429: {"model": Problem}})
async def add(caller: Reader, parts: Parts, new: NewReport) -> ReportShape:
    """Report a message for somebody of the organisation. It is looked into within a minute."""
    tenant_id = await asyncio.to_thread(_whose, parts, new.reporter, caller.scope)
    desk = desk_of(parts)
    report_id = await desk.take(tenant_id, new.reporter, new.message, caller.author, new.comment)
    return _shape(await asyncio.to_thread(desk.report, report_id))


@router.get("/reported-mail")
def search(
    caller: Reader,
    parts: Parts,
    state: Annotated[list[ReportState], Query(max_length=10)] = [],  # noqa: B006 - FastAPI copies it
    after: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = PAGE,
) -> ReportsShape:
    """Reports in any of these states; all when none is named."""
    found = desk_of(parts).page(state, caller.scope, after, limit)
    return ReportsShape(items=[_shape(one) for one in found.reports], next=found.older)


@router.get("/reported-mail/{report_id}")
def show(_caller: Reader, parts: Parts, report_id: Id) -> ReportShape:
    """One report with its judgement of today."""
    return _shape(desk_of(parts).report(report_id))


@router.get("/reported-mail/{report_id}/similar")
def similar(_caller: Reader, parts: Parts, report_id: Id) -> list[Similar]:
    """Delivered mail like it, the closest first."""
    return desk_of(parts).similar(report_id)


@router.post("/reported-mail/{report_id}/decision")
def decide(caller: Changer, parts: Parts, report_id: Id, wanted: Decision) -> ReportShape:
    """Approve it as harmless, reject the report, or mitigate. Messages are taken back in the background."""
    desk = desk_of(parts)
    match wanted.decision:
        case "approve":
            return _shape(desk.approve(report_id, caller.author))
        case "reject":
            return _shape(desk.reject(report_id, caller.author, wanted.note))
        case "mitigate":
            senders, hosts = tuple(wanted.block_senders), tuple(wanted.block_hosts)
            what = Mitigation(tuple(wanted.pull_back), wanted.to, senders, hosts, wanted.days)
            return _shape(desk.mitigate(report_id, what, caller.author))


def _whose(parts: ConsoleParts, reporter: str, scope: Scope) -> str:
    """The organisation in scope whose domain this is; raises InvalidInput."""
    domain = domain_of(reporter)
    with parts.database.read() as unit:
        for account in ServiceAccounts(unit, parts.vault).all():
            mine = scope is None or account.tenant_id in scope
            if account.tenant_id and mine and any(one.covers(domain) for one in account.domains):
                return account.tenant_id
    raise InvalidInput(f"{domain} is no domain of an organisation that is protected here.")


def _shape(one: UserReport) -> ReportShape:
    return ReportShape(**{name: getattr(one, name) for name in ReportShape.model_fields})
