"""Makes reports, on request and by plan, and keeps them; what is planned is mailed.

Rule: the report, its letter and the plan's next moment are one unit of work: one that dies half-way has done nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo, available_timezones

from lockgate.model.access import Scope
from lockgate.model.clock import Clock
from lockgate.model.errors import InvalidInput
from lockgate.model.notification import Attachment
from lockgate.model.report import Report, ReportForm, ReportFrequency, ReportPlan
from lockgate.reporting.ageing import waiting_by_age
from lockgate.reporting.reports.content import Content, content
from lockgate.reporting.reports.html import html
from lockgate.reporting.reports.pdf import pdf
from lockgate.reporting.reports.ports import Mails
from lockgate.reporting.reports.schedule import days_before, next_due
from lockgate.reporting.risk import risky_people
from lockgate.reporting.summaries import TOP, counted
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.branding import brand_of
from lockgate.storage.letters import Letters
from lockgate.storage.reports import Reports
from lockgate.storage.unit_of_work import Database, Unit

MOST_RECIPIENTS = 50
LONGEST_NAME = 120
LONGEST_PERIOD = timedelta(days=366)
EVERYBODY = "All organisations"
NOT_KEPT = "There is no such report; it may be older than reports are kept."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants planned, not looked at yet."""

    tenant_id: str
    name: str
    frequency: ReportFrequency
    hour: int
    weekday: int
    time_zone: str
    recipients: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReportService:
    """Blocking. `names` gives organisations' names by tenant id; without `mails` nothing is sent."""

    database: Database
    clock: Clock
    new_id: Callable[[], str]
    names: Callable[[], dict[str, str]]
    mails: Mails | None = None

    def plan(self, wanted: Wanted, author: Author) -> ReportPlan:
        """Plan a report. Raises InvalidInput for what cannot be."""
        zone, name = _zone(wanted.time_zone), _named(wanted.name)
        recipients = tuple(dict.fromkeys(_address(one) for one in wanted.recipients if one.strip()))
        if len(recipients) > MOST_RECIPIENTS:
            raise InvalidInput(f"At most {MOST_RECIPIENTS} recipients.")
        if not (0 <= wanted.hour <= 23 and 0 <= wanted.weekday <= 6):
            raise InvalidInput("The hour is 0 to 23, the weekday 0 (Monday) to 6.")
        due = next_due(wanted.frequency, wanted.hour, wanted.weekday, zone, self.clock())
        plan = ReportPlan(
            self.new_id(), wanted.tenant_id, name, wanted.frequency, wanted.hour, wanted.weekday, zone.key, recipients,
            author.name, due,
        )  # fmt: skip
        with self.database.write() as unit:
            Reports(unit).plan(plan, author)
        return plan

    def make(self, tenant_id: str, name: str, frequency: ReportFrequency, time_zone: str, author: Author) -> Report:
        """One report now, of the last whole day, the last seven or the last month. Raises InvalidInput."""
        zone = _zone(time_zone)
        return self._made_now(tenant_id, _named(name), days_before(frequency, self.clock(), zone), zone, author)

    def make_between(
        self, tenant_id: str, name: str, begins: datetime, ends: datetime, time_zone: str, author: Author
    ) -> Report:
        """One report now, of [begins, ends), by the day. Raises InvalidInput."""
        zone = _zone(time_zone)
        if not timedelta(hours=1) <= ends - begins <= LONGEST_PERIOD:
            raise InvalidInput("A report tells of an hour to 366 days, and ends after it begins.")
        step = timedelta(days=1) if ends - begins > timedelta(days=2) else timedelta(hours=1)
        edges = [begins.replace(minute=0, second=0, microsecond=0)]
        while edges[-1] < ends:
            edges.append(min(edges[-1] + step, ends))
        return self._made_now(tenant_id, _named(name), tuple(edges), zone, author)

    def write_due(self) -> int:
        """Make what is due; how many. What was due while nobody was up is made once, of the newest days."""
        now = self.clock()
        with self.database.read() as unit:
            due = Reports(unit).due(now)
        return sum(self._write(plan, now) for plan in due)

    def content(self, report_id: str, form: ReportForm) -> tuple[Report, bytes]:
        """A report that was made. Raises InvalidInput when it is not kept."""
        with self.database.read() as unit:
            found = Reports(unit).content(report_id, form)
        if found is None:
            raise InvalidInput(NOT_KEPT)
        return found

    def _write(self, plan: ReportPlan, now: datetime) -> bool:
        zone, due = ZoneInfo(plan.time_zone), plan.next_at
        while (following := next_due(plan.frequency, plan.hour, plan.weekday, zone, due)) <= now:
            due = following
        edges = days_before(plan.frequency, due, zone)
        report = self._report(plan.tenant_id, plan.name, edges, plan.made_by, plan.id)
        with self.database.read() as unit:
            told = self._content(unit, report, edges, zone)
        files = pdf(told), html(told)
        with self.database.write() as unit:
            if not Reports(unit).move_on(plan, following):
                return False
            Reports(unit).keep(report, *files)
            if self.mails is not None and plan.recipients:
                letter = self.mails.report(
                    self.new_id(), now, plan.recipients, f"{told.organisation}: {told.title}", _said(told),
                    _attached(report, *files),
                )  # fmt: skip
                Letters(unit).add(letter)
        return True

    def _made_now(
        self, tenant_id: str, name: str, edges: tuple[datetime, ...], zone: ZoneInfo, author: Author
    ) -> Report:
        report = self._report(tenant_id, name, edges, author.name)
        with self.database.read() as unit:
            told = self._content(unit, report, edges, zone)
        files = pdf(told), html(told)
        with self.database.write() as unit:
            Reports(unit).keep(report, *files)
            entry = AuditEntry(author.at, author.name, "report.make", report.id, tenant_id, author.peer)
            AuditLog(unit).record(entry)
        return report

    def _report(self, tenant_id: str, name: str, edges: Sequence[datetime], by: str, plan_id: str = "") -> Report:
        return Report(self.new_id(), tenant_id, plan_id, name, edges[0], edges[-1], self.clock(), by)

    def _content(self, unit: Unit, report: Report, edges: Sequence[datetime], zone: ZoneInfo) -> Content:
        scope: Scope = frozenset({report.tenant_id}) if report.tenant_id else None
        numbers = counted(unit, edges, scope=scope)
        people = risky_people(unit, edges[0], edges[-1], scope)[:TOP]
        waiting = waiting_by_age(unit, self.clock(), scope)
        name = self.names().get(report.tenant_id, report.tenant_id) if report.tenant_id else EVERYBODY
        return content(report, name, brand_of(unit, report.tenant_id), numbers, zone, waiting, people)


def file_name(report: Report, form: ReportForm) -> str:
    """What a browser or a mail program saves it as."""
    return f"lockgate-report-{report.begins:%Y-%m-%d}-{report.ends:%Y-%m-%d}.{form.value}"


def _attached(report: Report, pdf_file: bytes, html_file: bytes) -> tuple[Attachment, ...]:
    return (
        Attachment(file_name(report, ReportForm.PDF), "application/pdf", pdf_file),
        Attachment(file_name(report, ReportForm.HTML), "text/html", html_file),
    )


def _said(told: Content) -> dict[str, object]:
    return {
        "organisation": told.organisation, "days": told.days, "figures": told.figures, "colour": told.brand.colour,
        "brand": told.brand.name,
    }  # fmt: skip


def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise InvalidInput(f"There is no time zone '{name[:60]}'; write it like Europe/Berlin.")
    return ZoneInfo(name)


def _named(name: str) -> str:
    found = " ".join(name.split())
    if not 0 < len(found) <= LONGEST_NAME:
        raise InvalidInput(f"The report needs a name of at most {LONGEST_NAME} characters.")
    return found


def _address(text: str) -> str:
    address = parseaddr(text)[1]
    local, at, domain = address.rpartition("@")
    if not (at and local and "." in domain) or any(letter.isspace() for letter in address):
        raise InvalidInput(f"'{text[:80]}' is not an address.")
    return address
