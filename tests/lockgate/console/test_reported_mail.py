"""The queue of reported mail in a browser and through the API."""

import base64
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from lockgate.model.access import Role
from lockgate.model.clock import system_clock
from lockgate.model.directory import DirectoryUser
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.settling import Settling
from lockgate.model.tenant import Protection
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.service_accounts import ServiceAccounts
from tests.browsing.album import album
from tests.contracts import records
from tests.contracts.records import TENANT
from tests.lockgate.console import seeding
from tests.lockgate.console.conftest import sign_in
from tests.lockgate.console.desk import with_quarantine
from tests.lockgate.console.running import ADMIN, VIEWER, Console, add_account, running_console
from tests.lockgate.console.test_api import bearer
from tests.lockgate.console.test_service_accounts_page import CONTOSO, put

ADA = "ada@contoso.example"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """An organisation with two people."""
    with running_console(tmp_path_factory.mktemp("reported"), with_quarantine) as running:
        add_account(running.database, ADMIN, Role.ADMIN)
        add_account(running.database, VIEWER, Role.VIEWER)
        put(running, CONTOSO)
        with running.database.write() as unit:
            DirectoryStore(unit, TENANT).put_users([DirectoryUser("ada", "Ada", ADA, (ADA,))], 1)
        yield running


@pytest.mark.browser
def test_an_analyst_looks_takes_back_and_blocks(console: Console, page: Page) -> None:
    delivered = replace(
        records.a_trace(at=system_clock(), header_from="it@c0ntoso.example", subject="Your mailbox is full"),
        internet_message_id="<hostile@c0ntoso.example>", verdict=Verdict.CLEAN,
    )  # fmt: skip
    seeding.settle(console, Settling(delivered))
    seeding.reported(console)
    sign_in(page)
    page.goto("/reported-mail")
    expect(page.get_by_text("outbound protection is live, which it is not in")).to_be_visible()
    with console.database.write() as unit:
        accounts = ServiceAccounts(unit, console.parts.vault)
        [account] = accounts.all()
        both = dict.fromkeys(Direction, Protection.LIVE)
        accounts.change(account.id, lambda now: replace(now, directions=both))
    page.reload()
    expect(page.get_by_text("reports@reports.gw.contoso.example")).to_be_visible()
    pictures = album("reported_mail")
    pictures.take(page, "queue")
    page.get_by_role("link", name="Your mailbox is full").click()
    expect(page.get_by_text("Is this really ours?")).to_be_visible()
    expect(page.get_by_text("A link leads elsewhere than it says.")).to_be_visible()
    body = page.frame_locator("iframe.body-frame")
    expect(body.get_by_role("heading", name="Your mailbox is full")).to_be_visible()
    expect(page.get_by_text("the same message")).to_be_visible()
    page.get_by_label("it@c0ntoso.example", exact=True).check()
    page.get_by_label("leak.example", exact=True).check()
    pictures.take(page, "report")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="It is dangerous").click()
    expect(page.get_by_role("status")).to_contain_text("One message is taken back to quarantine")
    with console.database.read() as unit:
        assert [one.asked_by for one in PullBacks(unit).of(delivered.id)] == [ADMIN]
        assert {one.pattern for one in ReputationStore(unit).search(tenant_id=TENANT)} == {
            "it@c0ntoso.example", "leak.example"
        }  # fmt: skip
    page.goto("/reported-mail?show=decided")
    expect(page.get_by_role("row").filter(has_text="Your mailbox is full")).to_contain_text("Mitigated")


def test_a_viewer_sees_the_queue_and_decides_nothing(console: Console) -> None:
    report_id = seeding.reported(console)
    with console.client(VIEWER) as client:
        shown = client.get(f"/reported-mail/{report_id}").text
        assert "Is this really ours?" in shown and "It is dangerous" not in shown and "It is harmless" not in shown
        for act in ("approve", "reject", "mitigate"):
            assert console.post(client, f"/reported-mail/{report_id}/{act}").status_code == 403
    with console.client(ADMIN) as client:
        assert console.post(client, f"/reported-mail/{report_id}/approve").status_code == 303
        assert console.post(client, f"/reported-mail/{report_id}/reject").status_code == 400


def test_a_button_reports_with_the_least_token_and_another_program_decides(console: Console) -> None:
    button, desk = bearer(console, Role.VIEWER), bearer(console, Role.ANALYST)
    new = {"reporter": ADA, "message": base64.b64encode(seeding.HOSTILE).decode(), "comment": "Odd"}
    with console.client() as client:
        made = client.post("/api/v1/reported-mail", headers=button, json=new)
        assert made.status_code == 202 and made.json()["state"] == "arrived"
        address = f"/api/v1/reported-mail/{made.json()['id']}"
        assert client.post("/api/v1/reported-mail", headers=button, json=new).json()["id"] == made.json()["id"]
        for wrong in ({"reporter": "eve@contoso.example"}, {"reporter": "ada@elsewhere.example"}, {"message": ""}):
            assert client.post("/api/v1/reported-mail", headers=button, json=new | wrong).status_code in (400, 422)
        assert client.post(f"{address}/decision", headers=button, json={"decision": "reject"}).status_code == 403
        early = client.post(f"{address}/decision", headers=desk, json={"decision": "approve"})
        assert early.status_code == 400 and "looked into" in early.json()["error"]
        done = client.post(f"{address}/decision", headers=desk, json={"decision": "reject", "note": "A test"}).json()
        assert (done["state"], done["note"]) == ("rejected", "A test")
        listed = client.get("/api/v1/reported-mail?state=rejected", headers=button).json()["items"]
        assert [one["id"] for one in listed] == [done["id"]]
        assert client.get(f"{address}/similar", headers=button).json() == []
