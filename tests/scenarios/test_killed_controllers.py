"""The controller dies at every write to the tenant, from the first connector to the last removal, and ends the same.

Beside it lives another service account, in a simulated tenant of its own, that nobody disturbs. After apply, upgrade,
every phase of new secrets and revoke both tenants must look alike.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest

from lockgate.bootstrap.housekeeping import start_due
from lockgate.bootstrap.supervisor import Role
from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.task_words import SYNCED
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, Progress
from tests.scenarios.protected_tenant import AUTHOR, Installation, granted, installation
from tests.scenarios.role_process import RoleProcess
from tests.scenarios.simulator_program import simulator_program
from tests.scenarios.tenant_picture import Picture, picture

pytestmark = pytest.mark.scenario
WRITES = "*InvokeCommand*#[!G]*"  # every cmdlet but Get-
ROTATION = ("introduced", "in use", "")
# Killed before Exchange did it; before, and Exchange does it although nobody is there any more; after Exchange did it.
KINDS: tuple[Json, ...] = (
    {"kind": "never-act"}, {"kind": "delay", "parameters": {"seconds": 3}}, {"kind": "never-answer"},
)  # fmt: skip
PASS: Json = {"kind": "delay", "parameters": {"seconds": 0}}


@dataclass
class Life:
    """One service account through everything; its controller is a process of its own."""

    lockgate: Installation
    controller: RoleProcess
    pictures: dict[str, Picture] = field(default_factory=dict)

    async def live(self) -> None:
        """From the grant to the revocation."""
        grants = self.lockgate.grants
        account_id = await granted(self.lockgate, Direction.INBOUND)
        assert (await self._ended(account_id, Task.PROVISION)).sentence == SYNCED
        await self._apply(account_id)
        await self._looks("apply")
        grants.upgrade(account_id, Direction.OUTBOUND, AUTHOR)
        await self._apply(account_id)
        await self._looks("upgrade")
        grants.rotate(account_id, AUTHOR)
        for phase in ROTATION:
            await self._rotated(account_id, phase)
            await self._looks(f"new secrets {phase}")
            await asyncio.to_thread(self._an_hour_later)
        assert (await grants.plan(account_id)).is_empty
        grants.revoke(account_id, AUTHOR)
        await self._ended(account_id, Task.REVOKE)
        await self._looks("revoke")
        assert grants.account(account_id).status is AccountStatus.REVOKED

    async def _apply(self, account_id: str) -> None:
        plan = await self.lockgate.grants.plan(account_id)
        self.lockgate.grants.apply(account_id, plan.digest, AUTHOR)
        await self._ended(account_id, Task.APPLY)
        assert self.lockgate.grants.account(account_id).status is AccountStatus.ACTIVE

    async def _rotated(self, account_id: str, phase: str) -> None:
        async with asyncio.timeout(60):
            while self._phase(account_id) != phase:  # noqa: ASYNC110 - progress is in the database
                await asyncio.sleep(0.05)
        await self._ended(account_id, Task.ROTATE)

    def _phase(self, account_id: str) -> str:
        rotation = self.lockgate.grants.account(account_id).rotation
        return rotation.phase if rotation else ""

    def _an_hour_later(self) -> None:
        """What is due by then begins, the next phase of new secrets among it."""
        later = replace(self.lockgate.parts, clock=lambda: self.lockgate.parts.clock() + timedelta(hours=1))
        start_due(later, self.lockgate.grants.starts, (), set())

    async def _ended(self, account_id: str, task: Task) -> Progress:
        progress = await self.lockgate.until(account_id, task, 200)
        assert not progress.failed, f"{progress}\n{self.controller.tail()}"
        return progress

    async def _looks(self, stage: str) -> None:
        self.pictures[stage] = await asyncio.to_thread(picture, self.lockgate)


@dataclass
class Reaper:
    """Kills the controller at every write to the tenant."""

    life: Life
    killed_at: list[tuple[str, str]] = field(default_factory=list)  # cmdlet and kind

    async def reap(self) -> None:
        """For ever."""
        for kind in cycle(KINDS):
            await asyncio.to_thread(self._arm, kind)
            while not await asyncio.to_thread(self._holds):  # noqa: ASYNC110 - the simulator is another program
                await asyncio.sleep(0.02)
            await asyncio.to_thread(self._kill, str(kind["kind"]))

    def _arm(self, kind: Json) -> None:
        control = self.life.lockgate.simulation.control
        control("DELETE", "/faults")
        again = self.killed_at and self.killed_at[-1][1] != "never-answer"
        for one in [PASS, kind] if again else [kind]:  # the write that was not done is sent again, and passes
            control("POST", "/faults", {"surface": "exchange", "match": WRITES, **one})

    def _holds(self) -> bool:
        faults = self.life.lockgate.simulation.control("GET", "/faults").json()
        return bool(faults[-1]["remaining"] == 0)

    def _kill(self, kind: str) -> None:
        self.life.controller.kill()
        target = WRITES.replace("#", "%23")
        query = f"/history?surface=exchange&target={target}&last=1"
        [call] = self.life.lockgate.simulation.control("GET", query).json()
        self.killed_at.append((str(call["detail"]["cmdlet"]), kind))
        self.life.controller.start()


@asynccontextmanager
async def life(folder: Path) -> AsyncIterator[Life]:
    with simulator_program(folder) as simulation:
        async with installation(
            simulation, folder, roles=(Role.GATEWAY,), microsoft365={"rotation_hours": 1}
        ) as lockgate:
            controller = RoleProcess(lockgate.parts.settings, Role.CONTROLLER, folder / "controller.log")
            controller.start()
            try:
                yield Life(lockgate, controller)
            finally:
                await asyncio.to_thread(controller.stop)


async def test_a_controller_that_dies_at_every_write_comes_to_the_same_end(tmp_path: Path) -> None:
    async with life(tmp_path / "calm") as calm, life(tmp_path / "deadly") as deadly, asyncio.TaskGroup() as tasks:
        reaper = Reaper(deadly)
        reaping = tasks.create_task(reaper.reap())
        beside = tasks.create_task(calm.live())
        await deadly.live()
        reaping.cancel()
        await beside
    for stage, expected in calm.pictures.items():
        assert deadly.pictures[stage] == expected, stage
    writes = {cmdlet for cmdlet, _ in reaper.killed_at}
    assert len(reaper.killed_at) > 30, reaper.killed_at
    assert writes >= {
        "New-InboundConnector", "New-OutboundConnector", "New-TransportRule", "Set-TransportRule",
        "Disable-TransportRule", "Remove-TransportRule", "Remove-OutboundConnector", "Remove-InboundConnector",
    }, writes  # fmt: skip
