"""The administrator's desk: `lockgate serve` and the simulated tenant as programs, and a Chromium to use both.

Rule: everything is done on pages. What a page logs as an error, or the content security policy stops, fails the test.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from m365_simulator.seed import CONTOSO
from tests.browsing.album import Album
from tests.browsing.axe import serious_violations
from tools.demo.lockgate import ADMINISTRATOR, Installation, install
from tools.demo.processes import program, until
from tools.demo.tenant import SimulatedTenant

PATIENCE = 90_000  # milliseconds for what Microsoft or a workflow takes
_LOOKED_AT: set[str] = set()  # by name, over all tests of a run
SPAM_POLICY = f"/tenants/{CONTOSO}/exchange/HostedContentFilterPolicy/Default"


@contextmanager
def desk(folder: Path, chromium: Browser, album: Album) -> Iterator["Desk"]:
    """Both programs run while the block runs."""
    with ExitStack() as stack:
        (folder / "simulator").mkdir()
        serve = ["m365-simulator", "serve", "--directory", str(folder / "simulator"), "--free-ports"]
        stack.enter_context(program("simulator", serve, folder, {}))
        addresses = folder / "simulator" / "addresses.json"
        until("the simulated tenant", lambda: addresses.exists() or None, seconds=180, log=folder / "simulator.log")
        tenant = SimulatedTenant(folder / "simulator")
        installation = install(folder, tenant)
        lockgate = ["lockgate", "serve", "--settings", str(installation.settings)]
        stack.enter_context(program("lockgate", lockgate, folder, {}))
        code, log = installation.first_run_code, folder / "lockgate.log"
        until("Lockgate", lambda: code.exists() or None, seconds=180, log=log)
        context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
        stack.callback(context.close)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(60_000)
        yield Desk(tenant, installation, context, album, _watched(context, installation.console))


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
    album: Album
    errors: list[str] = field(default_factory=list)

    def pim(self, *, enabled: bool) -> None:
        """Switch Privileged Identity Management of the tenant."""
        self.tenant.control("POST", f"/tenants/{CONTOSO}/pim", {"enabled": enabled})

    def spf_hard_fail(self, setting: str) -> None:
        """Another administrator in the Defender portal: `On` or `Off` in the default anti-spam policy."""
        self.tenant.control("PUT", SPAM_POLICY, {"MarkAsSpamSpfRecordHardFail": setting})

    def look(self, page: Page, name: str) -> None:
        """Keep a picture of a page of the console; the first time, nothing on it may shut people out."""
        self.album.take(page, name)
        if name not in _LOOKED_AT:
            _LOOKED_AT.add(name)
            self.errors += [f"{name}: {one}" for one in serious_violations(page)]

    def tab(self, address: str) -> Page:
        """Another tab of the same browser."""
        page = self.context.new_page()
        page.goto(address)
        return page

    def first_visit(self) -> Page:
        """Make the first account with the one-time code; the dashboard."""
        page = self.tab(self.installation.console)
        page.get_by_label("One-time code").fill(self.installation.first_run_code.read_text().strip())
        page.get_by_label("Name").fill(ADMINISTRATOR)
        page.get_by_label("Password", exact=True).fill(self.installation.password)
        page.get_by_label(re.compile("again", re.IGNORECASE)).fill(self.installation.password)
        self.look(page, "first-visit")
        page.get_by_role("button", name="Make the account and sign in").click()
        expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
        self.look(page, "dashboard-of-a-fresh-installation")
        return page


def menu(page: Page, entry: str) -> None:
    """Go somewhere by the console's menu, which then shows where one is."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=entry).click()
    current = page.get_by_role("navigation", name="Main").locator("[aria-current=page]")
    expect(current).to_have_text(re.compile(entry))


def look_until(page: Page, wanted: Locator) -> None:
    """Load the page anew until `wanted` is on it, as somebody does who waits for mail."""
    for _ in range(PATIENCE // 1000):
        try:
            expect(wanted).to_be_visible(timeout=1000)
        except AssertionError:
            page.reload()
        else:
            return
    expect(wanted).to_be_visible()
