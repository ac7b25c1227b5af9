"""Facets in console and API: what they count, where they lead, and how one narrows a search with a click."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from lockgate.model.clock import system_clock
from lockgate.storage.clicks import Clicks
from lockgate.storage.users import Role
from tests.browsing.album import album
from tests.contracts import records
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.desk import with_quarantine
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.lockgate.console.test_api import bearer


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A day of mail, some of it held, and clicks."""
    with running_console(tmp_path_factory.mktemp("narrowing"), with_quarantine) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        seeding.policies(running)
        seeding.a_day(running)
        for addresses in (("ada@contoso.example",), ("ada@contoso.example", "ben@contoso.example")):
            seeding.hold(running, *addresses)
        with running.database.write() as unit:
            for number in range(3):
                at = system_clock() - timedelta(minutes=number)
                Clicks(unit).add(records.a_click(number, at=at, host=f"site-{number % 2}.example"))
        yield running


def test_a_click_on_a_value_narrows_the_search_and_another_takes_it_back(console: Console, page: Page) -> None:
    pictures = album("facets")
    sign_in(page, VIEWER)
    page.goto("/trace")
    narrow = page.get_by_role("navigation", name="Narrow the search")
    expect(narrow.get_by_role("link", name="Spam 4")).to_be_visible()
    pictures.take(page, "trace")
    narrow.get_by_role("link", name="Spam 4").click()
    expect(page.get_by_role("heading", name="4 messages")).to_be_visible()
    expect(page.get_by_label("Verdict", exact=True)).to_have_value("spam")
    expect(narrow.get_by_role("link", name="Clean 14")).to_be_visible()
    page.get_by_label("Direction").select_option("outbound")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    narrow.get_by_role("link", name="Clean 4").click()
    expect(page.get_by_role("heading", name="4 messages")).to_be_visible()
    narrow.get_by_role("link", name="Clean 4").click()
    expect(page.get_by_label("Verdict", exact=True)).to_have_value("")
    page.set_viewport_size({"width": 390, "height": 844})
    pictures.take(page, "trace-phone")
    for path in ("quarantine", "clicks", "audit"):
        page.goto(f"/{path}")
        pictures.take(page, f"{path}-phone")
    page.set_viewport_size({"width": 1280, "height": 900})
    for path in ("quarantine", "clicks", "audit"):
        page.goto(f"/{path}")
        pictures.take(page, path)


@pytest.mark.parametrize(
    ("path", "rows", "field", "counts"),
    [
        ("messages/facets?direction=outbound", 4, "verdict", {"clean": 4}),
        ("messages/facets?verdict=spam&direction=inbound", 4, "direction", {"inbound": 4}),
        ("quarantine/facets?address=ben@contoso.example", 1, "address",
         {"ada@contoso.example": 2, "ben@contoso.example": 1}),
        ("clicks/facets?site=site-0.example", 2, "site", {"site-0.example": 2, "site-1.example": 1}),
        ("audit/facets?words=inbound default protection", 2, "act", {"policy.add": 2}),
    ],
)  # fmt: skip
def test_programs_get_the_same_counts(
    console: Console, path: str, rows: int, field: str, counts: dict[str, int]
) -> None:
    with console.client() as program:
        counted = program.get(f"/api/v1/{path}", headers=bearer(console, Role.VIEWER)).json()
    found = {one["field"]: {value["value"]: value["count"] for value in one["values"]} for one in counted["facets"]}
    assert (counted["rows"], counted["cut"]) == (rows, False)
    assert found[field] == counts


def test_the_audit_log_is_searched_by_words_and_days(console: Console) -> None:
    with console.client(VIEWER) as client:
        found = client.get("/audit?words=default protection&act=policy.add&since=2020-01-01").text
        assert found.count("<code>policy.add</code>") == 4 and 'value="2020-01-01"' in found
        assert "No entry matches." in client.get("/audit?until=2020-01-01").text
        assert "No entry matches." in client.get("/audit?words=zanzibar").text
        assert client.get("/audit?since=yesterday").status_code == 400
    with console.client() as program:
        headers = bearer(console, Role.VIEWER)
        first = program.get("/api/v1/audit?act=policy.add&limit=3", headers=headers).json()
        rest = program.get(f"/api/v1/audit?act=policy.add&before={first['next']}", headers=headers).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
    assert first["items"][0]["after"]["name"]
