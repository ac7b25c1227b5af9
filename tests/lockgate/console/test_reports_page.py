"""The reports page in a real browser: make one, plan one, download it, and give it a look."""

import re
from collections.abc import Iterator

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from lockgate.model.clock import system_clock
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.reports import Reports
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.users import Role
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import chromium, page, sign_in
from tests.lockgate.console.desk import with_reports
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.lockgate.console.test_service_accounts_page import CONTOSO

__all__ = ["chromium", "page"]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running_console(tmp_path_factory.mktemp("reports"), with_reports) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        seeding.a_day(running)
        yield running


@pytest.mark.browser
def test_a_report_is_given_a_look_made_planned_and_downloaded(console: Console, page: Page) -> None:
    sign_in(page)
    page.goto("/reports")
    page.locator("#brand-name").fill("Contoso Security")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Name").first.fill("For the board")
    page.locator("#once-frequency").select_option("daily")
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_text("The report 'For the board' is ready.")).to_be_visible()
    page.locator("#plan-recipients").fill("ada@contoso.example\nben@contoso.example")
    page.get_by_role("button", name="Plan the report").click()
    expect(page.get_by_text(re.compile("ada@contoso.example, ben@contoso.example"))).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_label("For the board as PDF").click()
    text = "".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(downloading.value.path()))
    assert "For the board" in text and "Contoso Security" in text and "All organisations" in text
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("It does not come any more")).to_be_visible()
    with console.database.read() as unit:
        acts = {entry.act for entry in AuditLog(unit).newest()}
    assert acts >= {"report.make", "report.plan", "report.unplan", "settings.save"}


def choose(page: Page, number: int) -> None:
    with page.expect_response(lambda answer: "tenant=" in answer.url):
        page.locator("#brand-tenant").select_option(index=number)
    page.wait_for_function(f"document.querySelector('#brand-tenant [selected]').index === {number}")


@pytest.mark.browser
def test_the_look_of_one_organisation_is_not_saved_over_anothers(console: Console, page: Page) -> None:
    with console.database.write() as unit:
        ServiceAccounts(unit, console.parts.vault).add(CONTOSO, Author("ada", system_clock()))
    sign_in(page)
    page.goto("/reports")
    name = page.locator("#brand-name")
    everybodys = name.input_value()
    choose(page, 1)
    name.fill("Only this one")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved; the next report")).to_be_visible()
    expect(name).to_have_value(everybodys)
    choose(page, 1)
    expect(name).to_have_value("Only this one")


def test_a_viewer_downloads_and_changes_nothing_and_what_is_wrong_is_said(console: Console) -> None:
    form = {"name": "Weekly", "frequency": "weekly", "hour": "7", "time_zone": "Mars/Olympus"}
    with console.client(ADMIN) as client:
        assert "no time zone" in console.post(client, "/reports/plans", form).text
        assert (
            console.post(client, "/reports", {"frequency": "weekly", "name": "x", "tenant": "gone"}).status_code == 400
        )
        console.post(client, "/reports", {"frequency": "weekly", "name": "Seen by all"})
    with console.database.read() as unit:
        made = Reports(unit).newest()[0]
    with console.client(VIEWER) as client:
        shown = client.get("/reports").text
        assert "Seen by all" in shown and "Make one now" not in shown
        answer = client.get(f"/reports/{made.id}/html")
        assert answer.headers["content-disposition"].startswith("attachment") and b"<svg" in answer.content
        assert console.post(client, "/reports", {"frequency": "weekly", "name": "x"}).status_code == 403
