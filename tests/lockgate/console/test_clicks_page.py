"""The page of clicks: searched, exported, and linked with the message's trace."""

import pytest
from playwright.sync_api import Page, expect

from lockgate.model.clicks import ClickOutcome
from lockgate.model.settling import Settling
from lockgate.storage.clicks import Clicks
from lockgate.storage.users import Role
from tests.browsing.album import album
from tests.contracts.records import NOW, TENANT, a_click, a_trace
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.running import VIEWER, Console
from tests.lockgate.console.test_api import bearer


@pytest.fixture(scope="module", autouse=True)
def _clicks(console: Console) -> str:
    trace = a_trace(at=NOW)
    seeding.settle(console, Settling(trace))
    with console.database.write() as unit:
        for one in (
            a_click(1, message_id=trace.id),
            a_click(2, message_id=trace.id, outcome=ClickOutcome.WARNED, host="paypal.account-check.example"),
            a_click(3, message_id="", rcpt_to="", reader="", outcome=ClickOutcome.BLOCKED, host="<b>bad.example"),
        ):
            Clicks(unit).add(one)
    return trace.id


def test_a_viewer_finds_clicks_and_the_message_behind_one(console: Console, page: Page, _clicks: str) -> None:
    pictures = album("clicks")
    sign_in(page, VIEWER)
    page.get_by_role("link", name="Clicks").click()
    expect(page.get_by_role("heading", name="3 clicks")).to_be_visible()
    expect(page.get_by_text("<b>bad.example", exact=True)).to_be_visible()
    pictures.take(page, "all")
    page.get_by_label("Outcome").select_option("warned")
    expect(page.get_by_role("heading", name="1 click")).to_be_visible()
    page.get_by_role("link", name="The message in the trace").click()
    expect(page.get_by_role("heading", name="Links that were followed")).to_be_visible()
    expect(page.get_by_text("paypal.account-check.example")).to_be_visible()
    pictures.take(page, "in the trace")
    page.get_by_role("link", name="All clicks").click()
    expect(page.get_by_role("heading", name="2 clicks")).to_be_visible()


def test_the_log_is_exported_and_the_api_searches_and_follows_it(console: Console) -> None:
    with console.client(VIEWER) as client, console.client() as program:
        lines = client.get("/clicks/export.csv", params={"outcome": "blocked"}).text.splitlines()
        assert len(lines) == 2 and "<b>bad.example" in lines[1]
        assert client.get("/clicks", params={"outcome": "opened"}).status_code == 400
        headers = bearer(console, Role.VIEWER)
        first = program.get("/api/v1/clicks", params={"limit": 2}, headers=headers).json()
        rest = program.get("/api/v1/clicks", params={"after": first["next"]}, headers=headers).json()
        assert [one["id"] for one in first["items"] + rest["items"]] == ["click-003", "click-002", "click-001"]
        assert first["items"][0]["tenant_id"] == TENANT and rest["next"] == ""
        oldest = program.get("/api/v1/clicks/feed", params={"limit": 1}, headers=headers).json()
        then = program.get("/api/v1/clicks/feed", params={"after": oldest["next"]}, headers=headers).json()
        assert [one["id"] for one in oldest["items"] + then["items"]] == ["click-001", "click-002", "click-003"]
