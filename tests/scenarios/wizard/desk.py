"""The administrator's desk: `lockgate serve` and the simulated tenant as programs, and a Chromium to use both.

Rule: everything is done on pages. What a page logs as an error, or the content security policy stops, fails the test.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from m365_simulator.seed import CONTOSO
from tools.demo.grant import EXCHANGE_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, PASSWORD
from tools.demo.lockgate import ADMINISTRATOR, Installation, install
from tools.demo.processes import program, until
from tools.demo.tenant import SimulatedTenant

PATIENCE = 90_000  # milliseconds for what Microsoft or a workflow takes
TITLE = "Grant Access to Exchange Online (Inline Mode)"


@contextmanager
def desk(folder: Path, chromium: Browser) -> Iterator["Desk"]:
    """Both programs run while the block runs."""
    with ExitStack() as stack:
        (folder / "simulator").mkdir()
        serve = ["m365-simulator", "serve", "--directory", str(folder / "simulator"), "--free-ports"]
        stack.enter_context(program("simulator", serve, folder, {}))
        addresses = folder / "simulator" / "addresses.json"
        until("the simulated tenant", lambda: addresses.exists() or None, seconds=60, log=folder / "simulator.log")
        tenant = SimulatedTenant(folder / "simulator")
        installation = install(folder, tenant)
        lockgate = ["lockgate", "serve", "--settings", str(installation.settings)]
        stack.enter_context(program("lockgate", lockgate, folder, {}))
        until(
            "Lockgate",
            lambda: installation.first_run_code.exists() or None,
            seconds=60,
            log=folder / "lockgate.log",
        )
        context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
        stack.callback(context.close)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(20_000)
        yield Desk(tenant, installation, context, _watched(context, installation.console))


def _watched(context: BrowserContext, console: str) -> list[str]:
    """Everything that a page of the console complains about, as it happens; the simulated pages are not ours."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and message.location["url"].startswith(console):
            errors.append(f"{message.location['url']}: {message.text}")

    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", note)
    return errors


@dataclass
class Desk:
    """What lies on it."""

    tenant: SimulatedTenant
    installation: Installation
    context: BrowserContext
    errors: list[str] = field(default_factory=list)

    def pim(self, *, enabled: bool) -> None:
        """Switch Privileged Identity Management of the tenant."""
        self.tenant.control("POST", f"/tenants/{CONTOSO}/pim", {"enabled": enabled})

    def first_visit(self) -> Page:
        """Make the first account with the one-time code; the dashboard."""
        page = self.context.new_page()
        page.goto(self.installation.console)
        page.get_by_label("One-time code").fill(self.installation.first_run_code.read_text().strip())
        page.get_by_label("Name").fill(ADMINISTRATOR)
        page.get_by_label("Password", exact=True).fill(self.installation.password)
        page.get_by_label(re.compile("again", re.IGNORECASE)).fill(self.installation.password)
        page.get_by_role("button", name="Make the account and sign in").click()
        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
        return page

    def sign_in_at_microsoft(self, page: Page) -> None:
        """As Global Administrator; nothing where Microsoft still knows the browser."""
        user = page.get_by_label("User name")
        expect(user.or_(page.get_by_role("button", name="Accept"))).to_be_visible()
        if user.is_visible():
            user.fill(GLOBAL_ADMINISTRATOR)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()

    def accept(self, page: Page, *permissions: str) -> None:
        """Sign in, see what is asked for, accept, and come back, over every page that Microsoft shows."""
        self.sign_in_at_microsoft(page)
        for permission in permissions:
            expect(page.get_by_text(permission)).to_be_visible()
        page.get_by_role("button", name="Accept").click()
        page.wait_for_load_state()
        while not page.url.startswith(self.installation.console):
            page.get_by_role("button", name="Accept").click()  # the sign-in that proves the tenant is new to this user
            page.wait_for_load_state()

    def decline(self, page: Page) -> None:
        """Sign in and choose Cancel."""
        self.sign_in_at_microsoft(page)
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_url(f"{self.installation.console}/**")

    def assign_role(self, *, pim: bool) -> None:
        """In a tab of the portal, by the application id that the console put into the clipboard."""
        tab = self.context.new_page()
        tab.goto(self.tenant.addresses["portal"])
        tab.get_by_label("User name").fill(EXCHANGE_ADMINISTRATOR)
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Sign in").click()
        tab.get_by_role("link", name="Microsoft Entra ID").first.click()
        tab.get_by_role("link", name="Roles and administrators").first.click()
        tab.get_by_role("link", name="Exchange administrator").click()
        tab.get_by_role("button", name="+ Add assignments").click()
        if pim:
            _assign_with_pim(tab)
        else:
            _assign_without_pim(tab)
        tab.close()


def _search(tab: Page) -> None:
    tab.get_by_label("Search by name").focus()
    tab.keyboard.press("Control+V")
    tab.keyboard.press("Enter")
    tab.get_by_label("Lockgate").check()


def _assign_without_pim(tab: Page) -> None:
    _search(tab)
    tab.get_by_role("button", name="Add", exact=True).click()
    expect(tab.get_by_role("link", name="Lockgate").or_(tab.get_by_role("cell", name="Lockgate")).first).to_be_visible()


def _assign_with_pim(tab: Page) -> None:
    tab.get_by_role("link", name="No member selected").click()
    _search(tab)
    tab.get_by_role("button", name="Select").click()
    tab.get_by_role("tab", name="Setting").click()
    tab.get_by_label("Enter justification").fill("Lockgate configures mail flow")
    tab.get_by_role("button", name="Assign").click()
    expect(tab.get_by_role("tab", name="Active assignments")).to_have_attribute("aria-current", "page")
