"""The access grant as an administrator does it, every page in a Chromium: both cases of the role, declined consents."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from lockgate.microsoft365.verification import CHECKLIST
from tests.scenarios.wizard.desk import PATIENCE, TITLE, Desk, desk
from tools.demo.grant import LIVE, SYNCED

pytestmark = [pytest.mark.scenario, pytest.mark.browser]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def administrator(tmp_path: Path, chromium: Browser) -> Iterator[Desk]:
    with desk(tmp_path, chromium) as made:
        yield made
    assert not made.errors, made.errors


def begin(page: Page, *, outbound: bool, monitor: bool = False) -> None:
    """From the dashboard: what to check before, the directions, the policy."""
    row = page.get_by_role("row").filter(has_text="Exchange Online (Inline Mode)")
    row.get_by_role("link", name="Grant Access").click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    for question in CHECKLIST:
        expect(page.get_by_text(question.title, exact=True)).to_be_visible()
    page.get_by_text(CHECKLIST[0].title, exact=True).click()
    expect(page.get_by_text(CHECKLIST[0].meaning)).to_be_visible()
    page.get_by_label("Outbound messages").set_checked(outbound)
    if monitor:
        page.get_by_label("monitor only").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#step-1")).to_be_visible()


def grant_mail_flow(administrator: Desk, page: Page) -> None:
    """Step 1."""
    page.get_by_role("button", name="Grant Permission").click()
    administrator.accept(page, "Lockgate", "Manage Exchange As Application")
    expect(page.locator("#step-1")).to_contain_text("granted")


def assign_role(administrator: Desk, page: Page, *, pim: bool) -> None:
    """Step 2: copy the id, assign the role in the portal, and see that the wizard notices it by itself."""
    expect(page.locator("#step-3").get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    administrator.assign_role(pim=pim)
    expect(page.locator("#step-2")).to_contain_text("assigned", timeout=PATIENCE)


def grant_directory(administrator: Desk, page: Page) -> None:
    """Step 3, until everything is synced."""
    page.locator("#step-3").get_by_role("button", name="Click here").click()
    administrator.accept(page)
    expect(page.get_by_text(SYNCED)).to_be_visible(timeout=PATIENCE)


def apply_plan(page: Page) -> None:
    """Look at the planned changes, apply them, and wait until mail flows through the gateway."""
    expect(page.get_by_role("heading", name="Planned changes")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"Apply these \d+ changes")).click()
    expect(page.get_by_text(LIVE)).to_be_visible(timeout=PATIENCE)


def test_inbound_first_then_outbound_then_activity_data(administrator: Desk) -> None:
    page = administrator.first_visit()
    begin(page, outbound=False)
    grant_mail_flow(administrator, page)
    assign_role(administrator, page, pim=False)
    grant_directory(administrator, page)

    page.get_by_role("link", name="Show the planned changes").click()
    expect(page.get_by_text("New-InboundConnector").first).to_be_attached()
    apply_plan(page)
    protection = page.get_by_role("row").filter(has_text="Inbound")
    expect(protection).to_contain_text("Protected")

    page.get_by_role("button", name="Upgrade for Outbound Protection").click()
    apply_plan(page)
    page.get_by_role("link", name="Dashboard").first.click()
    row = page.get_by_role("row").filter(has_text="Contoso")
    expect(row.get_by_text("Protected")).to_have_count(2)

    page.get_by_role("status").get_by_role("button", name="Grant Permission").click()
    administrator.accept(page, "Read activity data")
    expect(page.get_by_text("Activity data of the organisation are kept")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Dashboard").first.click()
    expect(page.get_by_role("button", name="Grant Permission")).to_have_count(0)


def test_with_privileged_identity_management_and_declined_consents(administrator: Desk) -> None:
    administrator.pim(enabled=True)
    page = administrator.first_visit()
    begin(page, outbound=True, monitor=True)

    page.get_by_role("button", name="Grant Permission").click()
    administrator.decline(page)
    expect(page.get_by_text("declined")).to_be_visible()
    expect(page.locator("#step-1")).not_to_contain_text("granted")
    grant_mail_flow(administrator, page)

    assign_role(administrator, page, pim=True)
    page.locator("#step-3").get_by_role("button", name="Click here").click()
    administrator.decline(page)
    expect(page.get_by_text("declined")).to_be_visible()
    grant_directory(administrator, page)

    page.get_by_role("link", name="Show the planned changes").click()
    apply_plan(page)
    page.get_by_role("link", name="Policies").first.click()
    expect(page.get_by_text("monitor only").first).to_be_visible()
