"""Mail flow rules: what is refused, how they are ordered and read back."""

from typing import Any

import pytest

from m365_simulator.exchange_admin import organisation, rule_propagation

from .conftest import Exchange

ROUTE: dict[str, Any] = {"Name": "Rule", "SetHeaderName": "X-Mark", "SetHeaderValue": "1"}


async def names(exchange: Exchange) -> list[str]:
    return [rule["Name"] for rule in await exchange.ok("Get-TransportRule")]


async def test_read_back_of_a_full_rule(exchange: Exchange) -> None:
    made = await exchange.one(
        "New-TransportRule",
        **ROUTE,
        FromScope="notinorganization",
        SentToMemberOf=["Engineering"],
        ExceptIfHeaderMatchesMessageHeader="X-Secret",
        ExceptIfHeaderMatchesPatterns=["abc|def"],
        ExceptIfMessageSizeOver="10MB",
        SetSCL=-1,
        StopRuleProcessing=True,
        RuleErrorAction="Defer",
        Comments="owner 42",
        Mode="Audit",
        Enabled=False,
    )
    assert made["FromScope"] == "NotInOrganization"
    assert made["SentToMemberOf"] == ["engineering@contoso.example"]
    assert made["ExceptIfMessageSizeOver"] == "10 MB (10,485,760 bytes)"
    assert (made["State"], made["Mode"], made["Priority"]) == ("Disabled", "Audit", 0)
    assert (made["SenderAddressLocation"], made["RecipientAddressType"]) == ("Header", "Resolved")
    assert "Enabled" not in made
    assert any(kind.endswith("SetHeaderNameAction") for kind in made["Actions"])
    (view,) = organisation.transport_rules(exchange.tenant)
    assert view.conditions == {"FromScope": "NotInOrganization", "SentToMemberOf": ["engineering@contoso.example"]}
    assert view.exceptions["HeaderMatchesPatterns"] == ["abc|def"]
    assert (view.set_scl, view.set_header, view.stop_processing) == (-1, ("X-Mark", "1"), True)
    assert view.actions.keys() == {"SetHeaderName", "SetHeaderValue", "SetSCL", "StopRuleProcessing"}
    found = await exchange.ok("Get-TransportRule", Filter="Description -like '*owner 42*'")
    assert [rule["Guid"] for rule in found] == [made["Guid"]]


async def test_priorities_shift(exchange: Exchange) -> None:
    for name in ("a", "b", "c"):
        await exchange.ok("New-TransportRule", **{**ROUTE, "Name": name})
    await exchange.ok("New-TransportRule", **{**ROUTE, "Name": "first"}, Priority=0)
    assert await names(exchange) == ["first", "a", "b", "c"]
    await exchange.ok("Set-TransportRule", Identity="c", Priority=1)
    assert await names(exchange) == ["first", "c", "a", "b"]
    await exchange.ok("Remove-TransportRule", Identity="first")
    assert [rule["Priority"] for rule in await exchange.ok("Get-TransportRule")] == [0, 1, 2]
    status, _, _ = await exchange.failure("Set-TransportRule", Identity="a", Priority=3)
    assert status == 400


async def test_enable_disable_and_state_filter(exchange: Exchange) -> None:
    await exchange.ok("New-TransportRule", **ROUTE, Enabled=False)
    assert len(await exchange.ok("Get-TransportRule", State="Disabled")) == 1
    await exchange.ok("Enable-TransportRule", Identity="Rule", Mode="Enforce")
    assert await exchange.ok("Get-TransportRule", State="Disabled") == []
    await exchange.ok("Disable-TransportRule", Identity="Rule")
    assert organisation.transport_rules(exchange.tenant)[0].enabled is False
    status, kind, _ = await exchange.failure("Set-TransportRule", Identity="Rule", Enabled=True)
    assert (status, kind) == (400, "ParameterBindingException")


async def test_unknown_rule_is_not_found(exchange: Exchange) -> None:
    await exchange.ok("New-TransportRule", **ROUTE)
    status, kind, _ = await exchange.failure("Get-TransportRule", Identity="other")
    assert (status, kind) == (404, "ManagementObjectNotFoundException")


@pytest.mark.parametrize(
    "change",
    [
        {"SetHeaderValue": None},
        {"HeaderContainsMessageHeader": "X-A"},
        {"ExceptIfHeaderMatchesPatterns": ["a"]},
        {"SetHeaderName": None, "SetHeaderValue": None},
        {"HeaderContainsMessageHeader": "not a name", "HeaderContainsWords": ["x"]},
        {"SentToMemberOf": ["nobody@contoso.example"]},
        {"SentToMemberOf": ["tom.becker@contoso.example"]},
        {"SenderIpRanges": ["10.0.0.300"]},
        {"SetSCL": 10},
        {"SetSCL": "high"},
        {"RejectMessageEnhancedStatusCode": "5.1.1"},
        {"Comments": "c" * 1025},
        {"Name": "n" * 65},
        {"SubjectMatchesPatterns": ["("]},
        {"SubjectContainsWords": ["w" * 100] * 90},
        {"RouteMessageOutboundConnector": "missing"},
        {"FromScope": "Everywhere"},
        {"NoSuchParameter": 1},
        {"SetAuditSeverity": "Severe"},
    ],
)
async def test_refused(exchange: Exchange, change: dict[str, Any]) -> None:
    status, _, _ = await exchange.failure("New-TransportRule", **{**ROUTE, **change})
    assert status in {400, 404}
    assert await names(exchange) == []


async def test_only_rule_scoped_connectors_can_be_routed_to(exchange: Exchange) -> None:
    await exchange.ok("New-OutboundConnector", Name="Plain")
    status, _, text = await exchange.failure("New-TransportRule", **ROUTE, RouteMessageOutboundConnector="Plain")
    assert (status, "IsTransportRuleScoped" in text) == (400, True)


async def test_null_clears_a_condition(exchange: Exchange) -> None:
    await exchange.ok("New-TransportRule", **ROUTE, FromScope="InOrganization", SenderIpRanges=["192.0.2.0/20"])
    await exchange.ok("Set-TransportRule", Identity="Rule", FromScope=None, SenderIpRanges=[])
    assert organisation.transport_rules(exchange.tenant)[0].conditions == {}


async def test_a_deleted_group_leaves_the_rule_in_place(exchange: Exchange) -> None:
    await exchange.ok("New-TransportRule", **ROUTE, SentToMemberOf=["engineering@contoso.example"])
    await exchange.ok("Remove-DistributionGroup", Identity="Engineering", BypassSecurityGroupManagerCheck=True)
    await exchange.ok("Set-TransportRule", Identity="Rule", Comments="still there")
    rule = organisation.transport_rules(exchange.tenant)[0]
    assert rule.conditions["SentToMemberOf"] == ["engineering@contoso.example"]
    assert exchange.tenant.group_by_address("engineering@contoso.example") is None


async def test_three_hundred_rules_and_no_more(exchange: Exchange) -> None:
    rules = exchange.tenant.exchange.objects.setdefault("TransportRule", {})
    for number in range(300):
        rules[str(number)] = {"Name": f"r{number}", "Guid": str(number), "Priority": number, "State": "Enabled"}
    status, _, text = await exchange.failure("New-TransportRule", **ROUTE)
    assert (status, "300" in text) == (400, True)
    assert len(await exchange.ok("Get-TransportRule", ResultSize="Unlimited")) == 300
    assert len(await exchange.ok("Get-TransportRule", ResultSize=7)) == 7


async def test_what_if_changes_nothing(exchange: Exchange) -> None:
    assert await exchange.ok("New-TransportRule", **ROUTE, WhatIf=True) == []
    assert await names(exchange) == []


async def test_mail_flow_hears_of_rules_later_than_the_cmdlets(exchange: Exchange) -> None:
    world = exchange.world
    tenant = exchange.tenant
    await exchange.one("New-TransportRule", **ROUTE)
    world.switches["rule_propagation_seconds"] = 60
    await exchange.ok("Disable-TransportRule", Identity="Rule")
    await exchange.one("New-TransportRule", **{**ROUTE, "Name": "Another"})
    assert await names(exchange) == ["Rule", "Another"]
    assert [(one.name, one.enabled) for one in rule_propagation.in_mail_flow(world, tenant)] == [("Rule", True)]
    world.clock.offset_seconds += 61
    acting = rule_propagation.in_mail_flow(world, tenant)
    assert [(one.name, one.enabled) for one in acting] == [("Rule", False), ("Another", True)]
