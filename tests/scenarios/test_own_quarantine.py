"""Greta signs in with Microsoft in a real browser, sees what is held for her alone, and has it delivered."""

import asyncio
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from lockgate.storage.snapshots import EVERY_SECOND
from tests.m365_simulator.conftest import running, simulation
from tests.scenarios.protected_tenant import Installation
from tests.scenarios.test_digest import GRETA, decide, from_outside, held_for, lockgate, mailbox, until
from tests.scenarios.test_notifications import LENA, hold_everything

__all__ = ["lockgate", "running", "simulation"]
pytestmark = [pytest.mark.scenario, pytest.mark.browser]
PASSWORD = "Quiet-harbour-7"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        await opened.close()


async def visit(browser: Browser, lockgate: Installation) -> tuple[BrowserContext, Page]:
    context = await browser.new_context(ignore_https_errors=True, locale="de-DE")
    context.set_default_timeout(30_000)
    page = await context.new_page()
    await page.goto(f"{lockgate.parts.settings.console.public_url}/mine")
    return context, page


async def sign_in(page: Page, user: str, password: str) -> None:
    """Our button, Microsoft's pages, and back."""
    await page.get_by_role("button", name="Mit Microsoft anmelden").click()
    await page.get_by_label("User name").fill(user)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    accept = page.get_by_role("button", name="Accept")
    title = page.get_by_role("heading", name="Für Sie zurückgehaltene Nachrichten")
    await expect(accept.or_(title)).to_be_visible()
    if await accept.is_visible():
        await accept.click()
    await expect(title).to_be_visible()


async def test_somebody_sees_and_releases_what_is_held_for_them_and_nobody_elses(
    lockgate: Installation, browser: Browser
) -> None:
    await asyncio.to_thread(lockgate.simulation.control, "PATCH", f"/users/{GRETA}", {"password": PASSWORD})
    hold_everything(lockgate)
    await asyncio.sleep(3 * EVERY_SECOND)  # gateways answer from memory
    for recipient in (GRETA, LENA):
        await from_outside(lockgate, recipient)
        await until(lambda one=recipient: held_for(lockgate, one) is not None)  # type: ignore[misc]
    lenas = held_for(lockgate, LENA)
    assert lenas is not None

    context, page = await visit(browser, lockgate)
    await sign_in(page, GRETA, PASSWORD)
    await expect(page.locator("main")).to_contain_text("bietet diese Seite nicht an")
    await context.close()

    decide(lockgate, own_page=True)
    context, page = await visit(browser, lockgate)
    await sign_in(page, GRETA, PASSWORD)
    await expect(page.get_by_role("heading", name="Für Sie zurückgehaltene Nachrichten")).to_be_visible()
    assert await page.get_by_role("link", name="Concert tickets").count() == 1
    await page.get_by_role("link", name="Concert tickets").click()
    mine = page.url
    await page.get_by_role("button", name="Mir zustellen").click()
    await expect(page.get_by_role("status")).to_contain_text("auf dem Weg")
    await until(lambda: len(mailbox(lockgate)) == 1)
    await page.get_by_role("link", name="Zurück zur Liste").click()
    await expect(page.locator("main")).to_contain_text("Für Sie wird nichts zurückgehalten")
    await page.goto(mine.replace(mine.rpartition("/")[2], lenas.held.id))
    await expect(page.locator("main")).to_contain_text("wartet nicht mehr auf Sie")
    assert await page.get_by_role("button", name="Mir zustellen").count() == 0
    await page.goto(mine.partition("/messages")[0])
    await page.get_by_role("button", name="Abmelden").click()
    await page.goto(mine)
    await expect(page.get_by_role("button", name="Mit Microsoft anmelden")).to_be_visible()
    await context.close()
