"""The access grant as an administrator does it, every page in a Chromium, from verification to mail both ways.

`procedure.py` has the steps. One organisation begins with inbound protection, without Privileged Identity Management,
and is upgraded; the other has it, chooses monitor only, and thinks twice about each consent.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browsing.album import album
from tests.scenarios.wizard import letters, mail, microsoft, procedure
from tests.scenarios.wizard.desk import Desk, desk, look_until, menu
from tests.scenarios.wizard.procedure import Pim

pytestmark = [pytest.mark.scenario, pytest.mark.browser]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def administrator(request: pytest.FixtureRequest, tmp_path: Path, chromium: Browser) -> Iterator[Desk]:
    with desk(tmp_path, chromium, album(request.node.name.removeprefix("test_"))) as made:
        yield made
    assert not made.errors, "\n".join(made.errors)


def open_trace(desk: Desk, page: Page, subject: str, *words: str) -> None:
    """Find a message in the trace, open it, and read these words on its page."""
    menu(page, "Message trace")
    link = page.get_by_role("link", name=subject)
    look_until(page, link)
    link.click()
    expect(page.get_by_role("heading", name=subject)).to_be_visible()
    for word in words:
        expect(page.locator("main")).to_contain_text(word)
    desk.look(page, "message-trace")


def send_to_the_internet(desk: Desk, page: Page) -> None:
    """Somebody inside writes to a partner: it leaves scanned, and without any header of ours."""
    mailbox = mail.open_mailbox(desk)
    mail.write(mailbox, "ivan.petrov@adatum.example", letters.OFFER, "The offer is as we agreed on Monday. Lena")
    source = mail.source_outside(desk, letters.OFFER)
    assert "The offer is as we agreed on Monday." in source
    assert "gw.mail.contoso.example" in source, "it did not come past the gateway"
    assert "x-lockgate" not in source.lower()
    open_trace(desk, page, letters.OFFER, "Outbound", "Delivered", "ivan.petrov@adatum.example")


def test_inbound_first_then_outbound_then_activity_data(administrator: Desk) -> None:
    administrator.spf_hard_fail("On")
    page = administrator.first_visit()
    procedure.read_what_to_verify(administrator, page)
    procedure.begin(administrator, page, outbound=False, policy="Default protection")
    procedure.permit_mail_flow(administrator, page)
    procedure.assign_role(administrator, page, Pim.NO)
    procedure.verify_settings(administrator, page)
    procedure.permit_directory(administrator, page)
    page.get_by_role("link", name="Show the planned changes").click()
    page.get_by_label("No mail leaves in Outlook's rich text format").check()
    page.get_by_role("button", name="Choose, and show the plan").click()
    expect(page.locator("main")).to_contain_text("TNEFEnabled")
    procedure.apply_plan(administrator, page, "New-InboundConnector", "New-TransportRule", "Set-RemoteDomain")
    expect(procedure.protection(page, "Inbound")).to_contain_text("Protected")
    expect(procedure.protection(page, "Outbound")).to_contain_text("Not granted")

    mail.send_from_outside(administrator, letters.newsletter(), "news@newsletter.example")
    mailbox = mail.open_mailbox(administrator)
    mail.read(mailbox, letters.NEWSLETTER)
    administrator.album.take(mailbox, "web-mail")
    mailbox.close()
    open_trace(administrator, page, letters.NEWSLETTER, "Inbound", "Bulk", "Delivered", "bulk.list-unsubscribe")

    mail.send_from_outside(administrator, letters.lure(), "postmaster@no-policy.example")
    open_trace(administrator, page, letters.LURE, "Phishing", "In quarantine", "Default protection")
    page.get_by_role("link", name="In quarantine").click()
    administrator.look(page, "quarantined-message")

    menu(page, "Service accounts")
    administrator.look(page, "service-accounts")
    page.get_by_role("row").get_by_role("button", name="Upgrade for Outbound Protection").click()
    procedure.apply_plan(administrator, page, "New-OutboundConnector")
    expect(procedure.protection(page, "Outbound")).to_contain_text("Protected")
    send_to_the_internet(administrator, page)

    procedure.permit_activity(administrator, page)
    row = page.get_by_role("row").filter(has_text="Contoso")
    expect(row.get_by_text("Protected")).to_have_count(2)


def test_with_privileged_identity_management_monitor_only_and_declined_consents(administrator: Desk) -> None:
    administrator.pim(enabled=True)
    page = administrator.first_visit()
    procedure.begin(administrator, page, outbound=True, policy="Default protection (monitor only)")

    page.get_by_role("button", name="Grant Permission").click()
    microsoft.decline(administrator, page)
    expect(page.get_by_text("declined")).to_be_visible()
    expect(page.locator("#step-1")).not_to_contain_text("Granted")
    administrator.look(page, "declined")
    procedure.permit_mail_flow(administrator, page)

    procedure.assign_role(administrator, page, Pim.YES)
    page.locator("#step-3").get_by_role("button", name="Click here").click()
    microsoft.decline(administrator, page)
    expect(page.get_by_text("declined")).to_be_visible()
    procedure.permit_directory(administrator, page)
    page.get_by_role("link", name="Show the planned changes").click()
    procedure.apply_plan(administrator, page, "New-InboundConnector", "New-OutboundConnector")

    menu(page, "Policies")
    administrator.look(page, "policies")
    for policy, state in (("Default protection (monitor only)", "On"), ("Default protection", "Off")):
        rows = page.get_by_role("row").filter(has=page.get_by_role("link", name=policy, exact=True))
        expect(rows.get_by_text(state, exact=True)).to_have_count(2)  # one for each direction

    mail.send_from_outside(administrator, letters.lure(), "postmaster@no-policy.example")
    mailbox = mail.open_mailbox(administrator)
    mail.read(mailbox, letters.LURE)
    mailbox.close()
    open_trace(administrator, page, letters.LURE, "Phishing", "Delivered", "Held back by monitor-only: Quarantine")
    send_to_the_internet(administrator, page)
