"""Out through a connector to a gateway and back over TLS with its certificate: delivered once, as new mail."""

from typing import Any

import dkim
import pytest

from m365_simulator.dns_records import lookup
from m365_simulator.mail_flow.headers import HeaderBlock, field_name
from m365_simulator.mail_flow.submission import submit
from m365_simulator.world import Group

from .conftest import GATEWAY, LENA, PLAIN, TOM, Gateway, Mail

PASS: dict[str, Any] = {
    "ExceptIfHeaderContainsMessageHeader": "X-Gateway-Pass",
    "ExceptIfHeaderContainsWords": ["secret-1"],
}
INBOUND: dict[str, Any] = {
    "SentToScope": "InOrganization",
    "RouteMessageOutboundConnector": "gw out",
    "StopRuleProcessing": True,
}
CALM = PLAIN.replace(b"nora@northwind", b"nora@no-policy")  # from a domain without DMARC: no bounce on return
OUTBOUND: dict[str, Any] = {"FromScope": "InOrganization", "SentToScope": "NotInOrganization"}


async def test_mail_goes_out_once_comes_back_and_is_delivered_once(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.rule("inbound", **INBOUND, SetHeaderName="X-Gateway-Secret", SetHeaderValue="s-1", **PASS)
    await mail.outside(CALM, mail_from="nora@no-policy.example")
    await mail.event("DELIVER")
    [stored] = mail.folder(TOM)
    [seen] = gateway.contents()
    assert seen.endswith(CALM)
    assert HeaderBlock(seen).first("X-Gateway-Secret") == "s-1"
    assert stored.content.endswith(CALM)
    assert HeaderBlock(stored.content).all("X-Gateway-Pass") == ["secret-1"]
    await mail.event("SEND_CONNECTOR")
    events = sorted(hop.event for hop in mail.world.hops)
    assert events == ["DELIVER", "RECEIVE", "RECEIVE", "ROUTE", "RULE", "SEND_CONNECTOR"]
    assert mail.events("RECEIVE")[1].detail["connector"] == "gw in"


async def test_what_the_gateway_sees_proves_the_tenant(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.rule("inbound", **INBOUND, **PASS)
    forged = b"X-MS-Exchange-CrossTenant-Id: 11111111-1111-1111-1111-111111111111\r\nX-OriginatorOrg: evil.example\r\n"
    await mail.outside(forged + b"X-MS-Exchange-Organization-SCL: -1\r\n" + PLAIN)
    await mail.until(lambda: gateway.received)
    block = HeaderBlock(gateway.contents()[0])
    assert block.all("X-MS-Exchange-CrossTenant-Id") == [mail.tenant.id]
    assert block.all("X-OriginatorOrg") == ["contoso.example"]
    assert block.all("X-MS-Exchange-CrossTenant-AuthAs") == ["Anonymous"]
    assert block.first("X-MS-Exchange-Transport-CrossTenantHeadersStripped")
    assert not any(b"x-ms-exchange-organization-" in raw.lower() for raw in block.fields)
    names = [value for kind, value in gateway.received[0][1]["peercert"]["subjectAltName"] if kind == "DNS"]
    assert "mail.protection.outlook.com" in names
    state, _results, reason = dkim.arc_verify(gateway.contents()[0], dnsfunc=_dns(mail))
    assert (state, reason) == (b"pass", "success")


def _dns(mail: Mail) -> object:
    def find(name: bytes, timeout: int = 5) -> bytes:
        found = lookup(mail.world, name.decode().rstrip("."), "TXT")
        return found[0].encode() if found else b""

    return find


async def test_the_returned_message_carries_a_second_valid_seal_over_the_first(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.rule("inbound", **INBOUND, **PASS)
    await mail.outside(CALM, mail_from="nora@no-policy.example")
    await mail.event("DELIVER")
    stored = mail.folder(TOM)[0].content
    state, results, _reason = dkim.arc_verify(stored, dnsfunc=_dns(mail))
    assert state == b"pass"
    assert [result["instance"] for result in results] == [2, 1]


async def test_the_second_pass_fails_spf_and_an_allow_item_or_a_rule_helps(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.rule("inbound", 1, **INBOUND, **PASS)
    await mail.outside(PLAIN.replace(b"nora@northwind", b"prize@prize-draw"), mail_from="prize@prize-draw.example")
    await mail.event("JUNK")
    assert b"CAT:SPOOF" in mail.folder(TOM, "junkemail")[0].content
    mail.rule(
        "skip", 0, HeaderContainsMessageHeader="X-Gateway-Pass", HeaderContainsWords=["secret-1"], SetSCL=-1,
        SenderIpRanges=["127.0.0.1"],
    )  # fmt: skip
    await mail.outside(PLAIN.replace(b"nora@northwind", b"prize@prize-draw"), mail_from="prize@prize-draw.example")
    await mail.event("DELIVER")
    assert b"SCL:-1;" in mail.folder(TOM)[0].content
    assert b"SFV:SKN" in mail.folder(TOM)[0].content


async def test_a_reject_policy_bounces_the_returned_copy_unless_the_pair_is_allowed(
    mail: Mail, gateway: Gateway
) -> None:
    mail.connectors()
    mail.rule("inbound", **INBOUND, **PASS)
    await mail.outside()
    refused = await mail.event("FAIL")
    assert str(refused.detail["reply"]).startswith("550 5.7.509 Access denied, sending domain northwind.example")
    mail.put(
        "TenantAllowBlockListSpoofItems", "allow", Action="Allow", SpoofType="External", SpoofedUser="*",
        SendingInfrastructure="127.0.0.0/24",
    )  # fmt: skip
    await mail.outside()
    await mail.event("DELIVER")


async def test_without_an_exception_the_loop_ends_after_twenty_passes_with_a_report(
    mail: Mail, gateway: Gateway
) -> None:
    mail.connectors()
    mail.rule("inbound", **INBOUND)
    await mail.outside()
    broken = await mail.event("LOOP")
    assert broken.detail["reply"] == "554 5.4.14 Hop count exceeded - possible mail loop ATTR34"
    assert len(gateway.received) == 20
    await mail.until(lambda: mail.world.internet)
    assert b"554 5.4.14" in mail.world.internet[0].content
    assert mail.world.internet[0].mail_from == ""


async def test_outbound_mail_returns_and_leaves_signed_without_internal_headers(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.rule("outbound", **OUTBOUND, RouteMessageOutboundConnector="gw out", **PASS)
    user = mail.tenant.user_by_address(TOM)
    assert user is not None
    content = PLAIN.replace(b"nora@northwind.example", TOM.encode())
    identity = submit(mail.world, mail.tenant, user, content, ["nora@northwind.example"])
    await mail.until(lambda: mail.world.internet)
    arrived = mail.world.internet[0].content
    assert arrived.endswith(content)
    assert dkim.verify(arrived, dnsfunc=_dns(mail))
    assert not any(b"x-ms-exchange-organization-" in raw.lower() for raw in HeaderBlock(arrived).fields)
    first = HeaderBlock(gateway.contents()[0])
    assert first.first("X-MS-Exchange-CrossTenant-AuthAs") == "Internal"
    assert first.first("X-MS-Exchange-CrossTenant-FromEntityHeader") == "Hosted"
    assert first.first("X-MS-Exchange-CrossTenant-Network-Message-Id") == identity
    assert HeaderBlock(arrived).first("X-MS-Exchange-CrossTenant-FromEntityHeader") == "HybridOnPrem"


async def test_a_rule_that_fits_some_recipients_splits_the_message(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    inner = Group("inner", "inner@contoso.example", members=[_id(mail, LENA)])
    outer = Group("outer", "outer@contoso.example", members=[inner.id])
    mail.tenant.groups.update({inner.id: inner, outer.id: outer})
    gateway.returns = False
    mail.rule("inbound", SentToMemberOf=["outer@contoso.example"], RouteMessageOutboundConnector="gw out")
    await mail.outside(to=[TOM, LENA])
    await mail.event("SEND_CONNECTOR")
    assert gateway.received[0][0].rcpt_tos == [LENA]
    assert len(mail.folder(TOM)) == 1
    assert mail.folder(LENA) == []


def _id(mail: Mail, address: str) -> str:
    user = mail.tenant.user_by_address(address)
    assert user is not None
    return user.id


@pytest.mark.parametrize("change", [{"TlsDomain": "gw.other.example"}, {"Enabled": False}])
async def test_a_connector_that_cannot_be_used_makes_mail_wait(
    mail: Mail, gateway: Gateway, change: dict[str, object]
) -> None:
    mail.connectors(**change)
    mail.rule("inbound", **INBOUND, **PASS)
    await mail.outside()
    await mail.event("DEFER")
    assert gateway.received == []
    mail.connectors()
    mail.world.clock.offset_seconds += 60
    await mail.event("SEND_CONNECTOR")


async def test_a_trusted_seal_of_the_gateway_overrides_the_failure(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.singleton("ArcConfig", ArcTrustedSealers="microsoft.com")
    mail.rule("inbound", **INBOUND, **PASS)
    await mail.outside()
    await mail.event("DELIVER")
    assert b"compauth=pass reason=130" in mail.folder(TOM)[0].content


async def test_a_trusted_sealer_is_believed_only_with_a_chain_that_verifies(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.singleton("ArcConfig", ArcTrustedSealers=GATEWAY)
    mail.rule("inbound", **INBOUND, **PASS)
    forged = b"ARC-Seal: i=2; a=rsa-sha256; t=1700000000; cv=pass; d=%s; s=s1; b=AAAA\r\n" % GATEWAY.encode()
    forged += b"ARC-Message-Signature: i=2; a=rsa-sha256; d=%s; s=s1; h=from; bh=AA; b=AA\r\n" % GATEWAY.encode()
    gateway.adds += forged + b"ARC-Authentication-Results: i=2; gw; dmarc=pass\r\n"
    await mail.outside()
    refused = await mail.event("FAIL")
    assert "5.7.509" in str(refused.detail["reply"])


async def test_a_trusted_seal_that_says_that_the_mail_had_failed_changes_nothing(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.singleton("ArcConfig", ArcTrustedSealers="microsoft.com")
    mail.rule("inbound", **INBOUND, **PASS)
    await mail.outside(client_ip="203.0.113.66")
    refused = await mail.event("FAIL")
    assert "5.7.509" in str(refused.detail["reply"])


async def test_the_results_stand_above_the_door_as_in_real_mail(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.rule("inbound", **INBOUND, **PASS)
    await mail.outside(b"Authentication-Results: spf=pass; dmarc=pass; compauth=pass reason=100\r\n" + PLAIN)
    await mail.until(lambda: gateway.received)
    names = [field_name(raw) for raw in HeaderBlock(gateway.contents()[0]).fields]
    seen = [name for name in names if name in {"received", "authentication-results", "authentication-results-original"}]
    assert seen == ["received", "authentication-results", "received", "authentication-results-original"]
