"""Reports of suspicious mail on both databases: kept once, opened once, decided once."""

from datetime import timedelta

from lockgate.model.findings import Verdict
from lockgate.model.user_report import OPEN, Judgement, ReportState, UserReport, Way
from lockgate.storage.audit import Author
from lockgate.storage.blobs import Blobs
from lockgate.storage.searching import Cursor
from lockgate.storage.unit_of_work import Database
from lockgate.storage.user_reports import ReportInbox, UserReports
from tests.contracts.records import NOW, TENANT, a_finding

TOM = "tom@contoso.example"
JUDGED = Judgement(
    "x@bad.example", "Odd\x00", "<1@bad.example>", "", Verdict.PHISHING, 0.9, (a_finding(),), ("bad.example",)
)


def a_report(number: int, tenant_id: str = TENANT) -> UserReport:
    at = NOW + timedelta(minutes=number)
    return UserReport(f"report-{number}", tenant_id, TOM, Way.BUTTON, at, ReportState.ARRIVED, f"blob-{number}")


async def test_the_same_key_of_the_same_person_is_one_report_and_its_content_is_there(
    database: Database, blobs: Blobs
) -> None:
    inbox = ReportInbox(database, blobs)
    first = await inbox.keep(TENANT, TOM, "key", b"content", NOW, most=9)
    assert await inbox.keep(TENANT, TOM.upper(), "key", b"content", NOW, most=9) == first
    assert await inbox.keep(TENANT, "ada@contoso.example", "key", b"content", NOW, most=9) != first
    with database.read() as unit:
        [one, _] = UserReports(unit).unopened(10)
    assert blobs.get(one.blob) == b"content"


def test_a_report_is_opened_once_and_decided_once(database: Database) -> None:
    one, author = a_report(1), Author("ada", NOW)
    with database.write() as unit:
        reports = UserReports(unit)
        assert (reports.add(one), reports.add(one)) == (True, False)
        assert reports.opened(one, JUDGED, "blob-2", "Look")
        assert not reports.opened(one, None, "blob-3", "")
        assert reports.decide(one.id, ReportState.HARMLESS, author, "Fine.")
        assert not reports.decide(one.id, ReportState.MITIGATED, author, "No.")
    with database.read() as unit:
        kept = UserReports(unit).get(one.id)
    assert kept is not None
    assert (kept.state, kept.blob, kept.comment, kept.note) == (ReportState.HARMLESS, "blob-2", "Look", "Fine.")
    assert kept.judgement == JUDGED


def test_the_queue_is_paged_by_state_and_organisation_and_forgotten_in_the_end(database: Database) -> None:
    with database.write() as unit:
        for number in range(5):
            UserReports(unit).add(a_report(number, TENANT if number else "other"))
    with database.read() as unit:
        reports, mine = UserReports(unit), frozenset({TENANT})
        first = reports.search(states=OPEN, scope=mine, limit=3)
        rest = reports.search(states=OPEN, scope=mine, after=Cursor(first[-1].reported_at, first[-1].id))
        assert [one.id for one in (*first, *rest)] == [f"report-{number}" for number in (4, 3, 2, 1)]
        assert reports.search(states=(ReportState.HARMLESS,)) == []
    with database.write() as unit:
        assert UserReports(unit).prune(NOW + timedelta(minutes=2)) == 2
