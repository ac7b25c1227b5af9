"""Microsoft's pages as an administrator uses them: sign-in, consent, and the role in the Entra portal."""

from playwright.sync_api import Page, expect

from tests.scenarios.wizard.desk import Desk
from tools.demo.grant import EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, PASSWORD


def sign_in(desk: Desk, page: Page) -> None:
    """As Global Administrator; nothing where Microsoft still knows the browser."""
    user = page.get_by_label("User name")
    expect(user.or_(page.get_by_role("button", name="Accept"))).to_be_visible()
    if user.is_visible():
        desk.album.take(page, "microsoft-sign-in")
        user.fill(GLOBAL_ADMINISTRATOR)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()


def accept(desk: Desk, page: Page, *permissions: str) -> None:
    """Sign in, see what is asked for, accept, and come back, over every page that Microsoft shows."""
    sign_in(desk, page)
    for permission in permissions:
        expect(page.get_by_text(permission)).to_be_visible()
    desk.album.take(page, "microsoft-consent")
    page.get_by_role("button", name="Accept").click()
    page.wait_for_load_state()
    while not page.url.startswith(desk.installation.console):
        page.get_by_role("button", name="Accept").click()  # the sign-in that proves the tenant is new to this user
        page.wait_for_load_state()


def decline(desk: Desk, page: Page) -> None:
    """Sign in and choose Cancel."""
    sign_in(desk, page)
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{desk.installation.console}/**")


def open_portal(desk: Desk) -> Page:
    """A tab of the Entra portal, signed in as an Exchange administrator."""
    tab = desk.tab(desk.tenant.addresses["portal"])
    tab.get_by_label("User name").fill(EXCHANGE_ADMINISTRATOR)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    return tab


def open_role(tab: Page) -> None:
    """Microsoft Entra ID, Roles and administrators under Manage, Exchange administrator."""
    tab.get_by_role("link", name="Microsoft Entra ID").first.click()
    tab.get_by_role("link", name="Roles and administrators").first.click()
    tab.get_by_role("link", name="Exchange administrator").click()
    expect(tab.get_by_role("heading", name="Exchange administrator | Assignments")).to_be_visible()


def paste_and_enter(tab: Page) -> None:
    """Search for what the console's Copy button put into the clipboard, and choose our application."""
    tab.get_by_label("Search by name").focus()
    tab.keyboard.press("Control+V")
    tab.keyboard.press("Enter")
    tab.get_by_label("Lockgate").check()
