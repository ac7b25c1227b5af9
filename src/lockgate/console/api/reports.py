"""The API's part for reports: make, plan, fetch."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from lockgate.console.api.callers import Administrator, Reader
from lockgate.console.api.shapes import REFUSALS
from lockgate.console.guard.visitors import require
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.reports.routes import MEDIA
from lockgate.model.access import Role
from lockgate.model.errors import InvalidInput
from lockgate.model.report import ReportForm, ReportFrequency
from lockgate.reporting.reports.service import Wanted, file_name
from lockgate.storage.reports import Reports

router = APIRouter(prefix="/api/v1", responses=REFUSALS, tags=["reports"])
Id = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
Tenant = Annotated[str, Field(max_length=64, description="A tenant id; empty for all organisations together.")]
Text = Annotated[str, Field(min_length=1, max_length=120)]


class Shape(BaseModel):
    """What the API takes and gives; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class ReportShape(Shape):
    """A report that was made, of [begins, ends)."""

    id: str
    tenant_id: str
    plan_id: str
    name: str
    begins: datetime
    ends: datetime
    made_at: datetime
    made_by: str


class NewReport(Shape):
    """What to make now: of the last whole day, the last seven or the last month."""

    tenant_id: Tenant = ""
    name: Text = "Threat report"
    frequency: ReportFrequency = ReportFrequency.WEEKLY
    time_zone: Text = "UTC"


class NewPlan(NewReport):
    """What is to come again and again."""

    hour: Annotated[int, Field(ge=0, le=23)] = 7
    weekday: Annotated[int, Field(ge=0, le=6)] = 0
    recipients: Annotated[list[Annotated[str, Field(max_length=320)]], Field(max_length=50)] = []


class PlanShape(Shape):
    """A planned report and when it comes next."""

    id: str
    tenant_id: str
    name: str
    frequency: ReportFrequency
    hour: int
    weekday: int
    time_zone: str
    recipients: tuple[str, ...]
    next_at: datetime


@router.get("/reports")
def reports(caller: Reader, parts: Parts, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[ReportShape]:
    """What was made, the newest first."""
    with parts.database.read() as unit:
        return [ReportShape.model_validate(one) for one in Reports(unit).newest(caller.scope, limit)]


@router.post("/reports")
def make(caller: Administrator, parts: Parts, new: NewReport) -> ReportShape:
    """Make a report now."""
    _may(caller, parts, new.tenant_id)
    service = needed(parts.report_service, "Reporting")
    return ReportShape.model_validate(
        service.make(new.tenant_id, new.name, new.frequency, new.time_zone, caller.author)
    )


@router.get("/reports/{made_id}/{form}", response_class=Response)
def content(_caller: Reader, parts: Parts, made_id: Id, form: ReportForm) -> Response:
    """A report as a file."""
    report, file = needed(parts.report_service, "Reporting").content(made_id, form)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(report, form)}"'}
    return Response(file, media_type=MEDIA[form], headers=headers)


@router.get("/report-plans")
def plans(caller: Reader, parts: Parts) -> list[PlanShape]:
    """What is planned."""
    with parts.database.read() as unit:
        return [_shape(one) for one in Reports(unit).plans(caller.scope)]


@router.post("/report-plans")
def plan(caller: Administrator, parts: Parts, new: NewPlan) -> PlanShape:
    """Plan a report."""
    _may(caller, parts, new.tenant_id)
    return _shape(needed(parts.report_service, "Reporting").plan(Wanted(**new.model_dump()), caller.author))


@router.delete("/report-plans/{plan_id}")
def forget(caller: Administrator, parts: Parts, plan_id: Id) -> dict[str, bool]:
    """No more of these; what was made stays."""
    with parts.database.write() as unit:
        return {"removed": Reports(unit).forget_plan(plan_id, caller.author)}


def _may(caller: Administrator, parts: ConsoleParts, tenant_id: str) -> None:
    if tenant_id and tenant_id not in names(parts, caller.scope):
        raise InvalidInput("There is no such organisation.")
    require(caller.access, Role.ADMIN, tenant_id, "organisation")


def _shape(plan: object) -> PlanShape:
    return PlanShape.model_validate(plan)
