"""The pages in a real Chromium: consent, and the role assignment with Privileged Identity Management."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from m365_simulator.seed import CONTOSO
from tests.m365_simulator.simulation import EXCHANGE_ADMIN, REDIRECT_URI, Simulation

pytestmark = pytest.mark.browser


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser tab; the simulation's authority is not in the browser's store, so certificates are not checked."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(ignore_https_errors=True)
        context.route(REDIRECT_URI + "*", lambda route: route.fulfill(body="back at the application"))
        yield context.new_page()
        browser.close()


def test_consent_and_role_assignment_by_mouse_and_keyboard(simulation: Simulation, page: Page) -> None:
    simulation.control("POST", f"/tenants/{CONTOSO}/pim", {"enabled": True})
    application = simulation.register({"Office 365 Exchange Online": ["Exchange.ManageAsApp"]})
    scope = "https://outlook.office365.com/.default"
    page.goto(simulation.consent_url(application, scope=scope))
    page.get_by_label("User name").fill("admin@contoso.example")
    page.get_by_label("Password").fill("Contoso-demo-1")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Permissions requested")).to_be_visible()
    expect(page.get_by_text("Manage Exchange As Application")).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("back at the application")).to_be_visible()
    assert "admin_consent=True" in page.url

    page.goto(simulation.addresses["portal"])
    page.get_by_label("User name").fill(EXCHANGE_ADMIN)
    page.get_by_label("Password").fill("Contoso-demo-1")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation").get_by_role("link", name="Roles and administrators").click()
    page.get_by_role("link", name="Exchange administrator").click()
    page.get_by_role("button", name="+ Add assignments").click()
    page.get_by_role("link", name="No member selected").click()
    page.get_by_label("Search by name").fill(application.client_id)
    page.keyboard.press("Enter")
    page.get_by_label("Lockgate").check()
    page.get_by_role("button", name="Select").click()
    page.get_by_role("tab", name="Setting").click()
    page.get_by_label("Enter justification").fill("mail flow protection")
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_role("tab", name="Active assignments")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("cell", name=application.client_id)).to_be_visible()
    expect(page.get_by_role("cell", name="mail flow protection")).to_be_visible()
