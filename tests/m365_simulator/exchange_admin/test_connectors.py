"""Inbound and outbound connectors as Exchange Online treats them."""

from typing import Any

import pytest

from m365_simulator.exchange_admin import organisation

from .conftest import Exchange

INBOUND: dict[str, Any] = {"Name": "Gateway in", "SenderDomains": ["*"]}
SCOPED: dict[str, Any] = {
    "Name": "Gateway out",
    "ConnectorType": "OnPremises",
    "IsTransportRuleScoped": True,
    "UseMXRecord": False,
    "SmartHosts": ["gw.example"],
    "TlsSettings": "DomainValidation",
    "TlsDomain": "gw.example",
}


async def test_defaults_and_read_back_form(exchange: Exchange) -> None:
    made = await exchange.one("New-InboundConnector", **INBOUND)
    assert made["SenderDomains"] == ["smtp:*;1"]
    assert (made["RequireTls"], made["ConnectorType"], made["Enabled"]) == (True, "Partner", True)
    assert (made["RestrictDomainsToCertificate"], made["TlsSenderCertificateName"]) == (False, None)
    read = await exchange.one("Get-InboundConnector", Identity=made["Guid"])
    assert read == made
    out = await exchange.one("New-OutboundConnector", Name="Plain")
    assert (out["UseMXRecord"], out["TlsSettings"], out["SmtpDaneMode"]) == (True, None, "Opportunistic")


async def test_sender_domains_may_be_sent_back_as_they_were_read(exchange: Exchange) -> None:
    made = await exchange.one("New-InboundConnector", Name="x", SenderDomains=["*.Fabrikam.example"])
    await exchange.ok("Set-InboundConnector", Identity="x", SenderDomains=made["SenderDomains"])
    read = await exchange.one("Get-InboundConnector", Identity="x")
    assert read["SenderDomains"] == ["smtp:*.fabrikam.example;1"]


async def test_get_of_an_unknown_connector_returns_all(exchange: Exchange) -> None:
    await exchange.ok("New-InboundConnector", **INBOUND)
    await exchange.ok("New-InboundConnector", Name="Another", SenderDomains=["fabrikam.example"])
    assert len(await exchange.ok("Get-InboundConnector", Identity="does not exist")) == 2
    assert len(await exchange.ok("Get-InboundConnector", Identity=None)) == 2
    exchange.world.switches["get_connector_unknown_identity"] = "nothing"
    assert await exchange.ok("Get-InboundConnector", Identity="does not exist") == []


@pytest.mark.parametrize(
    "change",
    [
        {"Name": "n" * 65},
        {"Name": ""},
        {"SenderDomains": ["a.*.example"]},
        {"SenderIPAddresses": ["10.0.0.0/23"]},
        {"SenderIPAddresses": ["2001:db8::1"]},
        {"SenderIPAddresses": ["mail.example"]},
        {"RestrictDomainsToCertificate": True},
        {"RestrictDomainsToIPAddresses": True},
        {"TlsSenderCertificateName": "gw.*.example"},
        {"CloudServicesMailEnabled": True},
        {"TreatMessagesAsInternal": True},
        {"ConnectorType": "OnPremises", "TreatMessagesAsInternal": True},
        {"AssociatedAcceptedDomains": ["fabrikam.example"]},
        {"ConnectorType": "Neighbour"},
        {"RequireTls": "yes"},
    ],
)
async def test_inbound_connector_refuses(exchange: Exchange, change: dict[str, Any]) -> None:
    status, _, _ = await exchange.failure("New-InboundConnector", **{**INBOUND, **change})
    assert status == 400
    assert await exchange.ok("Get-InboundConnector") == []


async def test_ip_addresses_of_allowed_width(exchange: Exchange) -> None:
    made = await exchange.one("New-InboundConnector", **INBOUND, SenderIPAddresses=["192.0.2.0/24", "198.51.100.7"])
    assert made["SenderIPAddresses"] == ["192.0.2.0/24", "198.51.100.7"]


async def test_names_are_unique_without_regard_to_case(exchange: Exchange) -> None:
    await exchange.ok("New-InboundConnector", **INBOUND)
    status, kind, _ = await exchange.failure("New-InboundConnector", Name="GATEWAY IN", SenderDomains=["*"])
    assert (status, kind) == (400, "ADObjectAlreadyExistsException")


async def test_set_edits_clears_and_renames(exchange: Exchange) -> None:
    await exchange.ok("New-InboundConnector", **INBOUND, EFSkipIPs=["192.0.2.1"], Comment="old")
    edit = {"@odata.type": "#Exchange.GenericHashTable", "Add": ["192.0.2.9"], "Remove": ["192.0.2.1"]}
    assert (
        await exchange.ok("Set-InboundConnector", Identity="Gateway in", EFSkipIPs=edit, Comment=None, Name="New") == []
    )
    read = await exchange.one("Get-InboundConnector", Identity="New")
    assert (read["EFSkipIPs"], read["Comment"], read["Identity"]) == (["192.0.2.9"], None, "New")


async def test_hashtable_without_its_type_is_refused(exchange: Exchange) -> None:
    await exchange.ok("New-InboundConnector", **INBOUND)
    status, kind, _ = await exchange.failure(
        "Set-InboundConnector", Identity="Gateway in", EFSkipIPs={"Add": ["192.0.2.9"]}
    )
    assert (status, kind) == (400, "ParameterBindingTransformationException")


async def test_set_and_remove_of_nothing_are_404(exchange: Exchange) -> None:
    for cmdlet in ("Set-InboundConnector", "Remove-InboundConnector", "Remove-OutboundConnector"):
        status, kind, _ = await exchange.failure(cmdlet, Identity="nobody")
        assert (status, kind) == (404, "ManagementObjectNotFoundException")


async def test_new_tenants_get_their_connector_disabled(exchange: Exchange) -> None:
    exchange.world.switches["onpremises_connector_created_disabled"] = True
    answer = await exchange.invoke("New-InboundConnector", {**INBOUND, "ConnectorType": "OnPremises"})
    assert answer.json()["value"][0]["Enabled"] is False
    assert "disabled" in answer.json()["@adminapi.warnings"][0]
    status, _, text = await exchange.failure("Set-InboundConnector", Identity="Gateway in", Enabled=True)
    assert status == 400
    assert "contact Support" in text
    exchange.world.switches["onpremises_connector_created_disabled"] = False
    await exchange.ok("Set-InboundConnector", Identity="Gateway in", Enabled=True)


async def test_scoped_and_test_connectors_are_hidden(exchange: Exchange) -> None:
    await exchange.ok("New-OutboundConnector", **SCOPED)
    await exchange.ok("New-OutboundConnector", Name="Trial", TestMode=True)
    await exchange.ok("New-OutboundConnector", Name="Plain")

    async def names(**parameters: Any) -> list[str]:
        return [item["Name"] for item in await exchange.ok("Get-OutboundConnector", **parameters)]

    assert await names() == ["Plain"]
    assert await names(IsTransportRuleScoped=True) == ["Gateway out"]
    assert await names(IncludeTestModeConnectors=True) == ["Trial", "Plain"]
    assert [view.name for view in organisation.outbound_connectors(exchange.tenant)] == [
        "Gateway out",
        "Trial",
        "Plain",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"UseMXRecord": True},
        {"SmartHosts": []},
        {"TlsDomain": None},
        {"TlsSettings": "EncryptionOnly"},
        {"SmartHosts": ["not a host"]},
        {"ConnectorType": "Partner", "RouteAllMessagesViaOnPremises": True},
        {"TlsSettings": "Best"},
    ],
)
async def test_outbound_connector_refuses(exchange: Exchange, change: dict[str, Any]) -> None:
    status, _, _ = await exchange.failure("New-OutboundConnector", **{**SCOPED, **change})
    assert status == 400


async def test_removal_is_refused_while_a_rule_routes_to_it(exchange: Exchange) -> None:
    await exchange.ok("New-OutboundConnector", **SCOPED)
    await exchange.ok("New-TransportRule", Name="Route", RouteMessageOutboundConnector="Gateway out")
    status, _, text = await exchange.failure("Remove-OutboundConnector", Identity="Gateway out")
    assert (status, "Route" in text) == (400, True)
    await exchange.ok("Set-OutboundConnector", Identity="Gateway out", Name="Renamed")
    assert organisation.transport_rules(exchange.tenant)[0].route_connector == "Renamed"
    await exchange.ok("Remove-TransportRule", Identity="Route")
    await exchange.ok("Remove-OutboundConnector", Identity="Renamed")


async def test_validation_fails_harmlessly_by_default(exchange: Exchange) -> None:
    await exchange.ok("New-OutboundConnector", **SCOPED)
    results = await exchange.ok("Validate-OutboundConnector", Identity="Gateway out", Recipients=["a@fabrikam.example"])
    assert {result["IsTaskSuccessful"] for result in results} == {False}
    read = await exchange.one("Get-OutboundConnector", IsTransportRuleScoped=True)
    assert (read["IsValidated"], read["Enabled"]) == (False, True)
