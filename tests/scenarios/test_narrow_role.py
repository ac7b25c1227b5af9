"""A role group of Exchange's own is enough instead of Exchange administrator, and nothing beyond it is tried."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lockgate.microsoft365.exchange_roles import NARROW, lacking
from lockgate.microsoft365.task_words import SYNCED
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.fixes import Fix
from lockgate.model.service_account import ConsentStep
from lockgate.model.tenant_care import Reach
from m365_simulator.exchange_admin.cmdlet_table import cmdlets
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import GRAPH_SCOPE, Simulation
from tests.scenarios import powershell
from tests.scenarios.exports import export
from tests.scenarios.protected_tenant import AUTHOR, HOST, Installation, installation
from tests.scenarios.test_care import somebody_else

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario
DOCUMENT = Path("docs/operations/narrow-role.md")


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    sealing = {"domain": HOST, "selector": "lockgate", "key": tmp_path / "app.key"}
    async with installation(simulation, tmp_path, arc=sealing) as running_installation:
        yield running_installation


def object_id(simulation: Simulation, app_id: str) -> str:
    """The id of the enterprise application, which its administrator sees in Entra."""
    reader = simulation.register({"Microsoft Graph": ["Application.Read.All"]}, "Reader")
    simulation.consent(reader)
    headers = {"Authorization": f"Bearer {simulation.app_token(reader, GRAPH_SCOPE)}"}
    url = f"{simulation.addresses['graph']}/v1.0/servicePrincipals?$filter=appId eq '{app_id}'"
    [found] = simulation.browser().client.get(url, headers=headers).json()["value"]
    return str(found["id"])


async def test_a_tenant_is_protected_and_left_with_the_narrow_role(lockgate: Installation) -> None:
    setting_up, auditing, choosing, leaving = powershell.blocks(DOCUMENT)
    app = lockgate.parts.settings.microsoft365.mail_flow_app.client_id
    account_id = lockgate.grants.start(AUTHOR, Direction, monitor_only=False)
    await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.MAIL_FLOW)
    mine = await asyncio.to_thread(object_id, lockgate.simulation, app)
    async with somebody_else(lockgate.simulation) as admin:
        await admin.run("Set-HostedContentFilterPolicy", Identity="Default", MarkAsSpamSpfRecordHardFail="On")
        await admin.run("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)
        before = await export(admin)
        few = [line.replace(', "Transport Hygiene"', "") for line in setting_up]
        await powershell.run(admin, few, app=app, object=mine)
        status = await lockgate.grants.role_status(account_id)
        assert not status.assigned and "lacks 'Transport Hygiene'" in status.sentence
        await powershell.run(admin, leaving, app=app, object=mine)
        await powershell.run(admin, [*setting_up, *auditing], app=app, object=mine)
        assert (await lockgate.grants.role_status(account_id)).assigned

        seen = len(lockgate.simulation.control("GET", f"/history?surface=exchange&tenant={CONTOSO}").json())
        await asyncio.to_thread(lockgate.consent, account_id, ConsentStep.DIRECTORY)
        assert (await lockgate.until(account_id, Task.PROVISION)).sentence == SYNCED
        assert not [one for one in await lockgate.grants.verification(account_id) if "refuses" in one.detail]
        lockgate.grants.choose_fixes(account_id, Fix, AUTHOR)
        plan = await lockgate.grants.plan(account_id)
        lockgate.grants.apply(account_id, plan.digest, AUTHOR)
        progress = await lockgate.until(account_id, Task.APPLY)
        assert not progress.failed, progress
        assert (await lockgate.grants.plan(account_id)).is_empty
        await powershell.run(admin, choosing, app=app, object=mine)
        lockgate.grants.pilot(account_id, Reach(people=("lena.vogel@contoso.example",)), AUTHOR)
        plan = await lockgate.grants.plan(account_id)
        lockgate.grants.apply(account_id, plan.digest, AUTHOR)
        assert not (await lockgate.until(account_id, Task.APPLY)).failed
        lockgate.grants.revoke(account_id, AUTHOR)
        progress = await lockgate.until(account_id, Task.REVOKE)
        assert not progress.failed, progress
        calls = lockgate.simulation.control("GET", f"/history?surface=exchange&tenant={CONTOSO}").json()[seen:]
        assert not [one for one in calls if one["status"] in (401, 403)], "nothing was tried that is not allowed"
        await powershell.run(admin, leaving, app=app, object=mine)
        assert await export(admin) == before


@pytest.mark.parametrize("role", NARROW[:4])
def test_no_role_of_the_group_can_be_left_out(role: str) -> None:
    left = set(NARROW) - {role}
    allowed = frozenset(one.name for one in cmdlets().values() if one.roles & left)
    assert role in lacking(allowed)
    assert not lacking(frozenset(one.name for one in cmdlets().values() if one.roles & set(NARROW)))
