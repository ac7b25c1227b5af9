"""The demo's messages through the whole thing: grant, policies, simulated Exchange, gateway, mailboxes."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.service_account import ConsentStep
from lockgate.storage.policies import PolicyStore
from lockgate.storage.traces import TraceFilter, every
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, installation
from tools.demo.messages import DemoMessage, demo_messages
from tools.demo.messages.delivery import Copy, mistakes, observe, send
from tools.demo.policies import demo_policies

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
SECONDS = 120
REREAD = 3.0
"""Seconds: gateways look at changed policies every second."""


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path) as running_installation:
        account_id = running_installation.grants.start(AUTHOR, list(Direction), monitor_only=False)
        await asyncio.to_thread(running_installation.consent, account_id, ConsentStep.MAIL_FLOW)
        await asyncio.to_thread(running_installation.assign_role)
        await asyncio.to_thread(running_installation.consent, account_id, ConsentStep.DIRECTORY)
        await running_installation.until(account_id, Task.PROVISION)
        plan = await running_installation.grants.plan(account_id)
        running_installation.grants.apply(account_id, plan.digest, AUTHOR)
        progress = await running_installation.until(account_id, Task.APPLY)
        assert not progress.failed, progress
        yield running_installation


def install(lockgate: Installation) -> None:
    """Replace the policies of both directions by those of the demo."""
    for direction in Direction:
        with lockgate.parts.database.write() as unit:
            store = PolicyStore(unit)
            for policy in store.current(CONTOSO, direction).policies:
                store.set_enabled(policy.id, False, AUTHOR)
            for policy in demo_policies(direction):
                store.add(CONTOSO, replace(policy, id=f"{policy.id}-now"), AUTHOR)


def traced(lockgate: Installation) -> dict[tuple[str, str], tuple[State, str]]:
    """State and explanation by Message-ID and recipient."""
    return {
        (trace.internet_message_id.strip("<>"), one.rcpt_to.lower()): (one.state, one.explanation)
        for trace in every(lockgate.parts.database, TraceFilter(tenant_id=CONTOSO))
        for one in trace.recipients
    }


def copies(lockgate: Installation, messages: tuple[DemoMessage, ...]) -> list[Copy]:
    """Everything in the mailboxes of the recipients and on the Internet."""
    control = lockgate.simulation.control
    inside = {address for message in messages for address in message.rcpt_tos if address.endswith("@contoso.example")}
    found = [
        Copy(address, item["folder"], base64.b64decode(item["content_base64"]))
        for address in sorted(inside)
        for item in control("GET", f"/mailboxes/{address}").json()
    ]
    left = control("GET", "/internet").json()
    return found + [Copy(item["recipient"], "internet", base64.b64decode(item["content_base64"])) for item in left]


async def test_every_message_of_the_demo_meets_its_fate(lockgate: Installation) -> None:
    await asyncio.to_thread(install, lockgate)
    await asyncio.sleep(REREAD)
    corpus = os.environ.get("LOCKGATE_CORPUS")
    messages = demo_messages(Path(corpus) if corpus else None)
    where = lockgate.simulation.addresses
    authority = Path(where["ca"])

    def control(path: str, body: dict[str, object]) -> object:
        return lockgate.simulation.control("POST", path, body).json()

    for message in messages:
        await asyncio.to_thread(send, message, control, where["submission"], authority)
    wrong = ["not yet"]
    try:
        async with asyncio.timeout(SECONDS):
            while wrong:
                await asyncio.sleep(0.5)
                wrong = await asyncio.to_thread(differences, lockgate, messages)
    except TimeoutError:
        pytest.fail("\n".join(wrong))


def differences(lockgate: Installation, messages: tuple[DemoMessage, ...]) -> list[str]:
    """What is not as expected, by message and recipient."""
    states, everything = traced(lockgate), copies(lockgate, messages)
    found = []
    for message in messages:
        mine = [copy for copy in everything if message.is_copy(copy.content)]
        for expected in message.expected:
            key = (message.internet_message_id.decode().strip("<>"), expected.recipient)
            observed = observe(message, expected, mine, *states.get(key, (None, "")))
            found += [f"{message.name} for {expected.recipient}: {it}" for it in mistakes(expected, observed, mine)]
    return found
