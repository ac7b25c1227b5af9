"""The trace page: search with and without scripts, one message with everything, the export; and the clicks."""

import csv
import io
import json

import pytest
from playwright.sync_api import Page, expect

from lockgate.model.clicks import ClickOutcome
from lockgate.model.findings import Verdict
from lockgate.model.settling import Settling
from lockgate.storage.clicks import Clicks
from lockgate.storage.users import Role
from tests.browsing.album import album
from tests.contracts import records
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.running import ADMIN, VIEWER, Console
from tests.lockgate.console.test_api import bearer


@pytest.fixture(scope="module", autouse=True)
def _day(console: Console) -> None:
    seeding.a_day(console)


def test_every_field_narrows_the_search(console: Console) -> None:
    with console.client(VIEWER) as client:
        assert client.get("/trace").text.count('href="/trace/message-') == 29
        for query, count in (
            ("verdict=spam", 4), ("address=shop.example", 5), ("words=minutes tuesday", 14), ("direction=outbound", 4),
            ("state=quarantined&verdict=malware", 2), ("since=2999-01-01", 0), ("until=2001-01-01", 0),
        ):  # fmt: skip
            assert client.get(f"/trace?{query}").text.count('href="/trace/message-') == count, query


@pytest.mark.parametrize("query", ["verdict=nonsense", "since=yesterday", "after=broken", f"words={'x' * 400}"])
def test_a_damaged_search_is_answered_with_a_sentence(console: Console, query: str) -> None:
    with console.client(VIEWER) as client:
        answer = client.get(f"/trace?{query}")
    assert answer.status_code == 400 and "This request cannot be used" in answer.text


def test_older_messages_are_on_further_pages(console: Console) -> None:
    many = [records.a_trace(subject=f"Page {number}", header_from="pager@example.org") for number in range(60)]
    seeding.settle(console, *(Settling(trace) for trace in many))
    with console.client(VIEWER) as client:
        first = client.get("/trace?address=pager@example.org")
        older = first.text.split('class="btn btn-sm" href="/trace?')[1].split('"')[0].replace("&amp;", "&")
        second = client.get(f"/trace?{older}")
    assert first.text.count('href="/trace/message-') == 50
    assert second.text.count('href="/trace/message-') == 10


def test_what_a_sender_wrote_is_text_and_never_markup_or_a_formula(console: Console) -> None:
    subject = '=HYPERLINK("https://evil.example")<script>alert(1)</script>'
    trace = records.a_trace(subject=subject, header_from="formula@example.org")
    seeding.settle(console, Settling(trace))
    with console.client(VIEWER) as client:
        page = client.get(f"/trace/{trace.id}").text
        exported = client.get("/exports/trace/csv?address=formula@example.org")
        [line] = client.get("/exports/trace/jsonl?address=formula@example.org").text.splitlines()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert [row["subject"] for row in rows] == [f"'{subject}"]
    assert json.loads(line)["subject"] == subject, "JSON is for programs: as it was written"
    assert rows[0]["verdict"] == Verdict.PHISHING and rows[0]["rcpt_to"] == "ada@contoso.example"


def test_a_message_shows_reasons_findings_and_steps(console: Console, page: Page) -> None:
    sign_in(page, ADMIN)
    page.goto("/trace")
    page.get_by_label("Verdict").select_option("phishing")
    page.wait_for_url("**verdict=phishing**")
    page.get_by_role("link", name="Action required: confirm your password").first.click()
    expect(page.get_by_role("heading", name="Action required: confirm your password")).to_be_visible()
    expect(page.get_by_text("A link leads elsewhere than it says.", exact=True)).to_be_visible()
    expect(page.get_by_text("https://login.c0ntoso.example/verify").first).to_be_visible()
    expect(page.get_by_role("cell", name="In quarantine").first).to_be_visible()
    expect(page.get_by_text("Answered", exact=True)).to_be_visible()


def test_the_search_works_without_scripts(console: Console, page: Page) -> None:
    context = page.context.browser.new_context(  # type: ignore[union-attr]
        ignore_https_errors=True, base_url=console.address, java_script_enabled=False
    )
    tab = context.new_page()
    sign_in(tab, VIEWER)
    tab.goto("/trace")
    tab.get_by_label("Words in the subject").fill("garden")
    tab.get_by_role("button", name="Search").click()
    assert tab.get_by_role("link", name="Spring offers for your garden").count() == 5
    context.close()


def test_the_dashboard_counts_the_day_and_refreshes_itself(console: Console, page: Page) -> None:
    sign_in(page, VIEWER)
    expect(page.get_by_text("Exchange Online (Inline Mode)")).to_be_visible()
    figure = page.get_by_role("link", name="Waiting in quarantine")
    before = int(figure.inner_text())
    seeding.hold(console)
    expect(figure).to_have_text(str(before + 1), timeout=60_000)


@pytest.fixture(scope="module")
def clicked(console: Console) -> str:
    trace = records.a_trace(at=records.NOW)
    seeding.settle(console, Settling(trace))
    with console.database.write() as unit:
        for one in (
            records.a_click(1, message_id=trace.id),
            records.a_click(2, message_id=trace.id, outcome=ClickOutcome.WARNED, host="paypal.account-check.example"),
            records.a_click(
                3, message_id="", rcpt_to="", reader="", outcome=ClickOutcome.BLOCKED, host="<b>bad.example"
            ),
        ):
            Clicks(unit).add(one)
    return trace.id


def test_a_viewer_finds_clicks_and_the_message_behind_one(console: Console, page: Page, clicked: str) -> None:
    assert clicked
    pictures = album("clicks")
    sign_in(page, VIEWER)
    page.get_by_role("link", name="Clicks").click()
    expect(page.get_by_role("heading", name="3 clicks")).to_be_visible()
    expect(page.get_by_role("cell").get_by_text("<b>bad.example", exact=True)).to_be_visible()
    pictures.take(page, "all")
    page.get_by_label("Outcome").select_option("warned")
    expect(page.get_by_role("heading", name="1 click")).to_be_visible()
    page.get_by_role("link", name="The message in the trace").click()
    expect(page.get_by_role("heading", name="Links that were followed")).to_be_visible()
    expect(page.get_by_text("paypal.account-check.example")).to_be_visible()
    pictures.take(page, "in the trace")
    page.get_by_role("link", name="All clicks").click()
    expect(page.get_by_role("heading", name="2 clicks")).to_be_visible()


def test_the_click_log_is_exported_and_the_api_searches_and_follows_it(console: Console, clicked: str) -> None:
    assert clicked
    with console.client(VIEWER) as client, console.client() as program:
        lines = client.get("/exports/clicks/csv", params={"outcome": "blocked"}).text.splitlines()
        assert len(lines) == 2 and "<b>bad.example" in lines[1]
        assert client.get("/clicks", params={"outcome": "opened"}).status_code == 400
        headers = bearer(console, Role.VIEWER)
        first = program.get("/api/v1/clicks", params={"limit": 2}, headers=headers).json()
        rest = program.get("/api/v1/clicks", params={"after": first["next"]}, headers=headers).json()
        assert [one["id"] for one in first["items"] + rest["items"]] == ["click-003", "click-002", "click-001"]
        assert first["items"][0]["tenant_id"] == records.TENANT and rest["next"] == ""
        oldest = program.get("/api/v1/clicks/feed", params={"limit": 1}, headers=headers).json()
        then = program.get("/api/v1/clicks/feed", params={"after": oldest["next"]}, headers=headers).json()
        assert [one["id"] for one in oldest["items"] + then["items"]] == ["click-001", "click-002", "click-003"]
