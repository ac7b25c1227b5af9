"""Two controllers on one installation, one that is told to stop in the middle, and a task that never began."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lockgate.bootstrap import stranded
from lockgate.bootstrap.stranded import INTERRUPTED, freeing_stranded
from lockgate.bootstrap.supervisor import Role
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus
from lockgate.storage.service_accounts import ServiceAccounts
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, granted, installation
from tests.scenarios.role_process import RoleProcess

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
CONNECTOR = "*#New-OutboundConnector"


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(simulation, tmp_path, roles=(Role.GATEWAY,)) as running_installation:
        yield running_installation


async def until(what: str, look: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.05)


def controller(lockgate: Installation, folder: Path, name: str) -> RoleProcess:
    made = RoleProcess(lockgate.parts.settings, Role.CONTROLLER, folder / f"{name}.log")
    made.start()
    return made


def requests(lockgate: Installation, target: str) -> list[dict[str, object]]:
    query = f"/history?surface=exchange&target={target.replace('#', '%23')}"
    found: list[dict[str, object]] = lockgate.simulation.control("GET", query).json()
    return found


async def apply_and_hold(lockgate: Installation) -> str:
    """An apply that hangs in the middle: Exchange does not answer."""
    account_id = await granted(lockgate, Direction.INBOUND)
    assert not (await lockgate.until(account_id, Task.PROVISION)).failed
    plan = await lockgate.grants.plan(account_id)
    fault = {"surface": "exchange", "match": CONNECTOR, "kind": "never-act"}
    await asyncio.to_thread(lockgate.simulation.control, "POST", "/faults", fault)
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    await until("the write that hangs", lambda: bool(requests(lockgate, CONNECTOR)))
    return account_id


async def test_the_second_controller_waits_and_takes_over_from_a_dead_one(
    lockgate: Installation, tmp_path: Path
) -> None:
    first = controller(lockgate, tmp_path, "first")
    await until("the first controller", lambda: "controller running" in first.tail())
    second = controller(lockgate, tmp_path, "second")
    try:
        account_id = await apply_and_hold(lockgate)
        await until("the second one to wait", lambda: "another controller is at work" in second.tail())
        assert "controller running" not in second.tail()
        assert len(requests(lockgate, CONNECTOR)) == 1, "both controllers run the same task"
        await asyncio.to_thread(first.kill)
        assert not (await lockgate.until(account_id, Task.APPLY)).failed
        assert "controller running" in second.tail()
        assert len(requests(lockgate, CONNECTOR)) == 2
    finally:
        await asyncio.to_thread(second.stop)


async def test_a_controller_that_is_told_to_stop_leaves_the_task_to_the_next_one(
    lockgate: Installation, tmp_path: Path
) -> None:
    first = controller(lockgate, tmp_path, "first")
    account_id = await apply_and_hold(lockgate)
    await asyncio.to_thread(first.stop)
    assert "told to stop" in first.tail()
    assert lockgate.grants.account(account_id).status is AccountStatus.APPLYING
    second = controller(lockgate, tmp_path, "second")
    try:
        assert not (await lockgate.until(account_id, Task.APPLY)).failed, second.tail()
        assert lockgate.grants.account(account_id).status is AccountStatus.ACTIVE
    finally:
        await asyncio.to_thread(second.stop)


async def test_an_account_that_is_busy_with_nothing_is_set_free(
    lockgate: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stranded, "EVERY", 0.2)
    account_id = lockgate.grants.start(AUTHOR, [Direction.INBOUND], monitor_only=False)
    waiting = lockgate.grants.start(AUTHOR, [Direction.INBOUND], monitor_only=False)
    with lockgate.parts.database.write() as unit:
        for one in (account_id, waiting):  # as a console leaves it that dies before it has started the task
            accounts = ServiceAccounts(unit, lockgate.parts.vault)
            accounts.change(one, lambda now: replace(now, status=AccountStatus.REVOKING))
    lockgate.grants.starts.start("tenant.revoke", f"revoke-{waiting}-1", waiting, "run")
    starts = lockgate.grants.starts
    async with freeing_stranded(lockgate.parts, starts):  # type: ignore[arg-type] # it is the real one
        await until("the end", lambda: lockgate.grants.account(account_id).status is AccountStatus.ATTENTION)
        await asyncio.sleep(0.6)
    assert lockgate.grants.account(account_id).problem == INTERRUPTED
    assert lockgate.grants.account(waiting).status is AccountStatus.REVOKING
    lockgate.grants.revoke(account_id, AUTHOR)
