"""Reports over a real database: the dashboard's numbers, on time, once, by mail, and in the owner's colours."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from PIL import Image

from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.report import Brand, ReportForm, ReportFrequency
from lockgate.model.settling import Settling
from lockgate.notifications.delivery import Delivery
from lockgate.notifications.signature import Signature
from lockgate.notifications.smtp_transport import Security, SmtpTransport
from lockgate.notifications.writing import Mailing, Writer
from lockgate.reporting.reports import logo
from lockgate.reporting.reports.content import STATES
from lockgate.reporting.reports.schedule import days_before, next_due
from lockgate.reporting.reports.service import ReportService, Wanted
from lockgate.reporting.summaries import Period, summary
from lockgate.storage.audit import Author
from lockgate.storage.branding import brand_of, save_brand
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.letters import Letters
from lockgate.storage.reports import Reports
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import open_vault
from tests.contracts.conftest import blobs, ledger
from tests.contracts.records import TENANT, a_recipient, a_trace
from tests.lockgate.notifications.mail_server import PASSWORD, USER, mail_server

__all__ = ["blobs", "ledger"]
NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)  # a Monday, half past seven in Berlin
ROOT = Author("root", NOW)
BERLIN = ZoneInfo("Europe/Berlin")
WEEKLY = Wanted(
    TENANT, "Wöchentlicher Überblick 脅威", ReportFrequency.WEEKLY, 8, 0, "Europe/Berlin", ["Ada <ada@contoso.example>"]
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/lockgate.db")
    yield opened
    opened.close()


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    mailing = Mailing("gate@contoso.example", (), timedelta(0), "gate.contoso.example", "https://gate.contoso.example")
    return Writer(mailing, Signature(open_vault(tmp_path / "vault.key")))


async def a_week(ledger: StoredLedger) -> None:
    """7 phishing, 3 spam, 2 outbound with data loss, each on a day of its own within the week before."""
    for number in range(12):
        verdict = Verdict.PHISHING if number < 7 else Verdict.SPAM if number < 10 else Verdict.DLP
        outbound = verdict is Verdict.DLP
        await ledger.settle(Settling(a_trace(
            at=NOW - timedelta(days=1 + number % 6),
            direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
            header_from="insider@contoso.example" if outbound else "mallory@evil.example",
            verdict=verdict,
            recipients=(replace(a_recipient("ada@contoso.example", State.QUARANTINED), monitored=()),),
        )))  # fmt: skip
    await ledger.settle(Settling(a_trace(at=NOW - timedelta(days=2), tenant_id="other")))


def service(database: Database, now: datetime = NOW, writer: Writer | None = None) -> ReportService:
    numbers = iter(range(100))
    return ReportService(
        database, lambda: now, lambda: f"id-{now:%m%d%H%M}-{next(numbers)}", lambda: {TENANT: "Contoso <AG>"}, writer
    )


def text_of(pdf: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


async def test_a_report_says_what_the_dashboard_says(ledger: StoredLedger, database: Database) -> None:
    await a_week(ledger)
    made = service(database).make(TENANT, "Threat report", ReportFrequency.WEEKLY, "UTC", ROOT)
    with database.read() as unit:
        shown = summary(unit, NOW - timedelta(days=1), Period.WEEK, frozenset({TENANT}))
    assert (made.begins, made.ends) == (shown.since, shown.until)
    assert (shown.total, shown.dangerous, shown.unwanted) == (12, 7, 3)
    files = {form: service(database).content(made.id, form)[1] for form in ReportForm}
    pdf, html = re.sub(r"\s+", " ", text_of(files[ReportForm.PDF])), files[ReportForm.HTML].decode()
    for words in (
        "Threat report", "Contoso <AG>, 02 March 2026 to 08 March 2026 (UTC)", "Messages 12 10 in, 2 out Dangerous 7",
        "10 in, 2 out", "0 malware, 7 phishing, 0 fraud", "3 spam, 0 bulk", "Quarantined 12", "Default: quarantined 12",
        "mallory@evil.example 7", "ada@contoso.example 7", "insider@contoso.example 10", "links.text-differs 12",
        "90 ms", "median; 99 % below 90 ms", "Time to our answer (ms)",
    ):  # fmt: skip
        assert words in pdf, (words, pdf)
    for figure in (12, 7, 3, 2):
        assert f"<strong>{figure}</strong>" in html
    assert "Contoso &lt;AG&gt;" in html and html.count("<svg") == 3 and "<script" not in html
    bars = re.findall(r"<rect[^>]*fill: rgb\(96%,40%,2%\)", html)
    assert len(bars) >= 6, "phishing on six days"
    with pytest.raises(InvalidInput, match="older than reports are kept"):
        service(database).content("unknown", ReportForm.PDF)


async def test_a_planned_report_comes_by_mail_on_time_and_once(
    ledger: StoredLedger, database: Database, writer: Writer, tmp_path: Path
) -> None:
    await a_week(ledger)
    plan = service(database).plan(WEEKLY, ROOT)
    assert plan.next_at == NOW + timedelta(minutes=30), "eight in Berlin"
    assert service(database, writer=writer).write_due() == 0
    late = NOW + timedelta(days=15)
    assert service(database, late, writer).write_due() == 1, "one for both weeks that were missed"
    assert service(database, late, writer).write_due() == 0
    with database.read() as unit:
        [report], [moved] = Reports(unit).newest(), Reports(unit).plans()
    assert report.ends == datetime(2026, 3, 22, 23, tzinfo=UTC) and report.plan_id == plan.id
    assert moved.next_at == datetime(2026, 3, 30, 6, tzinfo=UTC), "eight in Berlin in summer"
    with mail_server(tmp_path) as server:
        (tmp_path / "password").write_text(PASSWORD)
        transport = SmtpTransport(
            "localhost",
            server.port,
            Security.STARTTLS,
            "gate.contoso.example",
            USER,
            tmp_path / "password",
            server.authority,
        )
        delivery = Delivery(database, transport, "gate@contoso.example", lambda: late, bool)
        assert await delivery.deliver_due() == 1
        [(_, recipients, content)], [mail] = server.came, server.messages
    assert recipients == ["ada@contoso.example"] and mail["Subject"] == "Contoso <AG>: Wöchentlicher Überblick 脅威"
    files = {one.get_content_type(): one for one in mail.iter_attachments()}
    assert set(files) == {"application/pdf", "text/html"}
    assert "脅威" in text_of(files["application/pdf"].get_content()) and writer.signature.recognises(content)
    with database.write() as unit:
        assert Reports(unit).forget_plan(plan.id, ROOT) and not Reports(unit).forget_plan(plan.id, ROOT)
        assert Letters(unit).newest()[0].sent_at is not None


def test_two_controllers_make_a_due_report_once(database: Database) -> None:
    plan = service(database).plan(WEEKLY, ROOT)
    with database.write() as unit:
        assert Reports(unit).move_on(plan, NOW + timedelta(days=7))
        assert not Reports(unit).move_on(plan, NOW + timedelta(days=7))


def test_hours_are_local_ones_and_days_are_whole() -> None:
    spring = datetime(2026, 3, 29, 12, tzinfo=UTC)  # the day on which Berlin's clocks went forward
    assert len(days_before(ReportFrequency.DAILY, spring + timedelta(days=1), BERLIN)) == 24, "23 hours"
    month = days_before(ReportFrequency.MONTHLY, datetime(2026, 3, 1, 5, tzinfo=UTC), BERLIN)
    assert (month[0], month[-1], len(month)) == (
        datetime(2026, 1, 31, 23, tzinfo=UTC), datetime(2026, 2, 28, 23, tzinfo=UTC), 29,
    )  # fmt: skip
    assert next_due(ReportFrequency.MONTHLY, 6, 0, BERLIN, NOW) == datetime(2026, 4, 1, 4, tzinfo=UTC)
    assert next_due(ReportFrequency.DAILY, 7, 0, BERLIN, NOW) == datetime(2026, 3, 10, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Olympus"},
        {"name": " "},
        {"hour": 24},
        {"recipients": ["nobody"]},
        {"recipients": ["a@b\r\nBcc: c@d.example"]},
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_the_reason(database: Database, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        service(database).plan(replace(WEEKLY, **wrong), ROOT)  # type: ignore[arg-type]


def test_a_report_wears_its_owners_name_colour_and_logo(database: Database) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (1200, 300), "#102030").save(picture, "JPEG")
    drawn = logo.clean(picture.getvalue())
    assert Image.open(io.BytesIO(drawn)).size == (960, 240)
    save_brand(database, "", Brand("Security <b>Desk</b>", "#AA1155", drawn), ROOT)
    made = service(database).make(TENANT, "Report", ReportFrequency.DAILY, "UTC", ROOT)
    html = service(database).content(made.id, ReportForm.HTML)[1].decode()
    assert "Security &lt;b&gt;Desk&lt;/b&gt;" in html and "#aa1155" in html and "data:image/png;base64," in html
    pdf = pypdfium2.PdfDocument(service(database).content(made.id, ReportForm.PDF)[1])
    images = [one for one in pdf[0].get_objects(max_depth=3) if isinstance(one, pypdfium2.PdfImage)]
    assert "Security <b>Desk</b>" in text_of(service(database).content(made.id, ReportForm.PDF)[1]) and len(images) == 1
    save_brand(database, TENANT, Brand("Contoso", "#000000"), ROOT)
    with database.read() as unit:
        assert (brand_of(unit, TENANT).name, brand_of(unit, "other").colour) == ("Contoso", "#aa1155")
    for name, colour in (("", "#000000"), ("x", "red;}")):
        with pytest.raises(InvalidInput):
            save_brand(database, TENANT, Brand(name, colour), ROOT)
    for content in (b"GIF89a", b"<svg onload=alert(1)>", b"x" * 300_000):
        with pytest.raises(InvalidInput):
            logo.clean(content)


def test_whatever_may_become_of_mail_has_a_name_in_reports() -> None:
    assert set(STATES) == set(State)
