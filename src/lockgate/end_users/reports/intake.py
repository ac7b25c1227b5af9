"""Takes reports in, by mail and by the button alike: of one person as many in a day as their organisation allows.

Rule: whoever is over it is told, once a day, in the commit before the report is given up; so nobody believes that
somebody looks at what nobody has.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime

from lockgate.end_users.people import language_in, person_with
from lockgate.end_users.reports.ports import Answers
from lockgate.end_users.settings import EndUserSettings, settings_of
from lockgate.end_users.texts import texts
from lockgate.model.user_report import Way
from lockgate.storage.letters import Letters
from lockgate.storage.unit_of_work import Database
from lockgate.storage.user_reports import ReportInbox


@dataclass(frozen=True, slots=True)
class ReportIntake:
    """Implements `gateway.ports.KeepsReports`. `answers` is None where no mail of ours goes out."""

    database: Database
    inbox: ReportInbox
    answers: Answers | None

    async def keep(
        self, tenant_id: str, reporter: str, key: str, content: bytes, at: datetime, *,
        way: Way = Way.MAIL, comment: str = "",
    ) -> str | None:  # fmt: skip
        """The report's id, once it is durable; None when this person has reported as many as may be, and knows it.

        Raises TemporaryError when it cannot be kept.
        """
        most = (await asyncio.to_thread(self._settings, tenant_id)).reports_per_day
        kept = await self.inbox.keep(tenant_id, reporter, key, content, at, most=most, way=way, comment=comment)
        if kept is None and self.answers is not None:
            await asyncio.to_thread(self._tell, self.answers, tenant_id, reporter, at, most)
        return kept

    def _settings(self, tenant_id: str) -> EndUserSettings:
        with self.database.read() as unit:
            return settings_of(unit, tenant_id)[0]

    def _tell(self, answers: Answers, tenant_id: str, reporter: str, at: datetime, most: int) -> None:
        day = f"reports-over/{tenant_id}/{reporter.lower()}/{at:%Y%m%d}"
        with self.database.read() as unit:  # a large directory takes its time, and the gateway's writes do not wait
            person = person_with(unit, tenant_id, reporter)
            if person is None:
                return
            said = texts(language_in(unit, person))
        values: dict[str, object] = {"texts": said, "outcome": said.say("reports_over", count=most)}
        name, subject = hashlib.sha256(day.encode()).hexdigest()[:32], said["reports_over_subject"]
        letter = answers.reports_over(name, at, reporter, subject, values)
        with self.database.write() as unit:
            Letters(unit).add_once(letter)
