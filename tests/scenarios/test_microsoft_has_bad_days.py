"""One service account from grant to revocation, with everything that Microsoft's side is known to do to one on the way.

Every write is refused, throttled, cut or answered with nonsense once; replicas lag; rules act late; a connector comes
disabled; the role goes and comes back; strangers have objects of our names. The end is the same as on a good day.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lockgate.microsoft365.consent import Granted
from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.resources.transport_rules import routing_rule_name
from lockgate.microsoft365.task_words import SYNCED
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, ConsentStep
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.people import assign_role, remove_role
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, granted, installation
from tests.scenarios.tenant_picture import objects, picture

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
WRITES, READS = "*InvokeCommand*#[!G]*", "*InvokeCommand*#Get-*"
PASS: Json = {"kind": "delay", "parameters": {"seconds": 0}}
TROUBLES: tuple[Json, ...] = (
    {"kind": "throttle", "parameters": {"retry_after": 1}},
    {"kind": "status", "parameters": {"status": 429}},
    {"kind": "status", "parameters": {"status": 503, "body": {"error": {"message": "The server is busy"}}}},
    {"kind": "lose-response"},
    {"kind": "drop"},
    {"kind": "garbage"},
    {"kind": "drop-mid-response"},
)


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path) as running_installation:
        yield running_installation


def switch(lockgate: Installation, **values: object) -> None:
    lockgate.simulation.control("POST", "/switches", values)


def arm(lockgate: Installation, match: str, *faults: Json, remaining: int = 1) -> None:
    for fault in faults:
        body = {"surface": "exchange", "match": match, "remaining": remaining, **fault}
        lockgate.simulation.control("POST", "/faults", body)


def trouble_with_each_write(lockgate: Installation) -> None:
    """One write after the other meets the next trouble once; tried again, it passes."""
    lockgate.simulation.control("DELETE", "/faults")
    for trouble in TROUBLES * 3:
        arm(lockgate, WRITES, trouble, PASS)
    for trouble in TROUBLES:
        arm(lockgate, READS, trouble, PASS, PASS)


def troubles_met(lockgate: Installation) -> int:
    faults = lockgate.simulation.control("GET", "/faults").json()
    return sum(not one["remaining"] and one["kind"] != "delay" for one in faults)


async def apply(lockgate: Installation, account_id: str) -> str:
    """The sentence that it fails with; empty when it does not."""
    plan = await lockgate.grants.plan(account_id)
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    progress = await lockgate.until(account_id, Task.APPLY, 200)
    return progress.sentence if progress.failed else ""


def ours(lockgate: Installation, noun: str) -> list[str]:
    return [str(one["Name"]) for one in objects(lockgate, noun) if str(one["Name"]).startswith("Lockgate")]


async def test_the_end_is_the_same_as_on_a_good_day(lockgate: Installation) -> None:
    switch(lockgate, consent_propagation_refusals=2, consent_propagation_empty_tokens=2, role_propagation_tokens=3)
    account_id = lockgate.grants.start(AUTHOR, [Direction.INBOUND], monitor_only=False)
    answer = await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.MAIL_FLOW)
    assert answer == Granted(account_id, ConsentStep.MAIL_FLOW, CONTOSO)
    await asyncio.to_thread(lockgate.assign_role)
    seen = [(await lockgate.grants.role_status(account_id)).assigned for _ in range(4)]
    assert (seen[0], seen[-1]) == (False, True)
    answer = await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.DIRECTORY)
    assert answer == Granted(account_id, ConsentStep.DIRECTORY, CONTOSO)
    assert (await lockgate.until(account_id, Task.PROVISION)).sentence == SYNCED
    await lockgate.grants.plan(account_id)  # Exchange makes its default policies when they are first read
    before = picture(lockgate)

    switch(lockgate, rule_propagation_seconds=3, get_connector_unknown_identity="nothing")
    trouble_with_each_write(lockgate)
    assert not await apply(lockgate, account_id)
    assert lockgate.grants.account(account_id).status is AccountStatus.ACTIVE
    assert troubles_met(lockgate) > len(TROUBLES)

    switch(lockgate, get_connector_unknown_identity="all")
    lockgate.grants.upgrade(account_id, Direction.OUTBOUND, AUTHOR)
    assert not await apply(lockgate, account_id)
    assert (await lockgate.grants.plan(account_id)).is_empty

    trouble_with_each_write(lockgate)
    lockgate.grants.revoke(account_id, AUTHOR)
    assert not (await lockgate.until(account_id, Task.REVOKE, 200)).failed
    assert picture(lockgate) == before


async def test_what_only_people_can_help_with_is_said_and_goes_on_once_they_have(lockgate: Installation) -> None:
    account_id = await granted(lockgate, Direction.INBOUND)
    assert not (await lockgate.until(account_id, Task.PROVISION)).failed
    application = lockgate.parts.settings.microsoft365.mail_flow_app.client_id

    switch(lockgate, onpremises_connector_created_disabled=True)
    sentence = await apply(lockgate, account_id)
    assert "Microsoft Support" in sentence and "No mail was routed" in sentence
    assert not ours(lockgate, "OutboundConnector") and not ours(lockgate, "TransportRule")
    [connector] = objects(lockgate, "InboundConnector")
    address = f"/tenants/{CONTOSO}/exchange/InboundConnector/{connector['Guid']}"
    lockgate.simulation.control("PATCH", address, {"Enabled": True})  # Microsoft Support did

    stranger = {"Name": routing_rule_name(Direction.INBOUND), "Guid": "stranger", "Comments": "Mine", "Priority": 0}
    address = f"/tenants/{CONTOSO}/exchange/TransportRule/stranger"
    lockgate.simulation.control("PUT", address, {**stranger, "State": "Disabled"})
    sentence = await apply(lockgate, account_id)
    assert f"'{routing_rule_name(Direction.INBOUND)}' is there and is not ours" in sentence
    [left] = objects(lockgate, "TransportRule")
    assert (left["Guid"], left["Comments"], left["State"]) == ("stranger", "Mine", "Disabled")
    lockgate.simulation.control("DELETE", address)

    switch(lockgate, exchange_missing_role="empty-403")
    plan = await lockgate.grants.plan(account_id)
    await asyncio.to_thread(remove_role, lockgate.simulation, application)
    arm(lockgate, WRITES, {"kind": "empty-403"}, remaining=-1)  # a token from before still has the role
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    progress = await lockgate.until(account_id, Task.APPLY)
    assert "Assign the Exchange administrator role" in progress.sentence
    assert not ours(lockgate, "TransportRule")
    lockgate.simulation.control("DELETE", "/faults")
    await asyncio.to_thread(assign_role, lockgate.simulation, application)
    assert not await apply(lockgate, account_id)
    assert lockgate.grants.account(account_id).status is AccountStatus.ACTIVE
