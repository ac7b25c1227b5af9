"""Mail that people have reported, in one unit of work.

Rule: a report is opened once and decided once, by compare-and-set on its state; the same report twice is one.
"""

import asyncio
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, func, insert, select, update

from lockgate.model.access import Scope
from lockgate.model.user_report import OPEN, Judgement, ReportState, UserReport, Way
from lockgate.storage.audit import Author
from lockgate.storage.blobs import Blobs
from lockgate.storage.schema.user_reports import user_reports
from lockgate.storage.searching import PAGE, Cursor, behind, within
from lockgate.storage.unit_of_work import Database, Unit

A_DAY = timedelta(days=1)


class UserReports:
    """The reports."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    def add(self, one: UserReport) -> bool:
        """Keep it; False when it is there already."""
        if self.get(one.id) is not None:
            return False
        row = {name: getattr(one, name) for name in UserReport.__slots__}
        self._connection.execute(insert(user_reports).values(row | {"way": one.way.value, "state": one.state.value}))
        return True

    def get(self, report_id: str) -> UserReport | None:
        """The report with this id."""
        row = self._connection.execute(select(user_reports).where(user_reports.c.id == report_id)).one_or_none()
        return None if row is None else _report(row)

    def search(
        self,
        *,
        states: Collection[ReportState] = (),
        scope: Scope = None,
        after: Cursor | None = None,
        limit: int = PAGE,
    ) -> list[UserReport]:
        """Reports in any of these states (empty: all), the newest first."""
        table = user_reports.c
        query = select(user_reports).where(*within(table.tenant_id, scope))
        if states:
            query = query.where(table.state.in_([one.value for one in states]))
        if after is not None:
            query = query.where(behind(table.reported_at, table.id, after))
        query = query.order_by(table.reported_at.desc(), table.id.desc()).limit(limit)
        return [_report(row) for row in self._connection.execute(query)]

    def unopened(self, limit: int) -> list[UserReport]:
        """Reports that nobody has looked into, the oldest first."""
        table = user_reports.c
        query = select(user_reports).where(table.state == ReportState.ARRIVED.value)
        return [_report(row) for row in self._connection.execute(query.order_by(table.reported_at).limit(limit))]

    def count(self, tenant_id: str, reporter: str, since: datetime) -> int:
        """How many somebody has made since that moment."""
        table = user_reports.c
        mine = (table.tenant_id == tenant_id, table.reporter == reporter, table.reported_at >= since)
        return int(self._connection.execute(select(func.count()).where(*mine)).scalar_one())

    def opened(self, one: UserReport, judgement: Judgement | None, blob: str, comment: str) -> bool:
        """Keep what was found in it; without a judgement it is unreadable. False when another run was quicker."""
        state = ReportState.WAITING if judgement else ReportState.UNREADABLE
        return self._change(
            one.id, (ReportState.ARRIVED,), state=state.value, judgement=judgement, blob=blob, comment=comment
        )

    def decide(self, report_id: str, state: ReportState, author: Author, note: str) -> bool:
        """Close it; False when somebody else has decided before."""
        return self._change(report_id, OPEN, state=state.value, decided_by=author.name, decided_at=author.at, note=note)

    def prune(self, older_than: datetime) -> int:
        """Forget reports from before that moment; their content goes with the next sweep for orphans."""
        return self._connection.execute(delete(user_reports).where(user_reports.c.reported_at < older_than)).rowcount

    def _change(self, report_id: str, before: Collection[ReportState], **values: object) -> bool:
        table = user_reports.c
        states = [one.value for one in before]
        wanted = update(user_reports).where(table.id == report_id, table.state.in_(states)).values(values)
        return self._connection.execute(wanted).rowcount > 0


@dataclass(frozen=True, slots=True)
class ReportInbox:
    """Keeps reports, of each person as many within A_DAY as may be."""

    database: Database
    blobs: Blobs

    async def keep(
        self,
        tenant_id: str,
        reporter: str,
        key: str,
        content: bytes,
        at: datetime,
        *,
        most: int,
        way: Way = Way.MAIL,
        comment: str = "",
    ) -> str | None:
        """The report's id, once content and record are durable; None when this person has made `most` already.

        The same `key` of the same person is one report. Raises TemporaryError when it cannot be kept, and then there is
        no record of it. Two at once, on two nodes, may be one too many.
        """
        return await asyncio.to_thread(self._keep, tenant_id, reporter.lower(), key, content, at, most, way, comment)

    def _keep(
        self, tenant_id: str, reporter: str, key: str, content: bytes, at: datetime, most: int, way: Way, comment: str
    ) -> str | None:
        identity = hashlib.sha256(f"{tenant_id}/{reporter}/{way}/{key}".encode()).hexdigest()[:32]
        with self.database.read() as unit:
            if UserReports(unit).get(identity) is not None:
                return identity
            if UserReports(unit).count(tenant_id, reporter, at - A_DAY) >= most:
                return None
        blob = self.blobs.put([content], at)
        with self.database.write() as unit:
            UserReports(unit).add(
                UserReport(identity, tenant_id, reporter, way, at, ReportState.ARRIVED, blob, comment)
            )
        return identity


def _report(row: Row[tuple[object, ...]]) -> UserReport:
    given = {name: row._mapping[name] for name in UserReport.__slots__}
    return UserReport(**given | {"way": Way(given["way"]), "state": ReportState(given["state"])})
