"""Somebody is told by real mail of what is held for them, and has it delivered with a link from that mail."""

import asyncio
import base64
import email.policy
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import httpx
import pytest

from lockgate.bootstrap.end_users import write_digests
from lockgate.bootstrap.microsoft365 import provisioning
from lockgate.bootstrap.notifications import transport
from lockgate.bootstrap.parts import Parts
from lockgate.bootstrap.supervisor import Role
from lockgate.end_users.settings import EndUserSettings, save_settings
from lockgate.model.end_user import DEFAULTS, Reason, Right
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.notifications.delivery import Delivery
from lockgate.storage.held_messages import HeldFilter, HeldItem, HeldMessages
from lockgate.storage.snapshots import EVERY_SECOND
from m365_simulator.seed import CONTOSO
from tests.lockgate.console.running import TOKEN
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, free_port, installation, protected
from tests.scenarios.test_notifications import hold_everything

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
GRETA = "greta.klein@contoso.example"
SENDER = "info@contoso.example"
THROUGH_THE_TENANT: dict[str, object] = {"sender": SENDER, "transport": "graph", "graph_tenant": CONTOSO}
MESSAGE = (
    b"From: Nora <nora@no-policy.example>\r\nTo: greta.klein@contoso.example\r\nSubject: Concert tickets\r\n"
    b"Message-ID: <tickets@no-policy.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\nTwo are left.\r\n"
)


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    new = {"user_principal_name": GRETA, "display_name": "Greta Klein", "extra": {"preferredLanguage": "de-DE"}}
    simulation.control("POST", f"/tenants/{CONTOSO}/users", new)
    port = free_port()
    console = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    roles = (Role.GATEWAY, Role.CONTROLLER, Role.CONSOLE)
    async with installation(
        simulation, tmp_path, roles=roles, console=console, notifications=THROUGH_THE_TENANT
    ) as made:
        await protected(made, Direction.INBOUND)
        yield made


async def test_a_digest_comes_through_a_gateway_that_holds_everything_and_its_link_delivers_the_message(
    lockgate: Installation,
) -> None:
    decide(lockgate)
    hold_everything(lockgate)
    await asyncio.sleep(3 * EVERY_SECOND)  # gateways answer from memory
    await from_outside(lockgate)
    await until(lambda: state(lockgate) is State.QUARANTINED)
    await send_tomorrows_digests(lockgate.parts)
    await until(lambda: len(mailbox(lockgate)) == 1)
    [digest] = mailbox(lockgate)
    assert digest["Subject"] == "Eine Nachricht an Sie wurde zurückgehalten"
    plain = digest.get_body(("plain",))
    assert plain is not None
    text = str(plain.get_content())
    assert "Concert tickets" in text and "nora@no-policy.example" in text
    [link] = re.findall(r"http://127\S+/mine/held/\S+", text)
    await asyncio.to_thread(press, lockgate, link)
    await until(lambda: len(mailbox(lockgate)) == 2)
    assert any(one["Message-ID"] == "<tickets@no-policy.example>" for one in mailbox(lockgate))
    await until(lambda: state(lockgate) is State.RELEASED)


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
    save_settings(lockgate.parts.database, CONTOSO, wanted, AUTHOR, seen=0)


async def send_tomorrows_digests(parts: Parts) -> None:
    """What the controller does tomorrow: write what is due, and one round of delivery."""
    tomorrow = replace(parts, clock=lambda: parts.clock() + timedelta(days=1))
    assert await asyncio.to_thread(write_digests, tomorrow) == 1
    async with provisioning(parts) as work:
        way = transport(parts.settings, work.access)
        assert await Delivery(parts.database, way, SENDER, tomorrow.clock, bool).deliver_due() == 1


async def from_outside(lockgate: Installation, recipient: str = GRETA) -> None:
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


def mailbox(lockgate: Installation) -> list[EmailMessage]:
    found = lockgate.simulation.control("GET", f"/mailboxes/{GRETA}").json()
    parser = BytesParser(EmailMessage, policy=email.policy.default)
    messages = [parser.parsebytes(base64.b64decode(one["content_base64"])) for one in found]
    return [one for one in messages if "probe" not in str(one["Subject"]).lower()]


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(40):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - mail is on its way
            await asyncio.sleep(0.1)
