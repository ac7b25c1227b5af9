"""Somebody else works in the tenant too: between plan and apply, in the middle of an apply, and after it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.resources.outbound_connector import connector_name as outbound_name
from lockgate.microsoft365.resources.transport_rules import routing_rule_name, strip_rule_name
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.headers import PROBE
from lockgate.model.service_account import AccountStatus
from lockgate.model.tenant import Protection
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, granted, installation
from tests.scenarios.tenant_picture import objects
from tests.scenarios.test_care import somebody_else

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
RULE = routing_rule_name(Direction.INBOUND)
HERE, THERE = "Lockgate inbound: back from the gateway", outbound_name(Direction.INBOUND)


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path) as running_installation:
        yield running_installation


def named(lockgate: Installation, noun: str, name: str) -> Json:
    [found] = [one for one in objects(lockgate, noun) if one["Name"] == name]
    return found


async def applied(lockgate: Installation, account_id: str, digest: str) -> str:
    """The sentence that it ends with."""
    lockgate.grants.apply(account_id, digest, AUTHOR)
    return (await lockgate.until(account_id, Task.APPLY, 200)).sentence


async def repaired(lockgate: Installation, account_id: str) -> None:
    plan = await lockgate.grants.plan(account_id)
    assert await applied(lockgate, account_id, plan.digest) == "Inline Protection is in service."
    assert lockgate.grants.account(account_id).status is AccountStatus.ACTIVE
    assert (await lockgate.grants.plan(account_id)).is_empty


async def test_what_others_do_meanwhile_stops_an_apply_and_a_new_plan_repairs_it(lockgate: Installation) -> None:
    account_id = await granted(lockgate, Direction.INBOUND)
    assert not (await lockgate.until(account_id, Task.PROVISION)).failed
    await before_the_apply(lockgate, account_id)
    await in_the_middle(lockgate, account_id)
    await repaired(lockgate, account_id)
    await renamed_and_reordered(lockgate, account_id)


async def before_the_apply(lockgate: Installation, account_id: str) -> None:
    """A stranger's object with the name of ours appears after the plan was made."""
    plan = await lockgate.grants.plan(account_id)
    async with somebody_else(lockgate.simulation) as script:
        await script.run("New-TransportRule", Name=RULE, Comments="Mine", SubjectContainsWords=["x"], SetSCL="1")
        sentence = await applied(lockgate, account_id, plan.digest)
        assert f"'{RULE}'" in sentence and "not ours" in sentence and "new plan" in sentence
        assert named(lockgate, "TransportRule", RULE)["Comments"] == "Mine"
        assert not objects(lockgate, "InboundConnector"), "something was made although the plan could not be followed"
        await script.run("Remove-TransportRule", Identity=RULE, Confirm=False)


async def in_the_middle(lockgate: Installation, account_id: str) -> None:
    """A connector that was made is deleted before the last rule is: nothing goes live."""
    plan = await lockgate.grants.plan(account_id)
    fault = {"surface": "exchange", "match": "*#New-TransportRule", "kind": "delay", "parameters": {"seconds": 2}}
    await asyncio.to_thread(lockgate.simulation.control, "POST", "/faults", fault)
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    while lockgate.simulation.control("GET", "/faults").json()[-1]["remaining"]:  # noqa: ASYNC110 - looked at over HTTP
        await asyncio.sleep(0.05)
    lost = named(lockgate, "InboundConnector", HERE)["Guid"]
    lockgate.simulation.control("DELETE", f"/tenants/{CONTOSO}/exchange/InboundConnector/{lost}")
    sentence = (await lockgate.until(account_id, Task.APPLY, 200)).sentence
    assert HERE in sentence and "Nothing went live" in sentence
    assert named(lockgate, "TransportRule", RULE)["HeaderContainsMessageHeader"] == PROBE
    assert lockgate.grants.account(account_id).protection(Direction.INBOUND) is Protection.PREPARING


async def renamed_and_reordered(lockgate: Installation, account_id: str) -> None:
    """In service: a connector that a rule routes to gets another name, and rules another order."""
    async with somebody_else(lockgate.simulation) as script:
        await script.run("Set-OutboundConnector", Identity=THERE, Name="The gateway's connector")
        await script.run("Set-TransportRule", Identity=strip_rule_name(Direction.INBOUND), Priority=0)
        await script.run("Set-TransportRule", Identity=RULE, Name="The gateway's rule")
    await repaired(lockgate, account_id)
    assert [one["Name"] for one in objects(lockgate, "OutboundConnector")] == [THERE]
    rules = sorted(objects(lockgate, "TransportRule"), key=lambda rule: int(str(rule["Priority"])))
    names = [str(rule["Name"]) for rule in rules]
    assert names[0] == RULE and "The gateway's rule" not in names
    assert names.index(strip_rule_name(Direction.INBOUND)) == len(names) - 1
    assert rules[0]["RouteMessageOutboundConnector"] == THERE
