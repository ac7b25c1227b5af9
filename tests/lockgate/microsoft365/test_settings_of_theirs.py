"""Settings that belong to the tenant's administrator are merged, changed only as chosen, and given back."""

from dataclasses import replace

import pytest

from lockgate.microsoft365 import kept_settings, planner, survey
from lockgate.microsoft365.applier import Applier, ChangedMeanwhile
from lockgate.microsoft365.plan import Change, Plan
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.fixes import Fix, KeptSetting
from tests.lockgate.microsoft365.conftest import Memory, Tenant
from tests.lockgate.microsoft365.test_plan_and_apply import LIVE, MADE, quiet

OURS = "gw.mail.contoso.example"
SEALING = replace(LIVE, sealer=OURS)
Kept = tuple[KeptSetting, ...]


async def settled(tenant: Tenant, wanted: Wanted) -> Wanted:
    """Plan and apply as `Provisioning` does; the goal with what is remembered afterwards."""
    plan = planner.plan(wanted, await survey.take(tenant.exchange), MADE)
    goal = replace(wanted, kept=kept_settings.noted(plan, wanted.kept))
    await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    assert planner.plan(goal, await survey.take(tenant.exchange), MADE).is_empty
    return replace(goal, kept=kept_settings.still_ours(goal))


async def left(tenant: Tenant, kept: Kept) -> Plan:
    plan = planner.removal("test-1", await survey.take(tenant.exchange), MADE, kept)
    await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    return plan


async def sealers(tenant: Tenant) -> str:
    [config] = await tenant.exchange.run("Get-ArcConfig")
    shown = config["ArcTrustedSealers"]
    return ",".join(shown) if isinstance(shown, list) else str(shown)


async def trust(tenant: Tenant, *domains: str) -> None:
    await tenant.exchange.run("Set-ArcConfig", Identity="Default", ArcTrustedSealers=list(domains))


def only(plan: Plan, kind: str) -> list[Change]:
    return [change for change in plan.changes if change.resource == kind]


@pytest.mark.parametrize(
    ("before", "form"), [((), "text"), (("lists.example",), "list"), (("z.example", "a.example"), "text")]
)
async def test_our_seal_is_trusted_beside_the_others_and_taken_out_again(
    tenant: Tenant, before: tuple[str, ...], form: str
) -> None:
    tenant.simulation.control("POST", "/switches", {"arc_sealers_form": form})
    await trust(tenant, *(before or (" ",)))
    goal = await settled(tenant, SEALING)
    assert await sealers(tenant) == ",".join((*before, OURS))
    await trust(tenant, *before, OURS, "later.example")  # somebody adds one while we are there
    assert planner.plan(goal, await survey.take(tenant.exchange), MADE).is_empty
    await left(tenant, goal.kept)
    assert await sealers(tenant) == ",".join((*before, "later.example"))


async def test_a_seal_that_was_trusted_before_us_stays_trusted(tenant: Tenant) -> None:
    await trust(tenant, OURS, "lists.example")
    goal = await settled(tenant, SEALING)
    assert not goal.kept
    await left(tenant, goal.kept)
    assert await sealers(tenant) == f"{OURS},lists.example"


async def test_another_domain_for_our_seals_takes_the_place_of_the_old_one(tenant: Tenant) -> None:
    await trust(tenant, "lists.example")
    goal = await settled(tenant, SEALING)
    goal = await settled(tenant, replace(goal, sealer="seals.contoso.example"))
    assert await sealers(tenant) == "lists.example,seals.contoso.example"
    goal = await settled(tenant, replace(goal, sealer=""))
    assert await sealers(tenant) == "lists.example"
    assert not goal.kept


async def test_a_sealer_that_somebody_adds_after_the_plan_is_not_lost(tenant: Tenant) -> None:
    plan = planner.plan(SEALING, await survey.take(tenant.exchange), MADE)
    [change] = only(plan, "trusted ARC sealers")
    assert [(one.before, one.after) for one in change.fields] == [("", OURS)]
    await trust(tenant, "lists.example")
    with pytest.raises(ChangedMeanwhile):
        await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    assert await sealers(tenant) == "lists.example"


async def test_a_list_of_sealers_that_cannot_be_read_stops_only_who_seals(tenant: Tenant) -> None:
    tenant.fault("empty-403", "*#Get-ArcConfig", remaining=-1)
    found = await survey.take(tenant.exchange)
    assert not planner.plan(LIVE, found, MADE).conflicts
    assert "trusted ARC sealers" in planner.plan(SEALING, found, MADE).conflicts[0]


async def test_an_organisation_is_prepared_first_and_says_that_it_stays_so(tenant: Tenant) -> None:
    tenant.simulation.control("PUT", "/tenants/contoso.example/exchange/OrganizationConfig/Default",
                              {"IsDehydrated": True})  # fmt: skip
    plan = planner.plan(LIVE, await survey.take(tenant.exchange), MADE)
    first = plan.changes[0]
    assert [call.cmdlet for call in first.calls] == ["Enable-OrganizationCustomization"]
    assert "Organization Configuration" in first.permission
    tenant.fault("lose-response", "*#Enable-OrganizationCustomization")  # asked twice, the second one is an error
    goal = await settled(tenant, LIVE)
    assert "no way back" in (await left(tenant, goal.kept)).stays[0]


async def test_a_fix_is_made_only_when_chosen_and_given_back(tenant: Tenant) -> None:
    exchange = tenant.exchange
    await exchange.run("Set-HostedContentFilterPolicy", Identity="Default", MarkAsSpamSpfRecordHardFail="On")
    await exchange.run("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled=False)
    goal = await settled(tenant, LIVE)
    assert await state(tenant) == ("On", None, False) and not goal.kept
    goal = await settled(tenant, replace(goal, fixes=frozenset(Fix)))
    assert await state(tenant) == ("Off", False, True)
    goal = await settled(tenant, replace(goal, fixes=frozenset({Fix.SPF_HARD_FAIL})))  # two are not wanted any more
    assert await state(tenant) == ("Off", None, False) and len(goal.kept) == 1
    plan = await left(tenant, goal.kept)
    assert await state(tenant) == ("On", None, False) and plan.stays == (planner.IN_ENTRA,)


async def test_what_somebody_else_has_decided_since_stays(tenant: Tenant) -> None:
    await tenant.exchange.run("Set-HostedContentFilterPolicy", Identity="Default", MarkAsSpamSpfRecordHardFail="On")
    goal = await settled(tenant, replace(LIVE, fixes=frozenset({Fix.SPF_HARD_FAIL})))
    await tenant.exchange.run("Set-HostedContentFilterPolicy", Identity="Default", MarkAsSpamSpfRecordHardFail="Test")
    plan = await left(tenant, goal.kept)
    assert not only(plan, "anti-spam policy")
    assert "MarkAsSpamSpfRecordHardFail" in plan.stays[0] and "Test" in plan.stays[0]
    assert (await state(tenant))[0] == "Test"


async def state(tenant: Tenant) -> tuple[object, object, object]:
    [policy] = await tenant.exchange.run("Get-HostedContentFilterPolicy")
    [domain] = await tenant.exchange.run("Get-RemoteDomain")
    [audit] = await tenant.exchange.run("Get-AdminAuditLogConfig")
    return policy["MarkAsSpamSpfRecordHardFail"], domain["TNEFEnabled"], audit["UnifiedAuditLogIngestionEnabled"]
