"""Settings that get in the way are found in the tenant itself, and what cannot be read is said to be unknown."""

from datetime import UTC, datetime

from lockgate.microsoft365 import survey
from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.verification import CHECKLIST, Check, Outcome, verify
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE, applied


def ours(host: str = LIVE.gateway_host) -> Installation:
    return Installation(LIVE.installation, host, LIVE.source_addresses, lambda: datetime(2026, 11, 24, tzinfo=UTC))


async def verified(tenant: Tenant, installation: Installation | None = None) -> dict[str, Check]:
    found = await survey.take(tenant.exchange, extras=True)
    return {check.question.id: check for check in verify(found, installation or ours())}


async def test_a_tenant_without_obstacles_passes_everything(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    checks = await verified(tenant)
    assert [question.id for question in CHECKLIST] == list(checks)
    assert {check.outcome for check in checks.values()} == {Outcome.PASS}, checks
    assert not any(check.fix for check in checks.values())


async def test_every_obstacle_is_named_with_its_fix(tenant: Tenant) -> None:
    run = tenant.exchange.run
    await applied(tenant, LIVE)
    await run("Set-HostedContentFilterPolicy", Identity="Default", MarkAsSpamSpfRecordHardFail="On")
    await run(
        "New-InboundConnector", Name="Locked", ConnectorType="Partner", SenderDomains=["*"],
        RestrictDomainsToIPAddresses=True, SenderIPAddresses=["198.51.100.7"],
    )  # fmt: skip
    await run("Set-OrganizationConfig", RejectDirectSend=True)
    await run(
        "New-OutboundConnector", Name="Elsewhere", IsTransportRuleScoped=True, UseMXRecord=False,
        SmartHosts=["gateway.other.example"],
    )  # fmt: skip
    await run(
        "New-TransportRule", Name="Other vendor", SentToScope="InOrganization", Priority=0,
        RouteMessageOutboundConnector="Elsewhere", StopRuleProcessing=True,
    )  # fmt: skip
    checks = await verified(tenant)
    found = {name: check for name, check in checks.items() if check.outcome is not Outcome.PASS}
    assert {name: check.outcome for name, check in found.items()} == {
        "spf-hard-fail": Outcome.FAIL, "partner-connectors": Outcome.FAIL, "reject-direct-send": Outcome.WARN,
        "other-gateways": Outcome.WARN, "earlier-rules": Outcome.WARN,
    }  # fmt: skip
    assert all(check.fix for check in found.values())
    assert "Locked" in found["partner-connectors"].detail
    assert "Other vendor" in found["other-gateways"].detail and "Other vendor" in found["earlier-rules"].detail


async def test_a_certificate_outside_the_accepted_domains_fails(tenant: Tenant) -> None:
    below = await verified(tenant, ours("gw2.contoso.example"))
    assert below["certificate-name"].outcome is Outcome.FAIL and "below contoso" in below["certificate-name"].detail
    outside = await verified(tenant, ours("gw.elsewhere.example"))
    assert outside["certificate-name"].outcome is Outcome.FAIL


async def test_a_dehydrated_organisation_fails(tenant: Tenant) -> None:
    await tenant.exchange.run("Get-OrganizationConfig")
    [config] = tenant.objects("OrganizationConfig")
    path = f"/tenants/{CONTOSO}/exchange/OrganizationConfig/{config['Name']}"
    tenant.simulation.control("PATCH", path, {"IsDehydrated": True})
    assert (await verified(tenant))["organisation-customisation"].outcome is Outcome.FAIL


async def test_what_cannot_be_read_is_unknown(tenant: Tenant) -> None:
    tenant.fault("empty-403", "*#Get-HostedContentFilterPolicy", remaining=-1)
    checks = await verified(tenant)
    assert checks["spf-hard-fail"].outcome is Outcome.UNKNOWN
    assert "role" in checks["spf-hard-fail"].detail
