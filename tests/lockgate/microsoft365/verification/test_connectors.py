"""Connectors: ours that Exchange left disabled, others' that lock us out, blocked ones, Enhanced Filtering."""

import pytest

from lockgate.microsoft365.applier import NotAsWritten
from lockgate.microsoft365.verification import Outcome
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE, applied
from tests.lockgate.microsoft365.verification.verified import by_hand, check, verified

ENABLED, ENHANCED = "inbound-connectors-enabled", "enhanced-filtering"
BACK = "Lockgate inbound: back from the gateway"


async def test_a_connector_left_disabled_comes_with_the_letter_to_support(tenant: Tenant) -> None:
    before = await verified(tenant)
    assert before[ENABLED].outcome is Outcome.PASS and "when they are made" in before[ENABLED].detail
    tenant.simulation.control("POST", "/switches", {"onpremises_connector_created_disabled": True})
    with pytest.raises(NotAsWritten):
        await applied(tenant, LIVE)
    found = (await verified(tenant))[ENABLED]
    assert found.outcome is Outcome.FAIL and BACK in found.detail
    assert f"Set-InboundConnector -Identity '{BACK}' -Enabled $true" in found.fix
    assert "Microsoft Support" in found.fix and "192.0.2.200" in found.fix and LIVE.gateway_host in found.fix


async def test_connectors_of_others_may_be_disabled(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    await tenant.exchange.run(
        "New-InboundConnector", Name="Scanner", ConnectorType="OnPremises", SenderDomains=["*"], Enabled=False
    )
    assert (await verified(tenant))[ENABLED].outcome is Outcome.PASS


async def test_a_partner_connector_that_locks_all_senders_fails(tenant: Tenant) -> None:
    await tenant.exchange.run(
        "New-InboundConnector", Name="Locked", ConnectorType="Partner", SenderDomains=["*"],
        RestrictDomainsToIPAddresses=True, SenderIPAddresses=["198.51.100.7"],
    )  # fmt: skip
    found = (await verified(tenant))["partner-connectors"]
    assert found.outcome is Outcome.FAIL and "Locked" in found.detail and found.fix


async def test_a_blocked_connector_fails(tenant: Tenant) -> None:
    connector = "5e3f4d8c-0000-4000-8000-000000000001"
    blocked = {"ConnectorId": connector, "Name": "Hybrid"}
    tenant.simulation.control("PUT", f"/tenants/{CONTOSO}/exchange/BlockedConnector/{connector}", blocked)
    found = (await verified(tenant))["blocked-connectors"]
    assert found.outcome is Outcome.FAIL and "Hybrid" in found.detail
    await tenant.exchange.run("Remove-BlockedConnector", ConnectorId=connector)
    assert (await verified(tenant))["blocked-connectors"].outcome is Outcome.PASS


async def test_enhanced_filtering_on_our_connector_is_named_with_its_cmdlet(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    await tenant.exchange.run("Set-InboundConnector", Identity=BACK, EFSkipLastIP=True)
    found = (await verified(tenant))[ENHANCED]
    assert found.outcome is Outcome.WARN
    assert f"Set-InboundConnector -Identity '{BACK}' -EFSkipLastIP $false" in found.fix


@pytest.mark.parametrize(
    ("skipped", "outcome"),
    [
        (["198.51.100.7"], Outcome.PASS),
        (["192.0.2.200"], Outcome.WARN),
        (["192.0.2.0/24"], Outcome.WARN),
        (["192.0.2.190-192.0.2.210"], Outcome.WARN),
        (["192.0.2.1-192.0.2.9", "not an address"], Outcome.PASS),
        (["2001:db8::1-2001:db8::9", "2001:db8::/32"], Outcome.PASS),
    ],
)
def test_a_gateway_in_front_may_use_it_but_not_over_our_addresses(skipped: list[str], outcome: Outcome) -> None:
    front = {"Name": "Front", "ConnectorType": "Partner", "Enabled": True, "EFSkipIPs": skipped}
    found = check(by_hand(InboundConnector=[front]), ENHANCED)
    assert found.outcome is outcome and "Front" in found.detail
