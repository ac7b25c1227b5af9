"""Reports: made on request, planned, kept for download, and how they look."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from lockgate.console.guard.visitors import Admin, Viewer, require
from lockgate.console.organisation_names import names
from lockgate.console.parts import ConsoleParts, Parts, needed
from lockgate.console.rendering import go_to, page
from lockgate.model.access import Role
from lockgate.model.errors import InvalidInput
from lockgate.model.report import Brand, ReportForm, ReportFrequency
from lockgate.reporting.reports import logo
from lockgate.reporting.reports.service import EVERYBODY, ReportService, Wanted, file_name
from lockgate.storage.branding import brand_of, save_brand
from lockgate.storage.reports import Reports

router = APIRouter(prefix="/reports")
MEDIA = {ReportForm.PDF: "application/pdf", ReportForm.HTML: "text/html; charset=utf-8"}
PERIODS = {
    ReportFrequency.DAILY: "yesterday", ReportFrequency.WEEKLY: "the last seven days",
    ReportFrequency.MONTHLY: "the last month",
}  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Name = Annotated[str, Form(max_length=200)]
Tenant = Annotated[str, Form(max_length=64)]
Zone = Annotated[str, Form(max_length=64)]


@router.get("")
def show(request: Request, visitor: Viewer, parts: Parts, tenant: str = "") -> Response:
    """What was made, what is planned, and the forms; the last of them with the looks of this organisation."""
    organisations = names(parts, visitor.scope)
    choices = ({"": EVERYBODY} if visitor.access.may_everywhere(Role.ADMIN) else {}) | {
        key: name for key, name in organisations.items() if visitor.access.may(Role.ADMIN, key)
    }
    look = tenant if tenant in choices else next(iter(choices), "")
    with parts.database.read() as unit:
        values = {
            "made": Reports(unit).newest(visitor.scope), "plans": Reports(unit).plans(visitor.scope),
            "look": look, "brand": brand_of(unit, look),
        }  # fmt: skip
    known = {"": EVERYBODY} | organisations
    values |= {"names": known, "choices": choices, "periods": PERIODS, "days": DAYS, "forms": list(ReportForm)}
    return page(request, visitor, "reports/page.html", values)


@router.post("")
def make(
    request: Request,
    visitor: Admin,
    parts: Parts,
    frequency: Annotated[ReportFrequency, Form()],
    name: Name = "",
    tenant: Tenant = "",
    time_zone: Zone = "UTC",
) -> Response:
    """One report now."""
    require(visitor.access, Role.ADMIN, _known(parts, tenant), "organisation")
    report = _service(parts).make(tenant, name, frequency, time_zone, visitor.author)
    return go_to(request, "/reports", f"The report '{report.name}' is ready.")


@router.post("/plans")
def plan(
    request: Request,
    visitor: Admin,
    parts: Parts,
    frequency: Annotated[ReportFrequency, Form()],
    hour: Annotated[int, Form()],
    weekday: Annotated[int, Form()] = 0,
    name: Name = "",
    tenant: Tenant = "",
    time_zone: Zone = "UTC",
    recipients: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """One that comes again and again."""
    require(visitor.access, Role.ADMIN, _known(parts, tenant), "organisation")
    addresses = recipients.replace(",", "\n").replace(";", "\n").split("\n")
    wanted = Wanted(tenant, name, frequency, hour, weekday, time_zone, addresses)
    made = _service(parts).plan(wanted, visitor.author)
    return go_to(
        request, "/reports", f"'{made.name}' comes {made.frequency.value}, next at {made.next_at:%Y-%m-%d %H:%M} UTC."
    )


@router.post("/plans/{plan_id}/remove")
def remove(request: Request, visitor: Admin, parts: Parts, plan_id: str) -> Response:
    """No more of these."""
    with parts.database.write() as unit:
        Reports(unit).forget_plan(plan_id, visitor.author)
    return go_to(request, "/reports", "It does not come any more; the reports that were made stay.")


@router.post("/brand")
def brand(
    request: Request,
    visitor: Admin,
    parts: Parts,
    name: Name = "",
    colour: Annotated[str, Form(max_length=7)] = "",
    tenant: Tenant = "",
    picture: Annotated[UploadFile | None, File()] = None,
    without_logo: Annotated[bool, Form()] = False,
    signature: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """How the reports and letters of an organisation look, or of all that have chosen nothing."""
    require(visitor.access, Role.ADMIN, _known(parts, tenant), "organisation")
    given = picture.file.read(logo.LARGEST + 1) if picture is not None else b""
    with parts.database.read() as unit:
        kept = b"" if without_logo else brand_of(unit, tenant).logo
    wanted = Brand(name, colour, logo.clean(given) if given else kept, signature)
    save_brand(parts.database, tenant, wanted, visitor.author)
    return go_to(request, "/reports", "Saved; the next report and the next letter look so.")


@router.get("/{made_id}/{form}")
def download(visitor: Viewer, parts: Parts, made_id: str, form: ReportForm) -> Response:
    """A report as a file."""
    del visitor
    report, content = _service(parts).content(made_id, form)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(report, form)}"'}
    return Response(content, media_type=MEDIA[form], headers=headers)


def _service(parts: ConsoleParts) -> ReportService:
    return needed(parts.report_service, "Reporting")


def _known(parts: ConsoleParts, tenant: str) -> str:
    if tenant and tenant not in names(parts, None):
        raise InvalidInput("There is no such organisation.")
    return tenant
