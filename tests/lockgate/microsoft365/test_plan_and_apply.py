"""Plans are made, applied, resumed, refused and undone against the simulated tenant's Exchange."""

import json
from dataclasses import replace

import pytest

from lockgate.microsoft365 import planner, survey
from lockgate.microsoft365.applier import Applier, ChangedMeanwhile, NotAsWritten
from lockgate.microsoft365.exchange_errors import AccessDenied
from lockgate.microsoft365.plan import Change, ChangeKind, Plan
from lockgate.microsoft365.wanted import Wanted
from lockgate.model.envelope import Direction
from lockgate.model.errors import TemporaryError
from lockgate.model.headers import PROBE
from lockgate.model.tenant import Protection
from lockgate.model.tenant_secrets import TenantSecrets
from m365_simulator.seed import CONTOSO
from tests.lockgate.microsoft365.conftest import Memory, Tenant

NOUNS = ("InboundConnector", "OutboundConnector", "TransportRule", "TenantAllowBlockListSpoofItems")
BOTH = {Direction.INBOUND: Protection.PREPARING, Direction.OUTBOUND: Protection.PREPARING}
WANTED = Wanted(
    "test-1", "gw.mail.contoso.example", ("192.0.2.200",), BOTH, TenantSecrets().with_directions(list(Direction))
)
LIVE = replace(WANTED, directions={Direction.INBOUND: Protection.LIVE, Direction.OUTBOUND: Protection.LIVE})
MADE = frozenset({"192.0.2.200", "192.0.2.0/24 External", "192.0.2.0/24 Internal"})


def quiet(change: Change, number: int, total: int) -> None:
    """A report that nobody reads."""


async def planned(tenant: Tenant, wanted: Wanted) -> Plan:
    return planner.plan(wanted, await survey.take(tenant.exchange), MADE)


async def applied(tenant: Tenant, wanted: Wanted) -> Plan:
    plan = await planned(tenant, wanted)
    await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    return plan


def picture(tenant: Tenant) -> str:
    """Everything that a plan touches, without times and ids that Exchange gives."""
    volatile = ("WhenChanged", "WhenCreated", "WhenChangedUTC", "WhenCreatedUTC")
    objects = {noun: tenant.objects(noun) for noun in (*NOUNS, "HostedConnectionFilterPolicy")}
    for several in objects.values():
        for one in several:
            for name in volatile:
                one.pop(name, None)
    return json.dumps(objects, sort_keys=True)


async def test_a_new_tenant_gets_everything_in_safe_order(tenant: Tenant) -> None:
    plan = await applied(tenant, WANTED)
    kinds = [change.resource for change in plan.changes]
    assert kinds == sorted(kinds, key=["inbound connector", "outbound connector", "IP allow entry",
                                       "spoof allow entry", "mail flow rule"].index)  # fmt: skip
    assert [change.name for change in plan.changes][-2:] == [
        "Lockgate inbound: route to the gateway", "Lockgate outbound: route to the gateway",
    ]  # fmt: skip
    assert (await planned(tenant, WANTED)).is_empty
    rules = {rule["Name"]: rule for rule in tenant.objects("TransportRule")}
    for direction in Direction:
        rule = rules[f"Lockgate {direction}: route to the gateway"]
        assert rule["HeaderContainsMessageHeader"] == PROBE
        assert rule["RuleErrorAction"] == "Defer"


async def test_going_live_only_takes_the_probes_condition_away(tenant: Tenant) -> None:
    await applied(tenant, WANTED)
    plan = await applied(tenant, LIVE)
    assert {change.kind for change in plan.changes} == {ChangeKind.UPDATE}
    assert {change.name for change in plan.changes} == {
        "Lockgate inbound: route to the gateway", "Lockgate outbound: route to the gateway",
    }  # fmt: skip
    rules = {rule["Name"]: rule for rule in tenant.objects("TransportRule")}
    rule = rules["Lockgate outbound: route to the gateway"]
    assert not rule.get("HeaderContainsMessageHeader") and rule["SentToScope"] == "NotInOrganization"
    assert (await planned(tenant, LIVE)).is_empty


async def test_a_direction_is_added_and_bypassed_without_touching_the_other(tenant: Tenant) -> None:
    inbound = replace(LIVE, directions={Direction.INBOUND: Protection.LIVE})
    await applied(tenant, inbound)
    upgrade = await planned(tenant, replace(LIVE, directions=BOTH | {Direction.INBOUND: Protection.LIVE}))
    assert {change.kind for change in upgrade.changes} == {ChangeKind.CREATE}
    assert all("outbound" in change.name for change in upgrade.changes)
    bypassed = replace(LIVE, directions={Direction.INBOUND: Protection.BYPASSED})
    await applied(tenant, bypassed)
    [rule] = [one for one in tenant.objects("TransportRule") if one["Name"].endswith("inbound: route to the gateway")]
    assert rule["State"] == "Disabled"


async def test_removal_leaves_the_tenant_as_it_was(tenant: Tenant) -> None:
    await survey.take(tenant.exchange)  # Exchange makes its default policies when they are first read
    before = picture(tenant)
    await applied(tenant, LIVE)
    assert picture(tenant) != before
    plan = planner.removal("test-1", await survey.take(tenant.exchange), MADE)
    assert plan.changes[0].name.endswith("route to the gateway")
    await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    assert picture(tenant) == before


async def test_another_installation_is_not_ours(tenant: Tenant) -> None:
    await applied(tenant, WANTED)
    other = planner.removal("test-2", await survey.take(tenant.exchange), frozenset())
    assert other.is_empty
    plan = await planned(tenant, replace(WANTED, installation="test-2"))
    assert len(plan.conflicts) == 11 and "is not ours" in plan.conflicts[0]
    with pytest.raises(ChangedMeanwhile):
        await Applier(tenant.exchange, Memory()).apply(plan, quiet)


async def test_a_crash_at_any_step_is_resumed(tenant: Tenant) -> None:
    plan = await planned(tenant, WANTED)
    journal = Memory()
    for crash in range(1, len(plan.changes) + 1):

        def die(change: Change, number: int, total: int, crash: int = crash) -> None:
            if number == crash:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await Applier(tenant.exchange, journal).apply(plan, die)
        if journal.steps:
            journal.steps.popitem()  # the note of the last change was lost with the process
    await Applier(tenant.exchange, journal).apply(plan, quiet)
    assert len(journal.steps) == len(plan.changes) > 10
    assert (await planned(tenant, WANTED)).is_empty


async def test_a_lost_answer_is_not_a_lost_change(tenant: Tenant) -> None:
    plan = await planned(tenant, WANTED)
    for cmdlet in {call.cmdlet for change in plan.changes for call in change.calls}:
        tenant.fault("lose-response", f"*#{cmdlet}")
    await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    assert (await planned(tenant, WANTED)).is_empty


async def test_somebody_else_changed_the_tenant(tenant: Tenant) -> None:
    await applied(tenant, WANTED)
    plan = await planned(tenant, LIVE)
    await tenant.exchange.run(
        "Set-TransportRule", Identity="Lockgate inbound: route to the gateway", RuleErrorAction="Ignore"
    )
    with pytest.raises(ChangedMeanwhile, match="changed since"):
        await Applier(tenant.exchange, Memory()).apply(plan, quiet)


async def test_drift_is_a_plan(tenant: Tenant) -> None:
    await applied(tenant, LIVE)
    await tenant.exchange.run("Set-OutboundConnector", Identity="Lockgate inbound: to the gateway", Enabled=False)
    [change] = (await planned(tenant, LIVE)).changes
    assert [(one.name, one.before, one.after) for one in change.fields] == [("Enabled", "False", "True")]


async def test_a_connector_that_comes_disabled_stops_everything(tenant: Tenant) -> None:
    tenant.simulation.control("POST", "/switches", {"onpremises_connector_created_disabled": True})
    plan = await planned(tenant, WANTED)
    with pytest.raises(NotAsWritten, match="Support"):
        await Applier(tenant.exchange, Memory()).apply(plan, quiet)
    assert not [one for one in tenant.objects("TransportRule") if one["Name"].startswith("Lockgate")]


async def test_throttling_and_bad_answers_are_waited_out(tenant: Tenant) -> None:
    tenant.fault("throttle", "*#Get-TransportRule", retry_after=7)
    tenant.fault("garbage", "*#Get-OutboundConnector")
    tenant.fault("status", "*#Get-AcceptedDomain", status=503)
    plan = await planned(tenant, WANTED)
    assert not plan.conflicts
    assert 7.0 in tenant.waits and len(tenant.waits) == 3


async def test_what_cannot_be_read_is_never_taken_for_absent(tenant: Tenant) -> None:
    await applied(tenant, WANTED)
    tenant.fault("empty-403", "*#Get-TransportRule", remaining=-1)
    plan = await planned(tenant, WANTED)
    assert [text for text in plan.conflicts if "mail flow rule" in text]
    assert not plan.changes


async def test_an_exchange_that_never_answers_is_said_to_be_away(tenant: Tenant) -> None:
    tenant.fault("status", "*#Get-AcceptedDomain", remaining=-1, status=500)
    with pytest.raises(TemporaryError, match="try again later"):
        await survey.take(tenant.exchange)


async def test_without_the_role_the_sentence_names_it(tenant: Tenant) -> None:
    tenant.fault("empty-403", "*#Get-AcceptedDomain", remaining=-1)
    with pytest.raises(AccessDenied, match="Exchange administrator role"):
        await survey.take(tenant.exchange)


def test_secrets_are_not_shown_in_a_plan() -> None:
    empty = survey.Survey((), {kind: {} for kind in (
        "inbound connector", "outbound connector", "IP allow entry", "spoof allow entry", "mail flow rule",
    )})  # fmt: skip
    plan = planner.plan(WANTED, empty)
    text = repr([change.fields for change in plan.changes])
    for secret in (*WANTED.secrets.route[Direction.INBOUND], WANTED.secrets.junk, WANTED.secrets.probe):
        assert secret not in text
    assert CONTOSO not in text
