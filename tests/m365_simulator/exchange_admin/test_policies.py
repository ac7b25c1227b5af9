"""Filter policies, allow/block list, ARC sealers, domains and settings of the organisation."""

from datetime import timedelta
from typing import Any

import pytest

from m365_simulator.exchange_admin import organisation
from m365_simulator.world import MessageHop, new_guid

from .conftest import Exchange

TABLE = "#Exchange.GenericHashTable"
SPOOF: dict[str, Any] = {
    "Identity": "Default",
    "SpoofedUser": "*",
    "SendingInfrastructure": "192.0.2.7",
    "SpoofType": "External",
    "Action": "Allow",
}


async def test_connection_filter_is_edited_in_place(exchange: Exchange) -> None:
    name, policy = "HostedConnectionFilterPolicy", {"Identity": "Default"}
    await exchange.ok(f"Set-{name}", **policy, IPAllowList=["192.0.2.1", "198.51.100.0/24"])
    await exchange.ok(f"Set-{name}", **policy, IPAllowList={"@odata.type": TABLE, "Add": ["203.0.113.1-203.0.113.9"]})
    read = await exchange.one(f"Get-{name}", Identity="Default")
    assert read["IPAllowList"] == ["192.0.2.1", "198.51.100.0/24", "203.0.113.1-203.0.113.9"]
    assert organisation.connection_filter(exchange.tenant).allowed == read["IPAllowList"]
    for bad in ("10.0.0.0/23", "2001:db8::1", "192.0.2.0-192.0.3.9", "example.com"):
        assert (await exchange.failure(f"Set-{name}", **policy, IPAllowList=[bad]))[0] == 400
    many = [f"10.{n // 250}.{n % 250}.1" for n in range(1274)]
    assert (await exchange.failure(f"Set-{name}", **policy, IPAllowList=many))[0] == 400
    assert (await exchange.failure(f"Set-{name}", Identity="Other"))[0] == 404


async def test_content_filter(exchange: Exchange) -> None:
    name, policy = "HostedContentFilterPolicy", {"Identity": "Default"}
    assert (await exchange.one(f"Get-{name}"))["MarkAsSpamSpfRecordHardFail"] == "Off"
    await exchange.ok(f"Set-{name}", **policy, MarkAsSpamSpfRecordHardFail="on", SpamAction="Quarantine")
    assert organisation.content_filter(exchange.tenant)["MarkAsSpamSpfRecordHardFail"] == "On"
    for bad in ({"BulkThreshold": 10}, {"HighConfidencePhishAction": "MoveToJmf"}, {"SpamAction": "Explode"}):
        assert (await exchange.failure(f"Set-{name}", **policy, **bad))[0] == 400
    assert (await exchange.one("Get-HostedOutboundSpamFilterPolicy"))["AutoForwardingMode"] == "Automatic"


async def test_spoof_items_by_ids(exchange: Exchange) -> None:
    noun = "TenantAllowBlockListSpoofItems"
    made = await exchange.one(f"New-{noun}", **SPOOF)
    assert made["SendingInfrastructure"] == "192.0.2.0/24"
    await exchange.ok(f"New-{noun}", **{**SPOOF, "SpoofType": "Internal"})
    assert (await exchange.failure(f"New-{noun}", **SPOOF))[0] == 400
    assert (await exchange.failure(f"New-{noun}", **{**SPOOF, "SendingInfrastructure": "10.0.0.0/8"}))[0] == 400
    assert (await exchange.failure(f"New-{noun}", **{**SPOOF, "Action": "Perhaps"}))[0] == 400
    assert len(await exchange.ok(f"Get-{noun}", SpoofType="internal")) == 1
    identity = "contoso.example\\Default"
    await exchange.ok(f"Set-{noun}", Identity=identity, Ids=[made["Identity"]], Action="Block")
    assert [item.allow for item in organisation.spoof_items(exchange.tenant)] == [False, True]
    await exchange.ok(f"Remove-{noun}", Identity=identity, Ids=[made["Identity"]])
    assert (await exchange.failure(f"Remove-{noun}", Identity=identity, Ids=[made["Identity"]]))[0] == 404


async def test_list_items_expire_unless_told_otherwise(exchange: Exchange) -> None:
    noun = "TenantAllowBlockListItems"
    made = await exchange.one(f"New-{noun}", ListType="Sender", Entries=["bad.example"], Block=True)
    assert made["ExpirationDate"] > "2020"
    forever = await exchange.one(f"New-{noun}", ListType="Url", Entries=["x.example"], Block=True, NoExpiration=True)
    assert forever["ExpirationDate"] is None
    for bad in (
        {"ListType": "IP", "Entries": ["192.0.2.1"], "Allow": True},
        {"ListType": "Sender", "Entries": ["bad.example"], "Block": True},
        {"ListType": "Sender", "Entries": ["other.example"]},
        {"ListType": "FileHash", "Entries": ["abc"], "Block": True},
    ):
        assert (await exchange.failure(f"New-{noun}", **bad))[0] == 400
    await exchange.ok(f"Remove-{noun}", ListType="Sender", Entries=["bad.example"])
    assert await exchange.ok(f"Get-{noun}", ListType="Sender") == []


async def test_arc_sealers_are_replaced_and_cleared(exchange: Exchange) -> None:
    await exchange.ok("Set-ArcConfig", Identity="Default", ArcTrustedSealers=["a.example", "b.example"])
    assert (await exchange.one("Get-ArcConfig"))["ArcTrustedSealers"] == "a.example,b.example"
    await exchange.ok("Set-ArcConfig", Identity="Default", ArcTrustedSealers=["c.example"])
    assert organisation.arc_trusted_sealers(exchange.tenant) == ["c.example"]
    await exchange.ok("Set-ArcConfig", Identity="Default", ArcTrustedSealers=[" "])
    assert organisation.arc_trusted_sealers(exchange.tenant) == []


async def test_accepted_and_remote_domains(exchange: Exchange) -> None:
    domains = await exchange.ok("Get-AcceptedDomain")
    assert [d["DomainName"] for d in domains if d["Default"]] == ["contoso.example"]
    identity = {"Identity": "contoso.example"}
    assert (await exchange.failure("Set-AcceptedDomain", **identity, MatchSubDomains=True))[0] == 400
    await exchange.ok("Set-AcceptedDomain", **identity, DomainType="InternalRelay", MatchSubDomains=True)
    assert exchange.tenant.accepts_domain("deep.contoso.example")
    assert (await exchange.one("Get-RemoteDomain"))["DomainName"] == "*"
    await exchange.ok("Set-RemoteDomain", Identity="Default", TNEFEnabled=False)
    await exchange.ok("Set-RemoteDomain", Identity="Default", TNEFEnabled=None)
    assert organisation.remote_domains(exchange.tenant)[0]["TNEFEnabled"] is None
    await exchange.ok("New-RemoteDomain", Name="gw", DomainName="gw.example")
    assert (await exchange.failure("New-RemoteDomain", Name="gw2", DomainName="gw.example"))[0] == 400
    assert (await exchange.failure("Remove-RemoteDomain", Identity="Default"))[0] == 400
    await exchange.ok("Remove-RemoteDomain", Identity="gw")


async def test_organisation_settings(exchange: Exchange) -> None:
    await exchange.ok("Set-OrganizationConfig", RejectDirectSend=True)
    assert organisation.organization_config(exchange.tenant)["RejectDirectSend"] is True
    await exchange.ok(
        "Set-TransportConfig", MessageExpiration="12:00:00", ExternalPostmasterAddress="p@contoso.example"
    )
    assert organisation.transport_config(exchange.tenant)["MessageExpiration"] == "12:00:00"
    assert (await exchange.failure("Set-TransportConfig", MessageExpiration="2.00:00:00"))[0] == 400
    assert (await exchange.one("Get-AdminAuditLogConfig"))["UnifiedAuditLogIngestionEnabled"] is True


async def test_dehydrated_organisation_refuses_policies_once(exchange: Exchange) -> None:
    exchange.tenant.exchange.objects["OrganizationConfig"] = {"Default": {"IsDehydrated": True}}
    assert (await exchange.one("Get-OrganizationConfig"))["IsDehydrated"] is True
    status, _, text = await exchange.failure("Set-ArcConfig", Identity="Default", ArcTrustedSealers=["a.example"])
    assert (status, "Enable-OrganizationCustomization" in text) == (400, True)
    await exchange.ok("Enable-OrganizationCustomization")
    await exchange.ok("Set-ArcConfig", Identity="Default", ArcTrustedSealers=["a.example"])
    assert "already enabled" in (await exchange.failure("Enable-OrganizationCustomization"))[2]


async def test_blocked_connectors(exchange: Exchange) -> None:
    made = await exchange.one("New-InboundConnector", Name="in", SenderDomains=["*"])
    blocked = exchange.tenant.exchange.objects.setdefault("BlockedConnector", {})
    blocked[made["Guid"]] = {"ConnectorId": made["Guid"], "Reason": "Suspicious traffic"}
    assert organisation.inbound_connectors(exchange.tenant)[0].blocked
    assert len(await exchange.ok("Get-BlockedConnector")) == 1
    await exchange.ok("Remove-BlockedConnector", ConnectorId=made["Guid"], Reason="fixed")
    assert not organisation.inbound_connectors(exchange.tenant)[0].blocked


async def test_journal_rules(exchange: Exchange) -> None:
    rule = {"Name": "copy", "JournalEmailAddress": "archive@fabrikam.example", "Scope": "external"}
    await exchange.ok("New-JournalRule", **rule)
    assert [r["Scope"] for r in organisation.journal_rules(exchange.tenant)] == ["External"]
    own = {"Name": "own", "JournalEmailAddress": "tom.becker@contoso.example"}
    assert (await exchange.failure("New-JournalRule", **own))[0] == 400
    await exchange.ok("Remove-JournalRule", Identity="copy")


async def test_message_trace(exchange: Exchange) -> None:
    def hop(minutes: int, message: str, event: str, recipient: str, **detail: Any) -> None:
        moment = exchange.world.clock.now() - timedelta(minutes=minutes)
        facts = {"mail_from": "a@fabrikam.example", "recipients": [recipient], **detail}
        exchange.world.hops.append(MessageHop(moment, message, exchange.tenant.id, event, facts))

    m1, m2 = new_guid(), new_guid()
    hop(30, m1, "RECEIVE", "tom.becker@contoso.example", client_ip="192.0.2.1", internet_message_id="<1@x>", size=10)
    hop(29, m1, "DELIVER", "tom.becker@contoso.example", folder="inbox")
    hop(9, m2, "RECEIVE", "lena.vogel@contoso.example", client_ip="192.0.2.1")
    hop(8, m2, "DEFER", "lena.vogel@contoso.example", led="450 4.4.316 Connection refused")
    rows = await exchange.ok("Get-MessageTraceV2")
    assert [(row["MessageTraceId"], row["Status"]) for row in rows] == [(m2, "Pending"), (m1, "Delivered")]
    assert (rows[1]["MessageId"], rows[1]["FromIP"], rows[1]["Size"]) == ("<1@x>", "192.0.2.1", 10)
    assert [row["MessageTraceId"] for row in await exchange.ok("Get-MessageTraceV2", Status=["Pending"])] == [m2]
    assert [row["MessageTraceId"] for row in await exchange.ok("Get-MessageTraceV2", MessageId=["1@x"])] == [m1]
    (first,) = await exchange.ok("Get-MessageTraceV2", ResultSize=1)
    rest = await exchange.ok(
        "Get-MessageTraceV2", EndDate=first["Received"], StartingRecipientAddress=first["RecipientAddress"]
    )
    assert [row["MessageTraceId"] for row in rest] == [m1]
    detail = {"MessageTraceId": m2, "RecipientAddress": "lena.vogel@contoso.example"}
    steps = await exchange.ok("Get-MessageTraceDetailV2", **detail)
    assert [(step["Event"], step["Detail"][:11]) for step in steps] == [("Receive", ""), ("Defer", "450 4.4.316")]
    now = exchange.world.clock.now()
    long = {"StartDate": (now - timedelta(days=11)).isoformat(), "EndDate": now.isoformat()}
    assert (await exchange.failure("Get-MessageTraceV2", **long))[0] == 400


@pytest.mark.parametrize("size", [0, 5001])
async def test_message_trace_sizes(exchange: Exchange, size: int) -> None:
    assert (await exchange.failure("Get-MessageTraceV2", ResultSize=size))[0] == 400
