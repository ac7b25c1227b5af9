"""The gateways die under a tenant in service: mail flows past them until they are well again, and everybody is told."""

import asyncio
import base64
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from lockgate.bootstrap import vital_signs, watchdog
from lockgate.bootstrap.controller import controller
from lockgate.bootstrap.durable import starting
from lockgate.bootstrap.gateway import gateway
from lockgate.bootstrap.microsoft365 import grant_service, provisioning
from lockgate.bootstrap.parts import open_parts
from lockgate.model.envelope import Direction
from lockgate.model.notification import NotificationKind
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import WATCHDOG, Watchdog
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, protected, settings_for
from tests.scenarios.test_care import mailbox, rule, told
from tools.ports import free_port

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
SECOND = 1 / 60  # in the watchdog's minutes


async def test_mail_flows_past_dead_gateways_and_back_once_they_are_well(
    simulation: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "EVERY", 0.3)
    monkeypatch.setattr(watchdog, "FRESH", timedelta(seconds=3))
    monkeypatch.setattr(vital_signs, "EVERY", 0.3)
    settings = settings_for(simulation, tmp_path, free_port())
    async with AsyncExitStack() as stack:
        parts = stack.enter_context(open_parts(settings))
        await stack.enter_async_context(controller(parts))
        work = await stack.enter_async_context(provisioning(parts))
        grants = grant_service(parts, work, stack.enter_context(starting(settings)))
        lockgate = Installation(simulation, parts, grants)
        async with gateway(parts, shared_port=False):
            account_id = await protected(lockgate, Direction.INBOUND)
            grants.set_watchdog(account_id, Watchdog(4 * SECOND, 50, 3 * SECOND), AUTHOR)
            await asyncio.sleep(6)
            assert grants.account(account_id).protection(Direction.INBOUND) is Protection.LIVE, "all is well"

        await until(lambda: grants.account(account_id).protection(Direction.INBOUND) is Protection.BYPASSED)
        account = grants.account(account_id)
        assert account.bypassed_by == {Direction.INBOUND: WATCHDOG}
        assert rule(lockgate)["State"] == "Disabled"
        await asyncio.to_thread(simulation.control, "POST", "/internet", message("Past the gateway"))
        await until(lambda: len(mailbox(lockgate, "Past the gateway")) == 1)

        async with gateway(parts, shared_port=False):
            await until(lambda: grants.account(account_id).protection(Direction.INBOUND) is Protection.LIVE)
            assert rule(lockgate)["State"] == "Enabled"
        assert told(lockgate) == [NotificationKind.WATCHDOG_BYPASSED, NotificationKind.WATCHDOG_RESUMED]
        assert not grants.account(account_id).bypassed_by


def message(subject: str) -> dict[str, object]:
    content = (
        f"From: Nora <nora@no-policy.example>\r\nTo: lena.vogel@contoso.example\r\nSubject: {subject}\r\n"
        "Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <w1@no-policy.example>\r\n\r\nSee you.\r\n"
    )
    return {
        "mail_from": "nora@no-policy.example", "recipients": ["lena.vogel@contoso.example"],
        "content_base64": base64.b64encode(content.encode()).decode(),
    }  # fmt: skip


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.2)
