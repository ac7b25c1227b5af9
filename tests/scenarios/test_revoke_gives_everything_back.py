"""A tenant with settings of its own is byte for byte as it was before the grant, once the access is revoked.

Compared is a whole export by another administrator; the grant seals, takes every fix, and upgrades on the way.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lockgate.microsoft365.exchange_client import ExchangeClient
from lockgate.microsoft365.planner import IN_ENTRA
from lockgate.microsoft365.tasks import Task
from lockgate.model.envelope import Direction
from lockgate.model.fixes import Fix
from lockgate.model.service_account import StageState
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.conftest import running, simulation
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.exports import export
from tests.scenarios.protected_tenant import AUTHOR, HOST, Installation, installation, protected
from tests.scenarios.test_care import somebody_else

__all__ = ["running", "simulation"]
pytestmark = pytest.mark.scenario


@pytest.fixture
async def lockgate(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Installation]:
    sealing = {"domain": HOST, "selector": "lockgate", "key": tmp_path / "app.key"}
    async with installation(simulation, tmp_path, arc=sealing) as running_installation:
        yield running_installation


async def live_a_little(exchange: ExchangeClient) -> None:
    """A tenant that others have shaped before us, with what a careless product would disturb."""
    for number, name in enumerate(("Legal footer", "No executables", "Mark outside mail")):
        await exchange.run(
            "New-TransportRule", Name=name, Priority=number, FromScope="NotInOrganization", PrependSubject=f"[{name}] "
        )
    await exchange.run("Disable-TransportRule", Identity="No executables", Confirm=False)
    await exchange.run("New-InboundConnector", Name="Scanner", SenderDomains=["print.contoso.example"])
    await exchange.run("New-OutboundConnector", Name="Partner", RecipientDomains=["partner.example"])
    addresses = ["198.51.100.9", "203.0.113.0/24", "198.51.100.1"]
    await exchange.run("Set-HostedConnectionFilterPolicy", Identity="Default", IPAllowList=addresses,
                       IPBlockList=["203.0.113.77"])  # fmt: skip
    await exchange.run("Set-ArcConfig", Identity="Default", ArcTrustedSealers=["z.lists.example", "a.lists.example"])
    await exchange.run("New-TenantAllowBlockListSpoofItems", Identity="Default", Action="Allow", SpoofType="External",
                       SpoofedUser="*", SendingInfrastructure="203.0.113.0/24")  # fmt: skip
    await exchange.run("Set-HostedContentFilterPolicy", Identity="Default", MarkAsSpamSpfRecordHardFail="On")
    await exchange.run("Set-RemoteDomain", Identity="Default", TNEFEnabled=True)
    await exchange.run("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)


async def applied(lockgate: Installation, account_id: str) -> None:
    plan = await lockgate.grants.plan(account_id)
    assert plan.changes
    lockgate.grants.apply(account_id, plan.digest, AUTHOR)
    progress = await lockgate.until(account_id, Task.APPLY)
    assert not progress.failed, progress
    assert (await lockgate.grants.plan(account_id)).is_empty


async def test_revoke_returns_the_tenant_as_it_was(lockgate: Installation) -> None:
    async with somebody_else(lockgate.simulation) as admin:
        await live_a_little(admin)
        before = await export(admin)
        account_id = await protected(lockgate, Direction.INBOUND)
        lockgate.grants.choose_fixes(account_id, Fix, AUTHOR)
        lockgate.grants.upgrade(account_id, Direction.OUTBOUND, AUTHOR)
        await applied(lockgate, account_id)
        lockgate.grants.choose_fixes(account_id, set(Fix) - {Fix.RICH_TEXT}, AUTHOR)
        await applied(lockgate, account_id)
        during = await export(admin)
        assert during.count("lockgate:") >= 9 and f"a.lists.example,{HOST}" in during
        assert '"MarkAsSpamSpfRecordHardFail": "Off"' in during and '"TNEFEnabled": true' in during

        shown = await lockgate.grants.removal_plan(account_id)
        assert shown.stays == (IN_ENTRA,)
        detail = await revoked(lockgate, account_id)
        assert detail.startswith(f"{len(shown.changes)} changes") and IN_ENTRA in detail
        assert await export(admin) == before


async def test_only_what_the_plan_lists_stays_in_a_new_organisation(lockgate: Installation) -> None:
    new = {"IsDehydrated": True}
    lockgate.simulation.control("PUT", f"/tenants/{CONTOSO}/exchange/OrganizationConfig/Default", new)
    async with somebody_else(lockgate.simulation) as admin:
        before = await export(admin)
        account_id = await protected(lockgate, Direction.INBOUND, Direction.OUTBOUND)
        [stays, _] = (await lockgate.grants.removal_plan(account_id)).stays
        assert "IsDehydrated was True" in stays
        await revoked(lockgate, account_id)
        after = await export(admin)
    assert after.replace('"IsDehydrated": false', '"IsDehydrated": true') == before != after


async def revoked(lockgate: Installation, account_id: str) -> str:
    """Revoke; what the stage that removes says."""
    await asyncio.to_thread(lockgate.grants.revoke, account_id, AUTHOR)
    progress = await lockgate.until(account_id, Task.REVOKE)
    assert not progress.failed, progress
    assert {stage.state for stage in progress.stages} == {StageState.DONE}
    return next(stage.detail for stage in progress.stages if stage.name == "Rules and connectors removed")
