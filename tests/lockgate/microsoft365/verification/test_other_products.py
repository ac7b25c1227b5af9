"""Other products are known by the shape of what they made: out by rule and back, one way out, copies by journal."""

from lockgate.microsoft365.verification import Outcome
from tests.lockgate.microsoft365.conftest import Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE, applied
from tests.lockgate.microsoft365.verification.verified import verified

OTHERS = "other-gateways"


async def route_elsewhere(tenant: Tenant) -> None:
    run = tenant.exchange.run
    await run(
        "New-OutboundConnector", Name="Elsewhere", ConnectorType="OnPremises", IsTransportRuleScoped=True,
        UseMXRecord=False, SmartHosts=["gateway.other.example"],
    )  # fmt: skip
    await run(
        "New-TransportRule", Name="Other's", SentToScope="InOrganization", RouteMessageOutboundConnector="Elsewhere"
    )


async def test_a_rule_and_a_way_back_are_an_inline_product(tenant: Tenant) -> None:
    await applied(tenant, LIVE)  # our own way out and back is not another product's
    assert (await verified(tenant))[OTHERS].outcome is Outcome.PASS
    await route_elsewhere(tenant)
    one_way = (await verified(tenant))[OTHERS]
    assert one_way.outcome is Outcome.WARN and "elsewhere" in one_way.detail and "inline" not in one_way.detail
    await tenant.exchange.run(
        "New-InboundConnector", Name="Back again", ConnectorType="OnPremises", SenderDomains=["*"],
        SenderIPAddresses=["198.51.100.7"],
    )  # fmt: skip
    inline = (await verified(tenant))[OTHERS]
    assert inline.outcome is Outcome.WARN and "inline product" in inline.detail
    assert "'Elsewhere'" in inline.detail and "'Back again'" in inline.detail
    assert "Disable-TransportRule -Identity 'Other''s'" in inline.fix
    await tenant.exchange.run("Disable-TransportRule", Identity="Other's")
    assert (await verified(tenant))[OTHERS].outcome is Outcome.PASS


async def test_only_journal_rules_that_leave_the_organisation_are_named(tenant: Tenant) -> None:
    run = tenant.exchange.run
    await run("New-JournalRule", Name="Archive", JournalEmailAddress="archive@contoso.example")
    assert (await verified(tenant))[OTHERS].outcome is Outcome.PASS
    await run("New-JournalRule", Name="Watcher", JournalEmailAddress="in@vendor.example", Scope="External")
    found = (await verified(tenant))[OTHERS]
    assert found.outcome is Outcome.WARN and found.fix
    assert "'Watcher' to in@vendor.example" in found.detail and "Archive" not in found.detail
    await run("Disable-JournalRule", Identity="Watcher", Confirm=False)
    assert (await verified(tenant))[OTHERS].outcome is Outcome.PASS


async def test_what_was_found_is_told_although_something_else_could_not_be_read(tenant: Tenant) -> None:
    await route_elsewhere(tenant)
    tenant.fault("empty-403", "*#Get-JournalRule", remaining=-1)
    assert (await verified(tenant))[OTHERS].outcome is Outcome.WARN
