"""What is held for people: they are told by real mail with a link that delivers, and see it on a page of their own."""

import asyncio
import base64
import email.policy
import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from lockgate.bootstrap.end_users import write_digests
from lockgate.bootstrap.microsoft365 import provisioning
from lockgate.bootstrap.notifications import transport
from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.supervisor import Role
from lockgate.end_users.settings import EndUserSettings, save_settings, settings_of
from lockgate.model.end_user import DEFAULTS, Reason, Right
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.notifications.delivery import Delivery
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.snapshots import EVERY_SECOND
from m365_simulator.seed import CONTOSO
from tests.lockgate.console.running import TOKEN
from tests.m365_simulator.conftest import running
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, free_port, installation, protected
from tests.scenarios.test_notifications import LENA, hold_everything

__all__ = ["running"]
pytestmark = [pytest.mark.scenario, pytest.mark.asyncio(loop_scope="module")]
GRETA, HANNA = "greta.klein@contoso.example", "hanna.wolf@contoso.example"
PASSWORD = "Quiet-harbour-7"
SENDER = "info@contoso.example"
THROUGH_THE_TENANT: dict[str, object] = {"sender": SENDER, "transport": "graph", "graph_tenant": CONTOSO}
MESSAGE = (
    b"From: Nora <nora@no-policy.example>\r\nTo: greta.klein@contoso.example\r\nSubject: Concert tickets\r\n"
    b"Message-ID: <tickets@no-policy.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\nTwo are left.\r\n"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lockgate(running: Simulation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """One protected tenant with a console, whose policy holds whatever comes."""
    running.control("POST", "/reset")
    for address, name in ((GRETA, "Greta Klein"), (HANNA, "Hanna Wolf")):
        new = {"user_principal_name": address, "display_name": name, "extra": {"preferredLanguage": "de-DE"}}
        running.control("POST", f"/tenants/{CONTOSO}/users", new)
    running.control("PATCH", f"/users/{HANNA}", {"password": PASSWORD})
    port = free_port()
    console = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    roles = (Role.GATEWAY, Role.CONTROLLER, Role.CONSOLE)
    folder = tmp_path_factory.mktemp("people")
    async with installation(running, folder, roles=roles, console=console, notifications=THROUGH_THE_TENANT) as made:
        await protected(made, Direction.INBOUND)
        hold_everything(made)
        await asyncio.sleep(3 * EVERY_SECOND)  # gateways answer from memory
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield opened
        await opened.close()


async def test_a_digest_comes_through_a_gateway_that_holds_everything_and_its_link_delivers_the_message(
    lockgate: Installation,
) -> None:
    decide(lockgate)
    await from_outside(lockgate, GRETA)
    await until(lambda: state(lockgate) is State.QUARANTINED)
    await send_tomorrows_digests(lockgate.parts)
    await until(lambda: len(mailbox(lockgate, GRETA)) == 1)
    [digest] = mailbox(lockgate, GRETA)
    assert digest["Subject"] == "Eine Nachricht an Sie wurde zurückgehalten"
    plain = digest.get_body(("plain",))
    assert plain is not None
    text = str(plain.get_content())
    assert "Concert tickets" in text and "nora@no-policy.example" in text
    [link] = re.findall(r"http://127\S+/mine/held/\S+", text)
    await asyncio.to_thread(press, lockgate, link)
    await until(lambda: len(mailbox(lockgate, GRETA)) == 2)
    assert any(one["Message-ID"] == "<tickets@no-policy.example>" for one in mailbox(lockgate, GRETA))
    await until(lambda: state(lockgate) is State.RELEASED)


@pytest.mark.browser
async def test_somebody_sees_and_releases_what_is_held_for_them_and_nobody_elses(
    lockgate: Installation, browser: Browser
) -> None:
    decide(lockgate, own_page=False)
    for recipient in (HANNA, LENA):
        await from_outside(lockgate, recipient)
        await until(lambda one=recipient: held_for(lockgate, one) is not None)  # type: ignore[misc]
    lenas = held_for(lockgate, LENA)
    assert lenas is not None

    context, page = await visit(browser, lockgate)
    await sign_in(page, HANNA, PASSWORD)
    await expect(page.locator("main")).to_contain_text("bietet diese Seite nicht an")
    await context.close()

    decide(lockgate, own_page=True)
    context, page = await visit(browser, lockgate)
    await sign_in(page, HANNA, PASSWORD)
    await expect(page.get_by_role("heading", name="Für Sie zurückgehaltene Nachrichten")).to_be_visible()
    assert await page.get_by_role("link", name="Concert tickets").count() == 1
    await page.get_by_role("link", name="Concert tickets").click()
    mine = page.url
    await page.get_by_role("button", name="Mir zustellen").click()
    await expect(page.get_by_role("status")).to_contain_text("auf dem Weg")
    await until(lambda: len(mailbox(lockgate, HANNA)) == 1)
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


def press(lockgate: Installation, link: str) -> None:
    """Scanners open the link first; then Greta does, and presses the button."""
    for _ in range(2):
        assert httpx.get(link, trust_env=False).status_code == 200
    assert state(lockgate) is State.QUARANTINED
    with httpx.Client(trust_env=False) as browser:
        found = TOKEN.search(browser.get(link).text)
        assert found
        answer = browser.post(link, data={"csrf_token": found.group(1), "act": "release"})
    assert "auf dem Weg in Ihr Postfach" in answer.text


def decide(lockgate: Installation, *, own_page: bool = False) -> None:
    """Everybody is told daily, and may release what a rule of the organisation holds."""
    rights = {**DEFAULTS, Reason.OTHER: Right.RELEASE}
    wanted = EndUserSettings.model_validate({"frequency": "daily", "rights": rights, "own_page": own_page}).model_dump(
        mode="json"
    )
    with lockgate.parts.database.read() as unit:
        _, seen = settings_of(unit, CONTOSO)
    save_settings(lockgate.parts.database, CONTOSO, wanted, AUTHOR, seen=seen)


async def send_tomorrows_digests(parts: Parts) -> None:
    """What the controller does tomorrow: write what is due, and one round of delivery."""
    tomorrow = replace(parts, clock=lambda: parts.clock() + timedelta(days=1))
    assert await asyncio.to_thread(write_digests, tomorrow)
    async with provisioning(parts) as work:
        way = transport(parts.settings, work.access)
        assert await Delivery(parts.database, way, SENDER, tomorrow.clock, bool).deliver_due()


async def from_outside(lockgate: Installation, recipient: str) -> None:
    new = {
        "mail_from": "nora@no-policy.example", "recipients": [recipient],
        "content_base64": base64.b64encode(MESSAGE).decode(),
    }  # fmt: skip
    [outcome] = (await asyncio.to_thread(lockgate.simulation.control, "POST", "/internet", new)).json()
    assert outcome["code"] == 250, outcome


def state(lockgate: Installation) -> State | None:
    found = held_for(lockgate, GRETA)
    return found.recipients[0].state if found else None


def held_for(lockgate: Installation, address: str) -> HeldItem | None:
    with lockgate.parts.database.read() as unit:
        items = HeldMessages(unit).search(HeldFilter(recipients=frozenset({address})))
    return items[0] if items else None


def mailbox(lockgate: Installation, address: str) -> list[EmailMessage]:
    found = lockgate.simulation.control("GET", f"/mailboxes/{address}").json()
    parser = BytesParser(EmailMessage, policy=email.policy.default)
    messages = [parser.parsebytes(base64.b64decode(one["content_base64"])) for one in found]
    return [one for one in messages if "probe" not in str(one["Subject"]).lower()]


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - mail is on its way
            await asyncio.sleep(0.1)


async def visit(browser: Browser, lockgate: Installation) -> tuple[BrowserContext, Page]:
    context = await browser.new_context(ignore_https_errors=True, locale="de-DE")
    context.set_default_timeout(60_000)
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
