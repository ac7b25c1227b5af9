"""What becomes of a report: opened and judged as of today, put beside what is like it, decided once, and answered."""

import asyncio
import email.policy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from lockgate.bootstrap import user_reports
from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.bootstrap.user_reports import inspection_of_today, open_reports, report_intake
from lockgate.commands.app import app
from lockgate.end_users.reports.desk import ReportDesk
from lockgate.end_users.reports.opening import Opening
from lockgate.end_users.reports.ports import Judged
from lockgate.end_users.reports.taking_out import ProcessOpener
from lockgate.end_users.settings import EndUserSettings, save_settings
from lockgate.model.directory import DirectoryUser
from lockgate.model.errors import InvalidInput, TooOften
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.pull_back import Destination
from lockgate.model.reputation import Standing, Subject
from lockgate.model.settling import Settling
from lockgate.model.trace import MessageTrace
from lockgate.model.user_report import OPEN, Mitigation, ReportState, UserReport
from lockgate.settings import Settings
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.feedback import FeedbackStore
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.notifications import Notifications
from lockgate.storage.orphans import GRACE, sweep_orphans
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.schema.notifications import letters
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.lists import Lists, Whose
from tests.contracts import records
from tests.lockgate.console.desk import NoController
from tests.lockgate.console.test_service_accounts_page import CONTOSO

TOM = "tom@contoso.example"
SENDER = "billing@bad-supplier.example"
FOREIGN = "99999999-8888-4777-8666-555555555555"
MESSAGE = (
    f"Return-Path: <{SENDER}>\r\nFrom: Billing <{SENDER}>\r\nTo: {TOM}\r\nSubject: Your invoice 4711\r\n"
    "Message-ID: <4711@bad-supplier.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\n"
    "Please look at https://pay.bad-supplier.example/4711 today.\r\n"
).encode()
MAIL = (
    f"From: {TOM}\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nWe have no such supplier.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
).encode() + MESSAGE + b"\r\n--b--\r\n"  # fmt: skip


@dataclass
class Place:
    """An installation with one organisation, two people, and no controller."""

    parts: Parts
    desk: ReportDesk
    again: "Again"

    @property
    def author(self) -> Author:
        return Author("ada", self.parts.clock())

    def arrive(self, content: bytes = MAIL, key: str = "1") -> str:
        kept = asyncio.run(report_intake(self.parts).keep(records.TENANT, TOM, key, content, self.parts.clock()))
        assert kept is not None
        return kept

    def opened(self) -> UserReport:
        """A report that waits for a decision, with the judgement that an inspection gave before."""
        report_id = self.arrive()
        self.open()
        return self.desk.report(report_id)

    def open(self) -> None:
        opening = Opening(self.parts.database, self.parts.blobs, self.parts.clock, ProcessOpener(), self.again)
        assert asyncio.run(opening.open_arrived()) == 1

    def deliver(self, *, minutes: int = 5, **about: object) -> MessageTrace:
        """A trace of a delivered message."""
        made = records.a_trace(at=self.parts.clock() - timedelta(minutes=minutes), findings=())
        trace = replace(made, **{"header_from": SENDER, "subject": "Your invoice 4711", **about})  # type: ignore[arg-type]

        async def settled() -> None:
            ledger = StoredLedger(self.parts.database, self.parts.blobs, self.parts.clock)
            await ledger.settle(Settling(trace))
            await ledger.close()

        asyncio.run(settled())
        return trace

    def letters(self) -> list[EmailMessage]:
        parser = BytesParser(EmailMessage, policy=email.policy.default)
        with self.parts.database.read() as unit:
            return [parser.parsebytes(row.content) for row in unit.connection.execute(select(letters))]

    def said(self) -> list[tuple[bool, str, str]]:
        """Feedback that waits: whether it is wanted mail, by whom, and its subject."""
        with self.parts.database.read() as unit:
            return [(one.wanted, one.by, one.subject) for one in FeedbackStore(unit).all(approved=False)]


@dataclass
class Again:
    """Implements `Judges`: what a real inspection said of MESSAGE, so that one worker serves every test."""

    judged: Judged

    async def judge(self, tenant_id: str, recipient: str, content: bytes) -> Judged:
        assert content == MESSAGE
        return self.judged


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Again:
    async def judged(parts: Parts) -> Judged:
        async with inspection_of_today(parts) as judges:
            return await judges.judge(records.TENANT, TOM, MESSAGE)

    with installed(tmp_path_factory.mktemp("judged")) as parts:
        return Again(asyncio.run(judged(parts)))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: Again) -> Iterator[Place]:
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path))
    with installed(tmp_path) as parts:
        yield Place(parts, user_reports.report_desk(parts, NoController()), again)


@contextmanager
def installed(folder: Path) -> Iterator[Parts]:
    notifications = {"sender": "gate@contoso.example", "smtp_host": "mail.contoso.example"}
    settings = Settings.model_validate({"data_directory": folder, "notifications": notifications})
    with open_parts(settings) as parts:
        with parts.database.write() as unit:
            ServiceAccounts(unit, parts.vault).add(CONTOSO, Author("ada", records.NOW))
            people = [
                DirectoryUser("tom", "Tom", TOM, (TOM,), language="de-DE"),
                DirectoryUser("ada", "Ada", "ada@contoso.example", ("ada@contoso.example",)),
            ]
            DirectoryStore(unit, records.TENANT).put_users(people, 1)
        yield parts


def test_a_report_is_opened_once_and_judged_with_what_is_known_today(place: Place) -> None:
    trace = place.deliver(internet_message_id="<4711@bad-supplier.example>", verdict=Verdict.CLEAN)
    lists = Lists(place.parts.database, lambda: "entry-1")
    lists.add(SENDER, Standing.BLOCKED, place.author, whose=Whose(records.TENANT))  # after it was delivered
    report_id = place.arrive()
    assert open_reports(place.parts) == 1
    one = place.desk.report(report_id)
    judged = one.judgement
    assert judged is not None and one.state is ReportState.WAITING
    assert one.comment == "We have no such supplier." and place.desk.content(one.id) == MESSAGE
    assert (judged.subject, judged.message_id, judged.link_hosts) == (
        "Your invoice 4711", trace.id, ("pay.bad-supplier.example",)
    )  # fmt: skip
    assert "reputation.blocked-sender" in {finding.detector for finding in judged.findings}
    assert judged.verdict is not Verdict.CLEAN and not judged.incomplete
    assert place.arrive() == one.id and open_reports(place.parts) == 0, "the same mail again is the same report"
    with place.parts.database.read() as unit:
        assert [told.notification.key for told in Notifications(unit).newest()] == [f"reported/{one.id}"]
    later = place.parts.clock() + GRACE + timedelta(hours=1)
    assert sweep_orphans(place.parts.database, place.parts.blobs, later) == 0
    assert place.desk.content(one.id) == MESSAGE


def test_a_report_without_a_message_can_only_be_rejected_and_nobody_is_told(place: Place) -> None:
    report_id = place.arrive(b"From: tom@contoso.example\r\nSubject: Strange\r\n\r\nI saw something.\r\n")
    place.open()
    assert place.desk.report(report_id).state is ReportState.UNREADABLE
    with pytest.raises(InvalidInput, match="rejected only"):
        place.desk.approve(report_id, place.author)
    place.desk.reject(report_id, place.author, "No message in it.")
    assert place.desk.report(report_id).note == "No message in it."
    assert place.letters() == [] and place.said() == []


def test_what_is_like_it_is_found_among_delivered_mail_of_the_organisation_the_closest_first(place: Place) -> None:
    same = place.deliver(internet_message_id="<4711@bad-supplier.example>", minutes=9)
    both = place.deliver(subject="AW: Your Invoice 4711")
    sender = place.deliver(subject="Hello")
    subject = place.deliver(header_from="x@elsewhere.example")
    evidence = replace(
        records.a_finding(),
        evidence=(replace(records.a_finding().evidence[0], excerpt="http://pay.bad-supplier.example/9"),),
    )
    link = place.deliver(header_from="y@elsewhere.example", subject="Other", findings=(evidence,))
    held = (records.a_recipient(state=State.QUARANTINED),)
    place.deliver(recipients=held)
    place.deliver(tenant_id=FOREIGN)
    place.deliver(minutes=20 * 24 * 60)
    place.deliver(header_from="z@elsewhere.example", subject="Lunch")
    one = place.opened()
    found = [(each.message_id, each.alike) for each in place.desk.similar(one.id)]
    assert found == [
        (same.id, "the same message"), (both.id, "same sender and subject"), (sender.id, "same sender"),
        (subject.id, "same subject"), (link.id, "links to the same host"),
    ]  # fmt: skip


def test_a_harmless_message_is_answered_in_the_reporters_language_and_is_feedback_that_waits(place: Place) -> None:
    one = place.opened()
    place.desk.approve(one.id, place.author)
    [letter] = place.letters()
    assert (letter["To"], letter["Subject"]) == (TOM, "Was aus der von Ihnen gemeldeten Nachricht wurde")
    assert "harmlos" in text_of(letter)
    assert place.said() == [(True, TOM, "Your invoice 4711")]
    with pytest.raises(InvalidInput, match="meanwhile"):
        place.desk.reject(one.id, place.author)
    with place.parts.database.read() as unit:
        assert AuditLog(unit).newest()[0].act == "reported-mail.harmless"


def test_a_mitigation_takes_back_blocks_for_a_while_and_warns_whoever_reported(place: Place) -> None:
    trace = place.deliver(internet_message_id="<4711@bad-supplier.example>", recipients=(records.a_recipient(TOM),))
    gone = place.deliver(recipients=(records.a_recipient("nobody@contoso.example"),))
    one = place.opened()
    what = Mitigation((trace.id, gone.id), Destination.QUARANTINE, (SENDER,), ("pay.bad-supplier.example",), 30)
    done = place.desk.mitigate(one.id, what, place.author)
    assert done.state is ReportState.MITIGATED and done.decided_by == "ada"
    assert "One message is taken back" in done.note and f"Message {gone.id} was left" in done.note
    with place.parts.database.read() as unit:
        [asked] = PullBacks(unit).of(trace.id)
        entries = ReputationStore(unit).in_force(place.parts.clock())
    assert asked.destination is Destination.QUARANTINE
    assert {(each.subject, each.pattern, each.tenant_id) for each in entries} == {
        (Subject.SENDER, SENDER, records.TENANT), (Subject.DOMAIN, "pay.bad-supplier.example", records.TENANT)
    }  # fmt: skip
    assert all(days_left(each.expires_at, place.parts.clock()) == 30 for each in entries)
    [letter] = place.letters()
    assert "gefährlich" in text_of(letter)
    assert place.said() == [(False, TOM, "Your invoice 4711")]


def test_a_mitigation_that_cannot_be_done_does_nothing_at_all(place: Place) -> None:
    mine, foreign = place.deliver(recipients=(records.a_recipient(TOM),)), place.deliver(tenant_id=FOREIGN)
    one = place.opened()
    for what, why in (
        (Mitigation(), "Choose"),
        (Mitigation((mine.id, foreign.id), senders=(SENDER,)), "not in the trace"),
        (Mitigation((mine.id,), senders=(SENDER, "tom@contoso.example")), "organisation itself"),
        (Mitigation((mine.id,), senders=(SENDER,), hosts=("com",)), "no address and no domain"),
        (Mitigation((mine.id,), days=0), "lasts"),
    ):
        with pytest.raises(InvalidInput, match=why):
            place.desk.mitigate(one.id, what, place.author)
    with place.parts.database.read() as unit:
        assert PullBacks(unit).of(mine.id) == [] and ReputationStore(unit).count() == 0
    assert place.desk.report(one.id).state in OPEN and place.letters() == []


def test_a_button_reports_for_people_of_the_directory_only(place: Place) -> None:
    report_id = asyncio.run(place.desk.take(records.TENANT, TOM.upper(), MESSAGE, place.author, "Odd"))
    assert asyncio.run(place.desk.take(records.TENANT, TOM, MESSAGE, place.author, "Odd")) == report_id
    with pytest.raises(InvalidInput, match="directory"):
        asyncio.run(place.desk.take(records.TENANT, "eve@contoso.example", MESSAGE, place.author, ""))
    place.open()
    one = place.desk.report(report_id)
    assert (one.comment, one.reporter, one.state) == ("Odd", TOM, ReportState.WAITING)


def test_of_one_person_so_many_are_taken_in_a_day_and_they_are_told_once_in_their_language(place: Place) -> None:
    wanted = EndUserSettings(reports_per_day=2).model_dump(mode="json")
    save_settings(place.parts.database, records.TENANT, wanted, place.author, seen=0)
    first = place.arrive(key="1")
    place.arrive(key="2")

    def keep(key: str, days: int = 0, reporter: str = TOM) -> str | None:
        at = place.parts.clock() + timedelta(days=days)
        return asyncio.run(report_intake(place.parts).keep(records.TENANT, reporter, key, MAIL, at))

    assert keep("1") == first, "a retry is no further report"
    assert [keep("3"), keep("4")] == [None, None]
    with pytest.raises(TooOften, match="as many messages within a day"):
        asyncio.run(place.desk.take(records.TENANT, TOM, MESSAGE, place.author, ""))
    [told] = place.letters()
    assert (told["To"], told["Subject"]) == (TOM, "Sie haben heute viele Nachrichten gemeldet")
    assert "2 Nachrichten" in str(told.get_body(("plain",)))
    assert keep("5", reporter="ada@contoso.example"), "others may"
    assert keep("6", days=1), "and tomorrow, too"


def test_the_command_line_works_the_queue_off(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "odd.eml"
    file.write_bytes(MESSAGE)
    trace = place.deliver(internet_message_id="<4711@bad-supplier.example>", recipients=(records.a_recipient(TOM),))
    report_id = run("reported", "add", str(file), "--reporter", TOM).strip()
    place.open()
    [listed] = json.loads(run("reported", "list", "--json"))
    assert (listed["id"], listed["state"]) == (report_id, "to-decide")
    assert f"{trace.id} the same message" in run("reported", "show", report_id)
    assert "taken back to junk" in run("reported", "mitigate", report_id, "--same", "--to", "junk")
    assert json.loads(run("reported", "list", "--json")) == []
    assert json.loads(run("reported", "list", "--all", "--json"))[0]["state"] == "mitigated"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def text_of(letter: EmailMessage) -> str:
    plain = letter.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


def days_left(end: datetime | None, now: datetime) -> int:
    assert end is not None
    return round((end - now) / timedelta(days=1))
