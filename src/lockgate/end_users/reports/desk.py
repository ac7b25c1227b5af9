"""What administrators do with reports: look, put right, and answer whoever reported.

Rule: what is to be done is done before a report counts as decided, and each act may be repeated; so after a crash the
same decision is made again. Nothing here reaches the live model: a decision is feedback that waits for approval.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.end_users.people import language_in, person_with
from lockgate.end_users.reports.intake import ReportIntake
from lockgate.end_users.reports.ports import Answers, Blocks, PullsBack
from lockgate.end_users.reports.similar import similar_to
from lockgate.end_users.settings import settings_of
from lockgate.end_users.texts import texts
from lockgate.model.access import Scope
from lockgate.model.clock import Clock
from lockgate.model.end_user import Person
from lockgate.model.errors import InvalidInput, TooOften
from lockgate.model.notification import Letter
from lockgate.model.user_report import OPEN, Mitigation, ReportState, Similar, UserReport, Way
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.blobs import Blobs
from lockgate.storage.feedback import LARGEST, Feedback, FeedbackStore, Origin
from lockgate.storage.letters import Letters
from lockgate.storage.searching import PAGE, Cursor, cursor_from
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database, Unit
from lockgate.storage.user_reports import ReportInbox, UserReports

LONGEST_MESSAGE = 25 * 1024 * 1024  # bytes of a reported message
LONGEST_BLOCK = 365  # days
GONE = "There is no such report; it may have been there for too long."
TOLD = {ReportState.HARMLESS: "report_harmless", ReportState.MITIGATED: "report_dangerous"}


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Some reports, the newest first; `older` is what to ask for the next page with, empty on the last."""

    reports: tuple[UserReport, ...]
    older: str


@dataclass(frozen=True, slots=True)
class ReportDesk:
    """One per process. `answers` is None where no mail of ours goes out. Blocking, but for `take`."""

    database: Database
    blobs: Blobs
    clock: Clock
    new_id: Callable[[], str]
    pulls: PullsBack
    blocks: Blocks
    answers: Answers | None

    async def take(self, tenant_id: str, reporter: str, content: bytes, author: Author, comment: str) -> str:
        """A report through the API; its id.

        Raises InvalidInput for a stranger and for what is too large or empty, TooOften for one too many.
        """
        if not content.strip() or len(content) > LONGEST_MESSAGE:
            raise InvalidInput(f"A reported message has 1 to {LONGEST_MESSAGE} bytes.")
        if await asyncio.to_thread(self._person, tenant_id, reporter) is None:
            raise InvalidInput(f"Nobody in the organisation's directory has the address {reporter}.")
        intake = ReportIntake(self.database, ReportInbox(self.database, self.blobs), self.answers)
        key = hashlib.sha256(content).hexdigest()
        report_id = await intake.keep(tenant_id, reporter, key, content, author.at, way=Way.BUTTON, comment=comment)
        if report_id is None:
            raise TooOften(f"{reporter} has reported as many messages within a day as are taken from one person.")
        await asyncio.to_thread(self._note_taken, report_id, tenant_id, reporter, author)
        return report_id

    def page(self, states: Collection[ReportState], scope: Scope, after: str = "", limit: int = PAGE) -> ReportPage:
        """At most `limit` reports behind `after`; raises InvalidInput for a damaged `after`."""
        cursor = cursor_from(after) if after else None
        with self.database.read() as unit:
            found = UserReports(unit).search(states=states, scope=scope, after=cursor, limit=limit + 1)
        shown = tuple(found[:limit])
        older = str(Cursor(shown[-1].reported_at, shown[-1].id)) if len(found) > limit else ""
        return ReportPage(shown, older)

    def report(self, report_id: str) -> UserReport:
        """One report; raises InvalidInput when there is none."""
        with self.database.read() as unit:
            found = UserReports(unit).get(report_id)
        if found is None:
            raise InvalidInput(GONE)
        return found

    def content(self, report_id: str) -> bytes:
        """The reported message, or the mail that should have carried one."""
        return self.blobs.get(self.report(report_id).blob)

    def similar(self, report_id: str) -> list[Similar]:
        """Delivered mail like it."""
        one = self.report(report_id)
        if one.judgement is None:
            return []
        with self.database.read() as unit:
            return similar_to(unit, one.tenant_id, one.judgement, self.clock())

    def approve(self, report_id: str, author: Author) -> UserReport:
        """The message was harmless: whoever reported it is told, and it is feedback as wanted mail."""
        one = self._waiting(report_id)
        self._decide(one, ReportState.HARMLESS, author, "The message is harmless.", wanted=True)
        return self.report(report_id)

    def reject(self, report_id: str, author: Author, note: str = "") -> UserReport:
        """Nothing follows from it, and nobody is told."""
        one = self._open(report_id)
        self._decide(one, ReportState.REJECTED, author, note.strip()[:500] or "Nothing follows from it.", wanted=None)
        return self.report(report_id)

    def mitigate(self, report_id: str, what: Mitigation, author: Author) -> UserReport:
        """Do what is to be done; then tell whoever reported. It is feedback as unwanted mail.

        Raises InvalidInput, before anything is done, for a foreign message and for what cannot stand on a list.
        """
        one = self._waiting(report_id)
        if not what.pull_back and not what.senders and not what.hosts:
            raise InvalidInput("Choose messages to take back, or a sender or link to block.")
        if not 1 <= what.days <= LONGEST_BLOCK:
            raise InvalidInput(f"A block lasts 1 to {LONGEST_BLOCK} days.")
        self._check_whose(one.tenant_id, what.pull_back)
        done = [*self._block(one, what, author), *self._take_back(what, author)]
        self._decide(one, ReportState.MITIGATED, author, " ".join(done), wanted=False)
        return self.report(report_id)

    def _check_whose(self, tenant_id: str, message_ids: Collection[str]) -> None:
        with self.database.read() as unit:
            found = [Traces(unit).get(one) for one in message_ids]
        if any(one is None or one.tenant_id != tenant_id for one in found):
            raise InvalidInput("One of the messages to take back is not in the trace of this organisation.")

    def _block(self, one: UserReport, what: Mitigation, author: Author) -> list[str]:
        written = (*what.senders, *what.hosts)
        if not written:
            return []
        until = author.at + timedelta(days=what.days)
        self.blocks.block(one.tenant_id, written, author, until, f"Reported mail {one.id}")
        return [f"Blocked until {until:%Y-%m-%d}: {', '.join(written)}."]

    def _take_back(self, what: Mitigation, author: Author) -> list[str]:
        begun, left = 0, []
        for message_id in what.pull_back:
            try:
                self.pulls.pull_back(message_id, what.to, author, everywhere=False)
                begun += 1
            except InvalidInput as error:
                left.append(f"Message {message_id} was left: {error}")
        told = "One message is" if begun == 1 else f"{begun} messages are"
        return [*([f"{told} taken back to {what.to}."] if begun else []), *left]

    def _decide(self, one: UserReport, state: ReportState, author: Author, note: str, *, wanted: bool | None) -> None:
        """State, audit entry, feedback and letter in one commit."""
        copy = self._copy(one, author.at) if wanted is not None else ""
        with self.database.write() as unit:
            if not UserReports(unit).decide(one.id, state, author, note):
                raise InvalidInput("Somebody else has decided about this report meanwhile.")
            entry = AuditEntry(
                author.at, author.name, f"reported-mail.{state}", one.id, one.tenant_id, author.peer, {}, {"done": note}
            )
            AuditLog(unit).record(entry)
            if copy and wanted is not None:
                FeedbackStore(unit).add(_feedback(one, self.new_id(), author, wanted, copy))
            if letter := self._letter(unit, one, state):
                Letters(unit).add(letter)

    def _copy(self, one: UserReport, at: datetime) -> str:
        content = self.blobs.get(one.blob)
        return self.blobs.put([content], at) if len(content) <= LARGEST else ""

    def _letter(self, unit: Unit, one: UserReport, state: ReportState) -> Letter | None:
        person = person_with(unit, one.tenant_id, one.reporter)
        if self.answers is None or person is None or state not in TOLD:
            return None
        settings, _ = settings_of(unit, one.tenant_id)
        said = texts(language_in(unit, person))
        about = (one.judgement.subject if one.judgement else "") or said["no_subject"]
        values: dict[str, object] = {
            "texts": said, "about": about[:150], "sender": one.judgement.header_from if one.judgement else "",
            "at": said.moment(one.reported_at, settings.zone), "outcome": said[TOLD[state]],
        }  # fmt: skip
        return self.answers.report_answer(self.new_id(), self.clock(), one.reporter, said["report_subject"], values)

    def _open(self, report_id: str) -> UserReport:
        one = self.report(report_id)
        if one.state not in OPEN:
            raise InvalidInput("Somebody else has decided about this report meanwhile.")
        return one

    def _waiting(self, report_id: str) -> UserReport:
        one = self._open(report_id)
        if one.state is not ReportState.WAITING:
            raise InvalidInput("This report was not looked into yet, or holds no message; it can be rejected only.")
        return one

    def _person(self, tenant_id: str, address: str) -> Person | None:
        with self.database.read() as unit:
            return person_with(unit, tenant_id, address)

    def _note_taken(self, report_id: str, tenant_id: str, reporter: str, author: Author) -> None:
        after: dict[str, object] = {"reporter": reporter}
        with self.database.write() as unit:
            AuditLog(unit).record(
                AuditEntry(author.at, author.name, "reported-mail.add", report_id, tenant_id, author.peer, {}, after)
            )


def _feedback(one: UserReport, identity: str, author: Author, wanted: bool, copy: str) -> Feedback:
    judgement = one.judgement
    header_from, subject = (judgement.header_from, judgement.subject) if judgement else ("", "")
    message_id = judgement.message_id if judgement else ""
    return Feedback(
        identity, author.at, one.reporter, Origin.REPORT, wanted, one.tenant_id, message_id, header_from, subject, copy
    )
