"""What the filter says about mail, and mail of unusual shape on its way out, round and in."""

import base64
import re
from typing import Any

import dkim
import pytest

from m365_simulator.mail_flow import quarantine
from m365_simulator.mail_flow.message import Envelope, Recipient
from m365_simulator.mail_flow.signing import Signer
from m365_simulator.mail_flow.submission import submit
from m365_simulator.world import Properties, World

from .conftest import PLAIN, TOM, Mail

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
FORGED = PLAIN.replace(b"northwind.example", b"no-policy.example")
BURST = "198.51.100.0/24"


def _report(content: bytes) -> str:
    found = re.search(rb"X-Forefront-Antispam-Report: ([^\r]+)", content)
    assert found
    return found[1].decode()


async def _junk_report(mail: Mail, content: bytes, **fields: Any) -> str:
    await mail.outside(content, **fields)
    await mail.event("JUNK")
    return _report(mail.folder(TOM, "junkemail")[0].content)


async def test_the_test_string_is_high_confidence_spam_and_the_policy_may_quarantine_it(mail: Mail) -> None:
    assert "SCL:9;" in await _junk_report(mail, PLAIN + GTUBE + b"\r\n")
    mail.singleton("HostedContentFilterPolicy", HighConfidenceSpamAction="Quarantine")
    await mail.outside(PLAIN + GTUBE + b"\r\n")
    await mail.event("QUARANTINE")
    [identity] = mail.tenant.exchange.objects["QuarantineMessage"]
    assert quarantine.release(mail.tenant, identity, mail.world.clock.now()) == [TOM]
    assert quarantine.release(mail.tenant, identity, mail.world.clock.now()) == []
    assert mail.folder(TOM)[0].content.endswith(GTUBE + b"\r\n")


async def test_a_forger_of_a_domain_that_asks_for_quarantine_is_junk(mail: Mail) -> None:
    forged = PLAIN.replace(b"northwind", b"adatum")
    report = await _junk_report(mail, forged, mail_from="a@adatum.example", client_ip="198.51.100.66")
    assert "SFV:SPM" in report
    assert "CAT:SPOOF" in report
    assert b"dmarc=fail action=quarantine" in mail.folder(TOM, "junkemail")[0].content
    assert b"compauth=fail reason=000" in mail.folder(TOM, "junkemail")[0].content


async def test_an_outsider_with_an_own_address_is_an_intra_organisation_spoof(mail: Mail) -> None:
    spoof = PLAIN.replace(b"nora@northwind.example", TOM.encode())
    await _junk_report(mail, spoof, mail_from="x@prize-draw.example")
    assert b"compauth=fail reason=010" in mail.folder(TOM, "junkemail")[0].content


async def test_the_ip_allow_list_skips_filtering_and_the_block_list_refuses(mail: Mail) -> None:
    mail.singleton("HostedConnectionFilterPolicy", IPAllowList=["192.0.2.10"], IPBlockList=[BURST])
    refused = await mail.outside(client_ip="198.51.100.66")
    await mail.outside(PLAIN + GTUBE + b"\r\n")
    await mail.event("DELIVER")
    assert refused[0].code == 550
    assert "SCL:-1;SRV:;IPV:CAL" in _report(mail.folder(TOM)[0].content)


@pytest.mark.parametrize(
    "entry", [{"AllowedSenderDomains": ["northwind.example"]}, {"AllowedSenders": ["nora@northwind.example"]}]
)
async def test_allowed_senders_are_not_filtered(mail: Mail, entry: Properties) -> None:
    mail.tenant.exchange.objects["HostedContentFilterPolicy"] = {"Default": dict(entry)}
    await mail.outside(PLAIN + GTUBE + b"\r\n")
    await mail.event("DELIVER")
    assert "SFV:SKA" in _report(mail.folder(TOM)[0].content)


async def test_the_policy_for_hard_spf_failures_hits_mail_from_the_wrong_place(mail: Mail) -> None:
    mail.singleton("HostedContentFilterPolicy", MarkAsSpamSpfRecordHardFail="On")
    assert "SCL:9;" in await _junk_report(mail, FORGED, mail_from="p@prize-draw.example", client_ip="192.0.2.77")


async def test_a_dkim_signature_of_the_sender_makes_dmarc_pass_from_anywhere(mail: Mail) -> None:
    signer = Signer()
    signer.publish(mail.world, "northwind.example", "s1")
    signature = signer.dkim_signature(PLAIN, "northwind.example", "s1", 1_700_000_000).encode()
    await mail.outside(b"DKIM-Signature: " + signature + b"\r\n" + PLAIN, client_ip="203.0.113.9")
    await mail.event("DELIVER")
    stored = mail.folder(TOM)[0].content
    assert b"dkim=pass (signature was verified)\r\n header.d=northwind.example" in stored
    assert b"compauth=pass reason=100" in stored


@pytest.mark.parametrize(
    "body", [b"", b"\r\n\r\n", b" a\t b \r\n\r\n\r\n", b"no end", b"\r\nx\r\n", bytes(range(128, 256))]
)
def test_our_signatures_verify_with_dkimpy_whatever_the_body(body: bytes) -> None:
    world, signer = World(), Signer()
    signer.publish(world, "contoso.example", "selector1")
    content = b"From: a@contoso.example\r\nSubject:  folded\r\n\t subject \r\nTo: b\r\nTo: c\r\n\r\n" + body
    value = signer.dkim_signature(content, "contoso.example", "selector1", 1_700_000_000)
    record = world.dns[("selector1._domainkey.contoso.example", "TXT")][0].encode()
    assert dkim.verify(b"DKIM-Signature: " + value.encode() + b"\r\n" + content, dnsfunc=lambda *_a, **_k: record)


async def test_international_addresses_go_out_with_smtputf8(mail: Mail) -> None:
    user = mail.tenant.user_by_address(TOM)
    assert user is not None
    content = "From: tom\r\nTo: 用户@northwind.example\r\nSubject: Ünï\r\n\r\n8-bit ß\r\n".encode()
    submit(mail.world, mail.tenant, user, content, ["用户@northwind.example"])
    await mail.until(lambda: mail.world.internet)
    assert mail.world.internet[0].recipient == "用户@northwind.example"
    assert mail.world.internet[0].content.endswith(content)


async def test_thirty_megabytes_arrive_unchanged(mail: Mail) -> None:
    attachment = base64.encodebytes(bytes(range(256)) * 90_000).replace(b"\n", b"\r\n")
    large = PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + attachment
    assert len(large) > 30_000_000
    await mail.outside(large)
    await mail.event("DELIVER")
    assert mail.folder(TOM)[0].content.endswith(large)


async def test_delivery_parameters_of_the_sender_come_back_in_the_report(mail: Mail) -> None:
    mail.connectors(SmartHosts=["smart.contoso.example"], TlsSettings=None)
    mail.world.network["smart.contoso.example"] = mail.mx  # refuses to relay for us
    mail.rule("route", SentToScope="NotInOrganization", RouteMessageOutboundConnector="gw out")
    envelope = Envelope(TOM, (Recipient("x@northwind.example", "SUCCESS,FAILURE", "rfc822;x@northwind.example"),),
                        "8BITMIME", ret="HDRS", envid="QQ314159")  # fmt: skip
    outcomes = await mail.as_gateway(envelope, PLAIN.replace(b"nora@northwind.example", TOM.encode()))
    assert outcomes[0].code == 250
    failed = await mail.event("FAIL")
    assert str(failed.detail["reply"]).startswith("550 5.7.64")
    await mail.until(lambda: mail.folder(TOM))
    report = mail.folder(TOM)[0].content
    assert b"Original-Recipient: rfc822;x@northwind.example" in report
    assert b"Original-Envelope-Id: QQ314159" in report
