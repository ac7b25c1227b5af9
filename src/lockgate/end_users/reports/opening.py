"""Looks into reports that have arrived: takes the message out and has it judged with the knowledge of today.

Rule: the message is kept before the mail that brought it is given up, and a report moves on by compare-and-set. So a
run that dies, or two at once, judge a report twice at worst.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from lockgate.end_users.reports.ports import Judged, Judges, Opens
from lockgate.model.clock import Clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import PermanentError, TemporaryError
from lockgate.model.findings import Incomplete
from lockgate.model.notification import Notification, NotificationKind
from lockgate.model.user_report import Judgement, UserReport, Way
from lockgate.storage.blobs import Blobs
from lockgate.storage.notifications import Notifications
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.unit_of_work import Database
from lockgate.storage.user_reports import UserReports

log = structlog.get_logger()
AT_ONCE = 20  # reports in one run
MOST_HOSTS = 30


@dataclass(frozen=True, slots=True)
class Opening:
    """One per run."""

    database: Database
    blobs: Blobs
    clock: Clock
    opens: Opens
    judges: Judges

    async def open_arrived(self) -> int:
        """Open what has arrived; how many. One that cannot be opened now waits for the next run."""
        with self.database.read() as unit:
            arrived = UserReports(unit).unopened(AT_ONCE)
        opened = 0
        for one in arrived:
            try:
                opened += await self._open(one)
            except TemporaryError as error:
                log.warning("a report cannot be opened now", report=one.id, cause=str(error))
        return opened

    async def _open(self, one: UserReport) -> bool:
        content = await asyncio.to_thread(self.blobs.get, one.blob)
        comment, message = one.comment, content
        try:
            if one.way is Way.MAIL:
                found = await self.opens.open(content)
                comment, message = found.comment, found.message
            if not message:
                return self._keep(one, None, one.blob, comment)
            judged = await self.judges.judge(one.tenant_id, one.reporter, message)
        except PermanentError as error:
            log.warning("a report cannot be judged", report=one.id, cause=str(error))
            return self._keep(one, None, one.blob, comment)
        blob = one.blob if message is content else await asyncio.to_thread(self.blobs.put, [message], self.clock())
        kept = self._keep(one, self._judgement(one.tenant_id, judged), blob, comment)
        if kept and blob != one.blob:
            await asyncio.to_thread(self.blobs.delete, one.blob)
        return kept

    def _judgement(self, tenant_id: str, judged: Judged) -> Judgement:
        report = judged.report
        return Judgement(
            judged.header_from, judged.subject, judged.internet_message_id,
            self._trace(tenant_id, judged.internet_message_id), report.verdict, report.score, report.findings,
            judged.link_hosts[:MOST_HOSTS], tuple(_sentences(report.incomplete)),
        )  # fmt: skip

    def _trace(self, tenant_id: str, internet_message_id: str) -> str:
        if not internet_message_id:
            return ""
        wanted = TraceFilter(tenant_id=tenant_id, direction=Direction.INBOUND, message_id=internet_message_id)
        with self.database.read() as unit:
            found = Traces(unit).search(wanted, limit=1)
        return found[0].id if found else ""

    def _keep(self, one: UserReport, judgement: Judgement | None, blob: str, comment: str) -> bool:
        now = self.clock()
        text = f"{one.reporter} has reported a message as suspicious. Decide at /reported-mail/{one.id}."
        with self.database.write() as unit:
            kept = UserReports(unit).opened(one, judgement, blob, comment)
            if kept:
                kind = NotificationKind.MAIL_REPORTED
                Notifications(unit).tell(Notification(f"reported/{one.id}", kind, now, text, tenant_id=one.tenant_id))
        return kept


def _sentences(incomplete: Iterable[Incomplete]) -> Iterable[str]:
    return (f"{one.detector}: {one.why or one.failure}" for one in incomplete if one.essential)
