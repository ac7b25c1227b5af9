"""Counts by person of what the risk measure looks at, from the logs that have it; by organisation and address."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select

from lockgate.model.access import Scope
from lockgate.model.clicks import ClickOutcome
from lockgate.model.user_report import ReportState, UserReport
from lockgate.storage.schema.clicks import clicks
from lockgate.storage.schema.user_reports import user_reports
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.user_reports import UserReports

SUSPECTED = (ReportState.WAITING, ReportState.MITIGATED)


def clicks_by_person(
    unit: Unit, outcome: ClickOutcome, start: datetime, end: datetime, scope: Scope = None
) -> Iterator[tuple[str, str, int]]:
    """Clicks of [start, end) that ended so, where the link names its reader."""
    table = clicks.c
    query = (
        select(table.tenant_id, table.rcpt_to, func.count())
        .where(table.at >= start, table.at < end, table.outcome == outcome.value, table.rcpt_to != "")
        .where(*within(table.tenant_id, scope))
        .group_by(table.tenant_id, table.rcpt_to)
    )
    for row in unit.connection.execute(query):
        yield row[0], row[1], int(row[2])


def suspected(unit: Unit, start: datetime, end: datetime, scope: Scope = None) -> list[UserReport]:
    """Reports of [start, end) that were, or may be, right; the newest first."""
    table = user_reports.c
    query = select(table.id).where(table.reported_at >= start, table.reported_at < end)
    query = query.where(table.state.in_([one.value for one in SUSPECTED]), *within(table.tenant_id, scope))
    ids = unit.connection.execute(query.order_by(table.reported_at.desc())).scalars().all()
    return [found for one in ids if (found := UserReports(unit).get(one)) is not None]
