"""A service account's whole life while mail flows both ways, rules take their time, and processes are killed.

Every message that the tenant accepted arrives, twice only where a process was killed with it in hand, without our
headers, and none goes round in circles.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from lockgate.bootstrap.housekeeping import start_due
from lockgate.bootstrap.supervisor import Role
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus
from lockgate.model.tenant_care import Reach
from tests.scenarios.protected_tenant import AUTHOR, Installation, granted, installation
from tests.scenarios.role_process import RoleProcess
from tests.scenarios.simulator_program import simulator_program
from tests.scenarios.traffic import Traffic, leaked

pytestmark = pytest.mark.scenario
PROPAGATION = 1.0  # seconds until mail flow acts on a changed rule
SETTLE = 2.0  # seconds that Lockgate is told this takes
SCALE = 1 / 240  # of a queue's pauses and patience
QUEUE = 5.0  # seconds in which whatever waited is tried again: Exchange's longest pause is ten minutes


@dataclass
class Place:
    """One installation whose gateway and controller are processes that can be killed."""

    lockgate: Installation
    gateway: RoleProcess
    controller: RoleProcess

    async def ended(self, account_id: str, task: Task) -> None:
        progress = await self.lockgate.until(account_id, task, 200)
        assert not progress.failed, f"{progress}\n{self.controller.tail()}"

    async def applied(self, account_id: str) -> None:
        plan = await self.lockgate.grants.plan(account_id)
        self.lockgate.grants.apply(account_id, plan.digest, AUTHOR)
        await self.ended(account_id, Task.APPLY)

    async def killed(self, role: RoleProcess) -> None:
        await asyncio.to_thread(role.kill)
        role.start()

    def next_phase(self) -> None:
        later = replace(self.lockgate.parts, clock=lambda: self.lockgate.parts.clock() + timedelta(hours=1))
        start_due(later, self.lockgate.grants.starts, (), set())


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    slow = {"rotation_hours": 1, "settle_minutes": SETTLE / 60}
    with simulator_program(tmp_path / "simulator") as simulation:
        switches = {"rule_propagation_seconds": PROPAGATION, "queue_time_scale": SCALE}
        simulation.control("POST", "/switches", switches)
        async with installation(simulation, tmp_path, roles=(), microsoft365=slow) as lockgate:
            settings = lockgate.parts.settings
            roles = [RoleProcess(settings, role, tmp_path / f"{role}.log") for role in (Role.GATEWAY, Role.CONTROLLER)]
            for role in roles:
                role.start()
            try:
                yield Place(lockgate, *roles)
            finally:
                for role in reversed(roles):
                    await asyncio.to_thread(role.stop)


async def live(place: Place) -> None:
    grants = place.lockgate.grants
    account_id = await granted(place.lockgate, Direction.INBOUND)
    await place.ended(account_id, Task.PROVISION)
    await place.applied(account_id)
    grants.upgrade(account_id, Direction.OUTBOUND, AUTHOR)
    await place.applied(account_id)
    await place.killed(place.gateway)
    await piloted(place, account_id)
    await rotated(place, account_id)
    for direction in Direction:
        for on in (True, False):
            grants.bypass(account_id, direction, on=on, author=AUTHOR)
            await place.ended(account_id, Task.SWITCH)
            await asyncio.sleep(PROPAGATION)
    await place.killed(place.gateway)
    grants.revoke(account_id, AUTHOR)
    await place.killed(place.controller)
    await place.ended(account_id, Task.REVOKE)
    assert grants.account(account_id).status is AccountStatus.REVOKED


async def piloted(place: Place, account_id: str) -> None:
    for reach in (Reach(group="engineering@contoso.example"), Reach()):
        place.lockgate.grants.pilot(account_id, reach, AUTHOR)
        await place.applied(account_id)


async def rotated(place: Place, account_id: str) -> None:
    """New secrets. The gateway is away while they come into use, so that mail with the old ones waits in the queue."""
    place.lockgate.grants.rotate(account_id, AUTHOR)
    await in_phase(place, account_id, "introduced")
    await asyncio.sleep(SETTLE)
    await asyncio.to_thread(place.gateway.kill)
    await asyncio.to_thread(place.next_phase)
    await in_phase(place, account_id, "in use")
    place.gateway.start()
    await asyncio.sleep(QUEUE)  # what rotation_hours stands for
    await asyncio.to_thread(place.next_phase)
    await in_phase(place, account_id, "")


async def in_phase(place: Place, account_id: str, phase: str) -> None:
    async with asyncio.timeout(60):
        while getattr(place.lockgate.grants.account(account_id).rotation, "phase", "") != phase:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await place.ended(account_id, Task.ROTATE)


async def all_there(traffic: Traffic) -> None:
    try:
        async with asyncio.timeout(90):
            while await asyncio.to_thread(traffic.missing):  # noqa: ASYNC110 - it is on its way
                await asyncio.sleep(0.5)
    except TimeoutError:
        pytest.fail(f"lost: {traffic.missing()} of {len(traffic.accepted)}; {traffic.hops('DEFER')[-3:]}")


async def test_a_whole_life_under_load_loses_and_loops_nothing(place: Place) -> None:
    traffic = Traffic(place.lockgate.simulation)
    with traffic.flowing():
        await live(place)
    await all_there(traffic)
    assert not traffic.refused and len(traffic.accepted) > 100
    for event in ("LOOP", "FAIL", "JUNK"):
        assert not traffic.hops(event), event
    for number, content in traffic.copies():
        assert not leaked(content), number
    routed = traffic.routed()
    assert set(routed.values()) == {1}, "a message was routed to the gateway more than once"
    assert len(routed) > 60, "hardly anything went through the gateway"
    twice = {number for number, count in traffic.arrived().items() if count > 1}
    assert len(twice) <= 2 * place.gateway.deaths, twice
