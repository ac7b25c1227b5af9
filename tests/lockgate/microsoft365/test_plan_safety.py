"""What a plan must never do: touch what is not ours, show a secret, or put the rules in an order that makes a loop."""

from dataclasses import replace

import pytest

from lockgate.microsoft365 import planner, survey
from lockgate.microsoft365.applier import Applier, ChangedMeanwhile
from lockgate.microsoft365.plan import Change, ChangeKind, Plan
from lockgate.model.envelope import Direction
from lockgate.model.tenant_care import TLS_RULE
from lockgate.model.tenant_secrets import TenantSecrets
from tests.lockgate.microsoft365.conftest import Memory, Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE, WANTED, applied, planned, quiet

ORDER = [
    "Lockgate outbound: route to the gateway", "Lockgate inbound: route to the gateway",
    "Lockgate inbound: returned mail", "Lockgate inbound: returned junk", "Lockgate inbound: strip our header",
    "Lockgate outbound: strip our header", TLS_RULE,
]  # fmt: skip


def rules(tenant: Tenant) -> list[str]:
    """Our rules as they stand."""
    ordered = sorted(tenant.objects("TransportRule"), key=lambda rule: int(str(rule["Priority"])))
    return [str(rule["Name"]) for rule in ordered if str(rule["Name"]).startswith("Lockgate")]


def everything_said(plan: Plan) -> str:
    """All that people or a log could see of a plan."""
    return repr(plan)


def order_holds(tenant: Tenant) -> None:
    """A rule that takes a header off stands behind the rule that looks for it."""
    for direction in Direction:
        mine = [name for name in rules(tenant) if str(direction) in name and name != TLS_RULE]
        assert mine == [name for name in ORDER if str(direction) in name and name != TLS_RULE]
    if TLS_RULE in rules(tenant):
        assert rules(tenant).index(TLS_RULE) > rules(tenant).index(ORDER[0]), "it is about mail that came back"


async def test_each_rule_that_strips_stands_behind_the_rule_that_looks(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    assert sorted(rules(tenant)) == sorted(ORDER)
    order_holds(tenant)


@pytest.mark.parametrize("lost", [ORDER[1], ORDER[2], ORDER[5], TLS_RULE])
async def test_a_rule_that_was_removed_comes_back_to_its_place(tenant: Tenant, lost: str) -> None:
    await applied(tenant, LIVE)
    await tenant.exchange.run("New-TransportRule", Name="The customer's own", SubjectContainsWords=["a"], SetSCL="1")
    await tenant.exchange.run("Remove-TransportRule", Identity=lost)
    [change] = (await applied(tenant, LIVE)).changes
    assert (change.kind, change.name) == (ChangeKind.CREATE, lost)
    assert (await planned(tenant, LIVE)).is_empty
    order_holds(tenant)


@pytest.mark.parametrize("moved", [ORDER[3], ORDER[4]])
async def test_a_rule_that_was_moved_to_the_front_is_put_back(tenant: Tenant, moved: str) -> None:
    await applied(tenant, LIVE)
    await tenant.exchange.run("Set-TransportRule", Identity=moved, Priority=0)
    drift = await planned(tenant, LIVE)
    assert ("Place", "too early", "in order") in [
        (one.name, one.before, one.after) for change in drift.changes for one in change.fields
    ]
    await applied(tenant, LIVE)
    assert (await planned(tenant, LIVE)).is_empty
    order_holds(tenant)


async def test_an_object_that_somebody_took_over_is_left_alone(tenant: Tenant) -> None:
    await applied(tenant, WANTED)
    plan = await planned(tenant, LIVE)
    rule = "Lockgate inbound: route to the gateway"
    await tenant.exchange.run("Set-TransportRule", Identity=rule, Comments="Ours now, says the customer")
    with pytest.raises(ChangedMeanwhile, match="not ours any more"):
        await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    later = await planned(tenant, LIVE)
    assert [text for text in later.conflicts if rule in text]
    removal = planner.removal("test-1", await survey.take(tenant.exchange), frozenset())
    assert rule not in [change.name for change in removal.changes]


async def test_no_secret_is_shown_when_objects_change_or_go(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    found = await survey.take(tenant.exchange)
    newer = replace(LIVE, secrets=TenantSecrets().with_directions(list(Direction)))
    plans = [planner.plan(newer, found), planner.removal("test-1", found, frozenset())]
    known = [
        *LIVE.secrets.route.values(), *LIVE.secrets.returns.values(), *newer.secrets.route.values(),
        *newer.secrets.returns.values(), (LIVE.secrets.junk,), (newer.secrets.junk,),
    ]  # fmt: skip
    for plan in plans:
        assert "(secret …" in everything_said(plan)
        for secret in (one for group in known for one in group):
            assert secret not in everything_said(plan)


async def test_an_entry_that_blocks_us_is_the_customers_to_change(tenant: Tenant) -> None:
    await tenant.exchange.run(
        "New-TenantAllowBlockListSpoofItems", Identity="Default", Action="Block", SpoofedUser="*",
        SendingInfrastructure="192.0.2.0/24", SpoofType="External",
    )  # fmt: skip
    plan = planner.plan(WANTED, await survey.take(tenant.exchange))
    assert [text for text in plan.conflicts if "192.0.2.0/24 External" in text]


async def test_an_allow_entry_that_was_there_serves_us_and_stays(tenant: Tenant) -> None:
    entries = {"@odata.type": "#Exchange.GenericHashTable", "Add": ["192.0.2.200", "198.51.100.7"]}
    await tenant.exchange.run("Set-HostedConnectionFilterPolicy", Identity="Default", IPAllowList=entries)
    plan = planner.plan(WANTED, await survey.take(tenant.exchange))
    assert "192.0.2.200" not in [change.name for change in plan.changes]
    await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    made = frozenset(change.name for change in plan.changes)
    removal = planner.removal("test-1", await survey.take(tenant.exchange), made)
    await Applier(tenant.exchange, Memory()).apply(removal, quiet)
    [policy] = await tenant.exchange.run("Get-HostedConnectionFilterPolicy", Identity="Default")
    assert sorted(policy["IPAllowList"]) == ["192.0.2.200", "198.51.100.7"]
    assert (await survey.take(tenant.exchange)).objects["spoof allow entry"] == {}


@pytest.mark.parametrize("addresses", [(), ("2001:db8::1",), ("gateway.example",)])
def test_a_gateway_without_ipv4_addresses_is_told_so(addresses: tuple[str, ...]) -> None:
    plan = planner.plan(replace(WANTED, source_addresses=addresses), survey.Survey((), {}))
    assert "IPv4" in plan.conflicts[0]


async def test_a_plan_that_is_half_done_inside_one_change_is_gone_on_with(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    rule = ORDER[2]
    await tenant.exchange.run("Set-TransportRule", Identity=rule, SetSCL="5")
    await tenant.exchange.run("Disable-TransportRule", Identity=rule)
    plan = await planned(tenant, LIVE)
    [change] = plan.changes
    assert [call.cmdlet for call in change.calls] == ["Set-TransportRule", "Enable-TransportRule"]
    await tenant.exchange.run(change.calls[0].cmdlet, **change.calls[0].parameters)  # and the process died
    await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    assert (await planned(tenant, LIVE)).is_empty


async def test_what_was_undone_after_a_crash_is_not_passed_over(tenant: Tenant) -> None:
    plan = await planned(tenant, LIVE)
    journal = Memory()

    def die(change: Change, number: int, total: int) -> None:
        if number == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await Applier(tenant.exchange, journal).apply(plan, die)
    await tenant.exchange.run("Remove-TransportRule", Identity=ORDER[3])
    with pytest.raises(ChangedMeanwhile, match=ORDER[3]):
        await Applier(tenant.exchange, journal).apply(plan, quiet)
    assert ORDER[0] not in rules(tenant) or ORDER[1] not in rules(tenant), "the last routing rule was made all the same"


async def test_a_rule_is_not_made_in_a_place_that_others_have_moved(tenant: Tenant) -> None:
    """A rule that strips our header in front of the one that looks for it would send mail round in circles."""
    await applied(tenant, LIVE)
    lost = ORDER[5]
    await tenant.exchange.run("Remove-TransportRule", Identity=lost)
    plan = await planned(tenant, LIVE)
    last = len(tenant.objects("TransportRule")) - 1
    await tenant.exchange.run("Set-TransportRule", Identity=ORDER[0], Priority=last)
    with pytest.raises(ChangedMeanwhile, match="another order"):
        await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    assert lost not in rules(tenant)
    await applied(tenant, LIVE)
    assert (await planned(tenant, LIVE)).is_empty
    order_holds(tenant)
