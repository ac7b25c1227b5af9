"""Report plans and reports.

Rule: a plan moves on by compare-and-set, in the unit that keeps its report and its letter; of two controllers one does.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, delete, insert, select, update

from lockgate.model.access import Scope
from lockgate.model.report import Report, ReportForm, ReportFrequency, ReportPlan
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.schema.reports import report_plans, reports
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Unit

_REPORT = [reports.c[name] for name in Report.__slots__]


class Reports:
    """Both, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def plans(self, scope: Scope = None) -> list[ReportPlan]:
        """By name."""
        query = select(report_plans).where(*within(report_plans.c.tenant_id, scope))
        return [_plan(row) for row in self._unit.connection.execute(query.order_by(report_plans.c.name))]

    def due(self, now: datetime) -> list[ReportPlan]:
        """Those whose time has come."""
        query = select(report_plans).where(report_plans.c.next_at <= now).order_by(report_plans.c.next_at)
        return [_plan(row) for row in self._unit.connection.execute(query)]

    def plan(self, plan: ReportPlan, author: Author) -> None:
        """One more."""
        row = {name: getattr(plan, name) for name in ReportPlan.__slots__}
        row |= {"frequency": plan.frequency.value, "recipients": list(plan.recipients)}
        self._unit.connection.execute(insert(report_plans).values(row))
        self._note(author, "report.plan", plan, after=_told(plan))

    def forget_plan(self, plan_id: str, author: Author) -> bool:
        """No more of these; what was made stays. False when there is no such plan."""
        row = self._unit.connection.execute(select(report_plans).where(report_plans.c.id == plan_id)).one_or_none()
        if row is None:
            return False
        self._unit.connection.execute(delete(report_plans).where(report_plans.c.id == plan_id))
        self._note(author, "report.unplan", _plan(row), before=_told(_plan(row)))
        return True

    def move_on(self, plan: ReportPlan, next_at: datetime) -> bool:
        """The next is due then; False when somebody else has moved it, or it is gone."""
        table = report_plans.c
        moved = update(report_plans).where(table.id == plan.id, table.next_at == plan.next_at)
        return self._unit.connection.execute(moved.values(next_at=next_at)).rowcount == 1

    def keep(self, report: Report, pdf: bytes, html: bytes) -> None:
        """A finished one."""
        row = {name: getattr(report, name) for name in Report.__slots__} | {"pdf": pdf, "html": html}
        self._unit.connection.execute(insert(reports).values(row))

    def newest(self, scope: Scope = None, limit: int = 50) -> list[Report]:
        """What was made, the newest first."""
        query = select(*_REPORT).where(*within(reports.c.tenant_id, scope))
        query = query.order_by(reports.c.made_at.desc(), reports.c.id).limit(limit)
        return [Report(**row._mapping) for row in self._unit.connection.execute(query)]

    def content(self, report_id: str, form: ReportForm) -> tuple[Report, bytes] | None:
        """A report with what is in it; None when it is not kept."""
        column = reports.c.pdf if form is ReportForm.PDF else reports.c.html
        query = select(*_REPORT, column.label("content")).where(reports.c.id == report_id)
        row = self._unit.connection.execute(query).one_or_none()
        if row is None:
            return None
        return Report(**{name: row._mapping[name] for name in Report.__slots__}), row.content

    def prune(self, older_than: datetime) -> int:
        """Delete those made before that moment; how many there were."""
        return self._unit.connection.execute(delete(reports).where(reports.c.made_at < older_than)).rowcount

    def _note(
        self, author: Author, act: str, plan: ReportPlan, before: dict[str, object] | None = None,
        after: dict[str, object] | None = None,
    ) -> None:  # fmt: skip
        entry = AuditEntry(author.at, author.name, act, plan.id, plan.tenant_id, author.peer, before or {}, after or {})
        AuditLog(self._unit).record(entry)


def _told(plan: ReportPlan) -> dict[str, object]:
    recipients: Sequence[str] = list(plan.recipients)
    return {"name": plan.name, "frequency": plan.frequency.value, "recipients": recipients}


def _plan(row: Row[tuple[object, ...]]) -> ReportPlan:
    plain = dict(row._mapping)
    plain |= {"frequency": ReportFrequency(plain["frequency"]), "recipients": tuple(plain["recipients"])}
    return ReportPlan(**plain)
