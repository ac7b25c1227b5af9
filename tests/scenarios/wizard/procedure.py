"""The access grant, one function for each of its parts. Quoted lines are the procedure's, in our words.

Every function leaves the console's page where the next one begins.
"""

import re
from enum import Enum

from playwright.sync_api import Locator, Page, expect

from lockgate.microsoft365.verification import CHECKLIST
from tests.scenarios.wizard import microsoft
from tests.scenarios.wizard.desk import PATIENCE, Desk, menu
from tools.demo.grant import LIVE, SYNCED

TITLE = "Grant Access to Exchange Online (Inline Mode)"
SPF = next(one for one in CHECKLIST if one.id == "spf-hard-fail")


class Pim(Enum):
    """Whether the organisation has enabled Privileged Identity Management."""

    NO = False
    YES = True


def read_what_to_verify(desk: Desk, page: Page) -> None:
    """'Before the grant, verify the security settings in Microsoft': each question, why it matters and where it is."""
    menu(page, "Verification")
    for question in CHECKLIST:
        expect(page.get_by_role("heading", name=question.title, exact=True)).to_be_visible()
    expect(page.get_by_text(SPF.where)).to_be_visible()
    desk.look(page, "verification-before-any-access")


def begin(desk: Desk, page: Page, *, outbound: bool, policy: str) -> None:
    """From the list of service accounts to the first step."""
    # 'Go to the service accounts; in the Action column for the inline mode of Exchange Online click Grant Access.'
    menu(page, "Service accounts")
    row = page.get_by_role("row").filter(has_text="Exchange Online (Inline Mode)")
    expect(page.get_by_role("columnheader").last).to_have_text("Action")
    row.get_by_role("cell").last.get_by_role("link", name="Grant Access").click()
    # 'The screen of that name appears.'
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    page.get_by_label("Outbound messages").set_checked(outbound)
    # 'Select the policy to enable automatically when the access grant is complete.'
    choice = page.get_by_role("group", name="Policy to enable automatically when the access grant is complete")
    choice.get_by_label(policy, exact=True).check()
    expect(page.get_by_role("link", name="Read what to verify")).to_be_visible()
    desk.look(page, "grant-begins")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#step-1")).to_be_visible()
    desk.look(page, "grant-step-1")


def permit_mail_flow(desk: Desk, page: Page) -> None:
    """'Grant the permission to configure the Exchange mail flow.'"""
    # 'Click Grant Permission; sign in as Global Administrator on Microsoft's screen; click Accept.'
    page.locator("#step-1").get_by_role("button", name="Grant Permission").click()
    microsoft.accept(desk, page, "Lockgate", "Manage Exchange As Application")
    expect(page.locator("#step-1")).to_contain_text("Granted")
    desk.look(page, "grant-step-2")


def assign_role(desk: Desk, page: Page, pim: Pim) -> None:
    """'Assign the Entra role to the app created in Microsoft Entra ID.'"""
    expect(page.locator("#step-3").get_by_role("button")).to_have_count(0)
    # 'Copy the app ID shown in Step 2.'
    page.locator("#step-2").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    # 'Log on to the Entra portal as an Exchange administrator; Microsoft Entra ID; Roles and administrators; Exchange
    # administrator.'
    tab = microsoft.open_portal(desk)
    tab.get_by_role("link", name="Enterprise applications").first.click()
    ours = tab.get_by_role("row").filter(has=tab.get_by_role("link", name="Lockgate", exact=True))
    expect(ours).to_contain_text(page.locator("#app-id").inner_text())  # step 1 has created it
    microsoft.open_role(tab)
    # 'On Exchange administrator | Assignments click + Add assignments.'
    tab.get_by_role("button", name="+ Add assignments").click()
    if pim is Pim.YES:
        _assign_with_pim(desk, tab)
    else:
        _assign_without_pim(desk, tab)
    tab.close()
    expect(page.locator("#step-2")).to_contain_text("Assigned", timeout=PATIENCE)  # it notices by itself
    desk.look(page, "grant-step-3")


def _assign_without_pim(desk: Desk, tab: Page) -> None:
    # 'In the search box of Add assignments paste the app ID and press Enter; select the app; click Add.'
    microsoft.paste_and_enter(tab)
    desk.album.take(tab, "portal-add-assignments")
    tab.get_by_role("button", name="Add", exact=True).click()
    # 'The app appears on Exchange administrator | Assignments.'
    expect(tab.get_by_role("heading", name="Exchange administrator | Assignments")).to_be_visible()
    expect(tab.get_by_role("cell", name="Lockgate", exact=True)).to_be_visible()


def _assign_with_pim(desk: Desk, tab: Page) -> None:
    # 'On Add assignments click No member selected; on Select a member paste the app ID, press Enter; select the app,
    # click Select.'
    tab.get_by_role("link", name="No member selected").click()
    microsoft.paste_and_enter(tab)
    desk.album.take(tab, "portal-select-a-member")
    tab.get_by_role("button", name="Select").click()
    # 'On the Setting tab keep the defaults, enter a justification, click Assign.'
    tab.get_by_role("tab", name="Setting").click()
    expect(tab.get_by_label("Active", exact=True)).to_be_checked()
    tab.get_by_label("Enter justification").fill("Lockgate configures mail flow")
    desk.album.take(tab, "portal-setting")
    tab.get_by_role("button", name="Assign").click()
    # 'The app appears on the Active assignments tab.'
    expect(tab.get_by_role("tab", name="Active assignments")).to_have_attribute("aria-current", "page")
    expect(tab.get_by_role("cell", name="Lockgate", exact=True)).to_be_visible()


def verify_settings(desk: Desk, page: Page) -> None:
    """From the wizard, as soon as there is something to read with: a problem, its fix, and none any more."""
    wizard = page.url
    page.get_by_role("link", name="Verify the settings in Microsoft").click()
    answer = page.get_by_role("listitem").filter(has_text=SPF.title)
    expect(answer).to_contain_text("In the way")
    expect(answer).to_contain_text("Default")
    expect(answer.get_by_text("What to do:")).to_be_visible()
    expect(answer).to_contain_text("SPF record: hard fail: Off")
    desk.look(page, "verification-with-a-problem")
    desk.spf_hard_fail("Off")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("listitem").filter(has_text=SPF.title)).to_contain_text("Fine")
    desk.look(page, "verification-fixed")
    page.goto(wizard)


def permit_directory(desk: Desk, page: Page) -> None:
    """'Grant the permission to sync user and domain data and access all mailboxes.'"""
    # 'Go back to the console; click Click here after Step 3; sign in as Global Administrator; Accept.'
    page.locator("#step-3").get_by_role("button", name="Click here").click()
    microsoft.accept(desk, page)
    # 'Wait until the process is completed', which a sentence says.
    expect(page.get_by_text(SYNCED)).to_be_visible(timeout=PATIENCE)
    desk.look(page, "grant-complete")


def apply_plan(desk: Desk, page: Page, *first: str) -> None:
    """See what would be changed, with these cmdlets among it; apply it; wait until mail flows through the gateway."""
    expect(page.get_by_role("heading", name="Planned changes")).to_be_visible()
    for cmdlet in first:
        expect(page.get_by_text(cmdlet).first).to_be_attached()
    desk.look(page, "planned-changes")
    page.get_by_role("button", name=re.compile(r"Apply these \d+ changes")).click()
    expect(page.get_by_text(LIVE)).to_be_visible(timeout=PATIENCE)
    desk.look(page, "service-account")


def protection(page: Page, direction: str) -> Locator:
    """The line of a direction on the service account's page."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=direction))


def permit_activity(desk: Desk, page: Page) -> None:
    """'Click Grant Permission in the banner on the Dashboard and let activity data be read.'"""
    menu(page, "Dashboard")
    desk.look(page, "dashboard-with-banner")
    page.get_by_role("status").get_by_role("button", name="Grant Permission").click()
    microsoft.accept(desk, page, "Read activity data")
    expect(page.get_by_text("Activity data of the organisation are kept")).to_be_visible(timeout=PATIENCE)
    menu(page, "Dashboard")
    expect(page.get_by_role("button", name="Grant Permission")).to_have_count(0)
