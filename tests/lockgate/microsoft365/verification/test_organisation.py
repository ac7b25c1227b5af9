"""Settings of the whole organisation."""

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.verification import Outcome
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.verification.verified import by_hand, check, outcomes, verified


async def test_each_setting_is_found_with_its_fix(tenant: Tenant) -> None:
    run = tenant.exchange.run
    before = outcomes(await verified(tenant))
    await run("Set-OrganizationConfig", RejectDirectSend=True)
    await run("Set-RemoteDomain", Identity="Default", TNEFEnabled=True)
    await run("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)
    checks = await verified(tenant)
    changed = {name: one for name, one in outcomes(checks).items() if name not in before}
    assert changed == dict.fromkeys(("reject-direct-send", "rich-text-format", "audit-log"), Outcome.WARN)
    assert checks["rich-text-format"].fix.endswith("Set-RemoteDomain 'Default' -TNEFEnabled $false")
    assert checks["audit-log"].fix.endswith("Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true")
    await run("Set-RemoteDomain", Identity="Default", TNEFEnabled=False)
    await run("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=True)
    await run("Set-OrganizationConfig", RejectDirectSend=False)
    assert outcomes(await verified(tenant)) == before


async def test_a_dehydrated_organisation_fails(tenant: Tenant) -> None:
    await tenant.exchange.run("Get-OrganizationConfig")
    [config] = tenant.objects("OrganizationConfig")
    path = f"/tenants/{CONTOSO}/exchange/OrganizationConfig/{config['Name']}"
    tenant.simulation.control("PATCH", path, {"IsDehydrated": True})
    assert (await verified(tenant))["organisation-customisation"].outcome is Outcome.FAIL
    await tenant.exchange.run("Enable-OrganizationCustomization")
    assert (await verified(tenant))["organisation-customisation"].outcome is Outcome.PASS


def test_a_further_remote_domain_in_rich_text_is_named_too() -> None:
    domains: list[Json] = [{"Name": "Default", "TNEFEnabled": None}, {"Name": "Partner", "TNEFEnabled": True}]
    found = check(by_hand(RemoteDomain=domains), "rich-text-format")
    assert found.outcome is Outcome.WARN and "'Partner'" in found.detail and "Default" not in found.detail
