"""What is held for people: they are told by real mail with a link that delivers, and see it on a page of their own."""

import asyncio
import base64
import email.policy
import re
import shutil
import smtplib
import ssl
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
from lockgate.bootstrap.user_reports import open_reports
from lockgate.end_users.settings import EndUserSettings, save_settings, settings_of
from lockgate.gateway.report_address import report_address
from lockgate.model.access import Role as AccountRole
from lockgate.model.end_user import DEFAULTS, Reason, Right
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.user_report import UserReport
from lockgate.notifications.delivery import Delivery
from lockgate.storage.feedback import FeedbackStore
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.snapshots import EVERY_SECOND
from lockgate.storage.user_reports import UserReports
from m365_simulator.seed import CONTOSO, PASSWORDS
from tests.lockgate.console.running import PASSWORD as CONSOLE_PASSWORD
from tests.lockgate.console.running import TOKEN, add_account
from tests.m365_simulator.conftest import running
from tests.m365_simulator.simulation import Simulation
from tests.patience import PATIENCE
from tests.scenarios.protected_tenant import AUTHOR, HOST, Installation, installation, protected
from tests.scenarios.test_notifications import LENA, hold_everything
from tools.ports import free_port

__all__ = ["running"]
pytestmark = [pytest.mark.scenario, pytest.mark.asyncio(loop_scope="module")]
GRETA, HANNA = "greta.klein@contoso.example", "hanna.wolf@contoso.example"
TOM, SAMUEL = "tom.becker@contoso.example", "samuel.osei@contoso.example"
PASSWORD = "Quiet-harbour-7"
SENDER = "info@contoso.example"
THROUGH_THE_TENANT: dict[str, object] = {"sender": SENDER, "transport": "graph", "graph_tenant": CONTOSO}
MESSAGE = (
    b"From: Nora <nora@no-policy.example>\r\nTo: greta.klein@contoso.example\r\nSubject: Concert tickets\r\n"
    b"Message-ID: <tickets@no-policy.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\nTwo are left.\r\n"
)


ODD_ID = "<permits@no-policy.example>"
ODD = (
    f"From: Facilities <facilities@no-policy.example>\r\nTo: {TOM}\r\nSubject: Parking permits\r\n"
    f"Message-ID: {ODD_ID}\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\nThe garage has new permits.\r\n"
).encode()
REPORT = (
    f"From: {TOM}\r\nTo: {report_address(HOST)}\r\nSubject: Fwd\r\nMessage-ID: <report@contoso.example>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
    "Is this ours?\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
).encode() + ODD + b"\r\n--b--\r\n"  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lockgate(running: Simulation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """One protected tenant with a console, whose policy holds whatever comes for three people."""
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
        await protected(made, *Direction)
        hold_everything(made, GRETA, HANNA, LENA)
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
async def test_somebody_reports_a_message_and_it_leaves_every_mailbox_and_its_sender_is_blocked(
    lockgate: Installation, browser: Browser
) -> None:
    for recipient in (TOM, SAMUEL):
        await from_outside(lockgate, recipient, content=ODD)
    await until(lambda: [where(lockgate, one, ODD_ID) for one in (TOM, SAMUEL)] == [["inbox"], ["inbox"]])
    await asyncio.to_thread(submit, lockgate.simulation, REPORT, report_address(HOST))
    await until(lambda: report_of(lockgate, TOM) is not None)
    await asyncio.to_thread(open_reports, lockgate.parts)  # as the controller does twice a minute
    add_account(lockgate.parts.database, "ada", AccountRole.ANALYST)

    context, page = await visit(browser, lockgate, "/sign-in", "en-GB")
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Password").fill(CONSOLE_PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("link", name="Reported mail").click()
    await page.get_by_role("link", name="Parking permits").click()
    await expect(page.get_by_text("Is this ours?")).to_be_visible()
    await expect(page.get_by_text("the same message")).to_have_count(2)
    await page.get_by_label("facilities@no-policy.example", exact=True).check()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="It is dangerous").click()
    await expect(page.get_by_role("status")).to_contain_text("2 messages are taken back")
    await context.close()

    await until(lambda: [where(lockgate, one, ODD_ID) for one in (TOM, SAMUEL)] == [[], []])
    await until(lambda: any("reported" in str(one["Subject"]) for one in mailbox(lockgate, TOM)))
    with lockgate.parts.database.read() as unit:
        said = FeedbackStore(unit).all(approved=False)
    assert [one.wanted for one in said if one.by == TOM] == [False]
    await asyncio.sleep(2 * EVERY_SECOND)  # gateways answer from memory
    await from_outside(lockgate, SAMUEL, content=ODD.replace(b"permits", b"places"))
    await until(lambda: where(lockgate, SAMUEL, ODD_ID.replace("permits", "places")) == ["junkemail"])


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
        assert httpx.get(link, timeout=PATIENCE, trust_env=False).status_code == 200
    assert state(lockgate) is State.QUARANTINED
    with httpx.Client(timeout=PATIENCE, trust_env=False) as browser:
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


async def from_outside(lockgate: Installation, recipient: str, content: bytes = MESSAGE) -> None:
    new = {
        "mail_from": "nora@no-policy.example", "recipients": [recipient],
        "content_base64": base64.b64encode(content).decode(),
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


def where(lockgate: Installation, address: str, message_id: str) -> list[str]:
    """The folders of a mailbox that have the message, where only an investigator looks left out."""
    stored = lockgate.simulation.control("GET", f"/mailboxes/{address}").json()
    mine = [
        one for one in stored if f"Message-ID: {message_id}\r\n".encode() in base64.b64decode(one["content_base64"])
    ]
    return sorted(one["folder"] for one in mine if not one["folder"].startswith(("recoverable", "sent")))


def report_of(lockgate: Installation, reporter: str) -> UserReport | None:
    with lockgate.parts.database.read() as unit:
        return next((one for one in UserReports(unit).search() if one.reporter == reporter), None)


def submit(simulation: Simulation, content: bytes, recipient: str) -> None:
    """As a mail program does, with Tom's password."""
    context = ssl.create_default_context(cafile=simulation.addresses["ca"])
    context.check_hostname = False  # it is reached by address
    host, _, port = simulation.addresses["submission"].rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=PATIENCE) as connection:
        connection.starttls(context=context)
        connection.login(TOM, PASSWORDS[CONTOSO])
        connection.sendmail(TOM, [recipient], content)


def mailbox(lockgate: Installation, address: str) -> list[EmailMessage]:
    found = lockgate.simulation.control("GET", f"/mailboxes/{address}").json()
    parser = BytesParser(EmailMessage, policy=email.policy.default)
    messages = [parser.parsebytes(base64.b64decode(one["content_base64"])) for one in found]
    return [one for one in messages if "probe" not in str(one["Subject"]).lower()]


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - mail is on its way
            await asyncio.sleep(0.1)


async def visit(
    browser: Browser, lockgate: Installation, path: str = "/mine", locale: str = "de-DE"
) -> tuple[BrowserContext, Page]:
    context = await browser.new_context(ignore_https_errors=True, locale=locale)
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await page.goto(f"{lockgate.parts.settings.console.public_url}{path}")
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
