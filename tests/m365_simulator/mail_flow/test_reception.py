"""Mail from the Internet into mailboxes, and what is refused at the door."""

import asyncio
import smtplib
from email.message import EmailMessage
from pathlib import Path

from m365_simulator.mail_flow.message import Envelope, Recipient
from m365_simulator.world import Fault

from .conftest import PLAIN, TOM, Mail

OUTSIDE = "somebody@elsewhere.example"


async def test_without_rules_a_message_from_outside_lies_in_the_inbox_with_its_bytes(mail: Mail) -> None:
    outcomes = await mail.outside()
    await mail.event("DELIVER")
    assert [one.code for one in outcomes] == [250]
    [stored] = mail.folder(TOM)
    assert stored.content.endswith(PLAIN)
    stamps = stored.content[: -len(PLAIN)]
    assert b"compauth=pass reason=109" not in stamps
    assert b"spf=pass (sender IP is 192.0.2.10)" in stamps
    assert b"dmarc=pass action=none" in stamps
    assert b"SFV:NSPM" in stamps
    assert b"DIR:INB" in stamps
    assert f"X-MS-Exchange-CrossTenant-Id: {mail.tenant.id}".encode() in stamps
    assert b"X-MS-Exchange-Organization-AuthAs: Anonymous" in stamps


async def test_eight_bit_bodies_dots_and_signed_parts_arrive_unchanged(mail: Mail) -> None:
    body = "Grüße – ...\r\n.\r\n..two\r\n".encode() + bytes(range(128, 256)) + b"\r\n\r\n\r\n"
    signed = (
        b'From: n@northwind.example\r\nTo: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary="b";\r\n'
        b'\tprotocol="application/pkcs7-signature"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        + body
        + b"--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nMIIB\r\n--b--\r\n"
    )
    await mail.outside(signed)
    await mail.event("DELIVER")
    assert mail.folder(TOM)[0].content.endswith(signed)


async def test_unknown_recipients_and_relaying_are_refused(mail: Mail) -> None:
    unknown = await mail.outside(to=["nobody@contoso.example"])
    relay = await mail.outside(to=[OUTSIDE])
    assert unknown[0].reply.startswith("550 5.4.1 Recipient address rejected: Access denied")
    assert relay[0].reply.startswith("550 5.7.64 TenantAttribution; Relay Access Denied")
    assert len(mail.events("REFUSE")) == 2


async def test_only_a_connector_with_an_accepted_certificate_domain_may_relay_the_null_sender(mail: Mail) -> None:
    mail.connectors()
    envelope = Envelope("", (Recipient(OUTSIDE),))
    wrong = await mail.as_gateway(envelope, PLAIN, ("gw.elsewhere.example",))
    right = await mail.as_gateway(envelope, PLAIN)
    assert wrong[0].reply.startswith("550 5.7.64")
    assert right[0].code == 250
    await mail.event("SEND_INTERNET")
    assert mail.world.internet[0].recipient == OUTSIDE
    assert mail.events("RECEIVE")[0].detail["connector"] == "gw in"


async def test_direct_send_is_refused_once_the_organisation_says_so(mail: Mail) -> None:
    own = "priya.raman@contoso.example"
    before = await mail.outside(mail_from=own)
    mail.singleton("OrganizationConfig", RejectDirectSend=True)
    after = await mail.outside(mail_from=own)
    assert before[0].code == 250
    assert after[0].reply.startswith("550 5.7.68 TenantInboundAttribution; Direct Send not allowed")


async def test_a_partner_connector_locks_out_everybody_without_its_certificate(mail: Mail) -> None:
    mail.put(
        "InboundConnector", "partner", Enabled=True, ConnectorType="Partner", SenderDomains=["smtp:*;1"],
        RequireTls=False, RestrictDomainsToCertificate=True, TlsSenderCertificateName="gw.partner.example",
    )  # fmt: skip
    refused = await mail.outside()
    envelope = Envelope("nora@northwind.example", (Recipient(TOM),))
    taken = await mail.as_gateway(envelope, PLAIN, ("gw.partner.example",))
    assert refused[0].reply.startswith("550 5.7.51 TenantInboundAttribution")
    assert taken[0].code == 250


async def test_the_two_hundred_and_first_recipient_of_a_domain_must_wait(mail: Mail) -> None:
    outcomes = await mail.outside(to=[f"tom.becker+{number}@contoso.example" for number in range(201)])
    assert [one.code for one in outcomes].count(250) == 200
    assert [one.reply for one in outcomes if one.code != 250] == ["452 4.5.3 Too many recipients (AS780090)"]


async def test_smtplib_is_a_good_client_and_bare_line_feeds_are_not_mail(mail: Mail) -> None:
    def talk() -> tuple[dict[str, str], tuple[int, bytes], tuple[int, bytes]]:
        with smtplib.SMTP(*mail.mx, timeout=60) as client:
            client.ehlo("mx.northwind.example")
            offered = dict(client.esmtp_features)
            client.mail("nora@northwind.example", ["SIZE=100", "RET=HDRS", "ENVID=abc"])
            client.rcpt(TOM, ["NOTIFY=NEVER", "ORCPT=rfc822;tom"])
            client.docmd("DATA")
            client.send(b"From: a@b.example\r\n\r\nbare\nline\r\n.\r\n")
            bare = client.getreply()
            too_big = client.mail("nora@northwind.example", ["SIZE=157286401"])
            return offered, bare, too_big

    offered, bare, too_big = await asyncio.to_thread(talk)
    assert offered["size"] == "157286400"
    assert {"pipelining", "dsn", "enhancedstatuscodes", "starttls", "8bitmime", "chunking", "smtputf8"} <= set(offered)
    assert "auth" not in offered
    assert (bare[0], bare[1][:6]) == (550, b"5.6.11")
    assert (too_big[0], too_big[1][:5]) == (552, b"5.3.4")


async def test_pipelined_commands_behind_the_data_are_answered(mail: Mail) -> None:
    reader, writer = await asyncio.open_connection(*mail.mx)
    await reader.readline()
    writer.write(b"EHLO x.example\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass
    writer.write(f"MAIL FROM:<n@northwind.example>\r\nRCPT TO:<{TOM}>\r\nDATA\r\n".encode())
    writer.write(PLAIN + b".\r\nNOOP\r\nQUIT\r\n")
    replies = [(await reader.readline())[:3] for _ in range(6)]
    writer.close()
    assert replies == [b"250", b"250", b"354", b"250", b"250", b"221"]


async def test_an_armed_fault_answers_in_place_of_the_server(mail: Mail) -> None:
    mail.world.faults.append(Fault("smtp", "mx DATA *", "status", {"reply": "432 4.3.2 STOREDRV busy"}))
    mail.world.faults.append(Fault("smtp", "mx DATA *", "lose-response"))
    first, lost, third = [await mail.outside() for _ in range(3)]
    assert [first[0].reply, third[0].code] == ["432 4.3.2 STOREDRV busy", 250]
    assert lost[0].reply.startswith("450 4.4.318")
    await mail.event("DELIVER", 2)


async def test_a_user_submits_with_password_over_tls_and_finds_a_copy_in_sent_items(mail: Mail) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = TOM, OUTSIDE, "Offer"
    message.set_content("As discussed.\n")

    def talk(password: str) -> None:
        with smtplib.SMTP("127.0.0.1", mail.servers.submission_port, timeout=60) as client:
            client.starttls(context=mail.certificates.client_context())
            client.login(TOM, password)
            client.send_message(message)

    await asyncio.to_thread(talk, "Contoso-demo-1")
    await mail.event("SEND_INTERNET")
    assert len(mail.folder(TOM, "sentitems")) == 1
    assert mail.world.internet[0].mail_from == TOM
    try:
        await asyncio.to_thread(talk, "wrong")
    except smtplib.SMTPAuthenticationError as error:
        assert error.smtp_code == 535
    else:
        raise AssertionError("a wrong password was taken")


async def test_a_foreign_authority_is_trusted_from_the_trusted_folder(mail: Mail, tmp_path: Path) -> None:
    import trustme

    mail.connectors()
    authority = trustme.CA()
    (tmp_path / "trusted").mkdir()
    authority.cert_pem.write_to_path(tmp_path / "trusted" / "gateway.pem")
    leaf = authority.issue_cert("gw.mail.contoso.example")

    def talk() -> int:
        context = mail.certificates.client_context()
        context.check_hostname = False
        leaf.configure_cert(context)
        with smtplib.SMTP(*mail.mx, timeout=60) as client:
            client.starttls(context=context)
            client.ehlo("gw")
            client.mail("")
            return client.rcpt(OUTSIDE)[0]

    assert await asyncio.to_thread(talk) == 250
