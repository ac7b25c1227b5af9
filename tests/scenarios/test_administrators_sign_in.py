"""Whoever has an account of the console signs in with Microsoft: linked by themselves or by an administrator."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from lockgate.bootstrap.supervisor import Role
from lockgate.model.access import Role as AccountRole
from lockgate.model.directory import DirectoryUser
from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditLog
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.microsoft_links import MicrosoftLinks
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.users import MicrosoftAccount, Users
from m365_simulator.seed import CONTOSO, FABRIKAM, PASSWORDS, fixed_id
from tests.lockgate.console.running import PASSWORD, TOKEN, add_account
from tests.lockgate.console.test_service_accounts_page import CONTOSO as IN_SERVICE
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.patience import PATIENCE
from tests.scenarios.protected_tenant import AUTHOR, Installation, installation
from tools.ports import free_port

__all__ = ["running", "simulation"]
pytestmark = [pytest.mark.scenario, pytest.mark.browser]
TOM, LENA, SAMUEL = (f"{name}@contoso.example" for name in ("tom.becker", "lena.vogel", "samuel.osei"))
PICTURES = Path(os.environ.get("SCREENSHOTS_DIRECTORY", "var/screenshots"))


@dataclass
class Here:
    """The console, a browser, and what people do with it."""

    lockgate: Installation
    browser: Browser

    @property
    def address(self) -> str:
        return self.lockgate.parts.settings.console.public_url

    async def visit(self, path: str = "/sign-in") -> Page:
        """In a browser of its own, with no cookies of anybody."""
        context = await self.browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(60_000)
        page = await context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        await page.goto(self.address + path)
        return page

    def acts(self, act: str) -> list[str]:
        with self.lockgate.parts.database.read() as unit:
            return [f"{one.actor} {one.after.get('way', '')}".strip() for one in AuditLog(unit).newest(act=act)]


@pytest.fixture
async def here(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Here]:
    """A console whose directory knows Lena; ada is the only administrator, vera a viewer."""
    port = free_port()
    console = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    async with installation(simulation, tmp_path, roles=(Role.CONSOLE,), console=console) as made:
        parts = made.parts
        add_account(parts.database, "ada", AccountRole.ADMIN)
        add_account(parts.database, "vera", AccountRole.VIEWER)
        lena = DirectoryUser(fixed_id(LENA), "Lena Vogel", LENA, (LENA,))
        with parts.database.write() as unit:
            ServiceAccounts(unit, parts.vault).add(replace(IN_SERVICE, tenant_id=CONTOSO), AUTHOR)
            DirectoryStore(unit, CONTOSO).put_users([lena], 1)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            yield Here(made, browser)
            await browser.close()


async def by_password(page: Page, name: str) -> None:
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def at_microsoft(page: Page, user: str, then: str) -> None:
    """Microsoft's own pages, which ask for consent the first time; then one of ours with this heading."""
    await page.get_by_label("User name").fill(user)
    await page.get_by_label("Password").fill(PASSWORDS[CONTOSO])
    await page.get_by_role("button", name="Sign in").click()
    accept, ours = page.get_by_role("button", name="Accept"), page.get_by_role("heading", name=then, exact=True)
    await expect(accept.or_(ours)).to_be_visible()
    if await accept.is_visible():
        await accept.click()
    await expect(ours).to_be_visible()


async def test_an_account_is_linked_with_microsoft_which_proves_who_it_is_and_gives_no_role(here: Here) -> None:
    ada = await here.visit()
    await by_password(ada, "ada")
    await ada.goto(f"{here.address}/account")
    await ada.get_by_role("button", name="Link a Microsoft account").click()
    await at_microsoft(ada, TOM, "Your account")
    await expect(ada.get_by_role("status")).to_contain_text(f"sign in with Microsoft as {TOM}")
    await picture(ada, "account-linked")
    await ada.get_by_role("button", name="Switch my password off").click()
    await expect(ada.locator(".alert")).to_contain_text("the last administrator who can sign in with a password")

    await ada.get_by_role("button", name="Sign out").click()
    await ada.get_by_role("button", name="Continue with Microsoft").click()
    await expect(ada.get_by_role("heading", name="Dashboard", exact=True)).to_be_visible()
    assert here.acts("session.open")[0] == "ada Microsoft"
    await ada.goto(f"{here.address}/accounts")
    row = ada.get_by_role("row").filter(has_text="vera")
    await row.get_by_text("Microsoft", exact=False).first.click()
    await row.get_by_label("Work address").fill(LENA)
    await row.get_by_role("button", name="Link").click()
    await expect(ada.get_by_role("status")).to_contain_text(f"{LENA} may sign in with Microsoft as vera")

    vera = await here.visit("/sign-in?next=/trace")
    await vera.get_by_role("button", name="Continue with Microsoft").click()
    await at_microsoft(vera, LENA, "Message trace")
    answer = await vera.goto(f"{here.address}/accounts")
    assert answer is not None and answer.status == 403, "Microsoft brings no role"
    await vera.goto(f"{here.address}/account")
    await vera.get_by_role("button", name="Switch my password off").click()
    await expect(vera.locator("main")).to_contain_text("It is your only way in.")
    await vera.get_by_role("button", name="Sign out").click()
    await by_password(vera, "vera")
    await expect(vera.locator(".alert")).to_contain_text("Name or password is wrong")

    await ada.goto(f"{here.address}/accounts")
    await ada.get_by_role("row").filter(has_text="vera").get_by_role("button", name="Shut out").click()
    await vera.get_by_role("button", name="Continue with Microsoft").click()
    await expect(vera.locator(".alert")).to_contain_text("opens nothing here")
    assert here.acts("session.refused")[0] == "vera"


async def test_an_answer_of_microsoft_counts_in_the_browser_that_asked_for_it_and_for_its_tenant_only(
    here: Here,
) -> None:
    linked = MicrosoftAccount(CONTOSO, fixed_id(LENA), LENA)
    with here.lockgate.parts.database.write() as unit:
        vera = Users(unit).by_name("vera")
        assert vera is not None
        MicrosoftLinks(unit).link(vera.id, linked, AUTHOR)
        assert MicrosoftLinks(unit).account_of(FABRIKAM, fixed_id(LENA)) is None
        with pytest.raises(InvalidInput, match="Sign in with Microsoft once"):
            Users(unit).forbid_password(vera.id, AUTHOR)
    await asyncio.to_thread(only_where_it_was_asked_for, here)


def only_where_it_was_asked_for(here: Here) -> None:
    """Lena's answer is tried in a browser without a flow, in one with a flow of its own, in hers, and again there."""
    with browsing(here) as hers, browsing(here) as none, browsing(here) as other:
        asked, asked_too = begin(hers), begin(other)
        assert {"code_challenge", "nonce", "state"} <= set(parse_qs(urlsplit(asked).query))
        answer = answered(here, asked, LENA)
        assert answer.startswith(f"{here.address}/sign-in/microsoft/callback?")
        forged = answer.replace(
            parse_qs(urlsplit(asked).query)["state"][0], parse_qs(urlsplit(asked_too).query)["state"][0]
        )
        refused = [none.get(answer), other.get(answer), other.get(forged)]
        assert [one.status_code for one in refused] == [403, 403, 403]
        assert all("did not succeed" in one.text and "session" not in str(one.cookies) for one in refused)
        assert hers.get(answer).headers["location"] == "/"
        assert "vera" in hers.get("/account").text
        assert hers.get(answer).status_code == 403, "an answer counts once"
        stranger = none.get(answered(here, begin(none), SAMUEL))
        assert stranger.status_code == 403 and "opens nothing here" in stranger.text


def answered(here: Here, asked: str, user: str) -> str:
    """Where Microsoft sends the browser of whoever signs in there."""
    at_login = here.lockgate.simulation.browser()
    page = here.lockgate.simulation.sign_in(at_login, asked, user)
    if page.tree.css_first("#consent-form") is not None:
        page = at_login.submit(page, "#consent-form", "#accept")
    return page.response.headers["location"]


def browsing(here: Here) -> httpx.Client:
    return httpx.Client(base_url=here.address, timeout=PATIENCE, trust_env=False)


def begin(client: httpx.Client) -> str:
    """Where Microsoft's page is, for whoever presses the button."""
    found = TOKEN.search(client.get("/sign-in").text)
    assert found
    answer = client.post("/sign-in/microsoft", data={"csrf_token": found.group(1)})
    assert answer.status_code == 303
    return answer.headers["location"]


async def picture(page: Page, name: str) -> None:
    """On a desk and on a phone."""
    await asyncio.to_thread(PICTURES.mkdir, parents=True, exist_ok=True)
    for suffix, width in (("", 1280), ("-phone", 390)):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} at {width}"
        await page.screenshot(path=PICTURES / f"{name}{suffix}.png")
    await page.set_viewport_size({"width": 1280, "height": 900})
