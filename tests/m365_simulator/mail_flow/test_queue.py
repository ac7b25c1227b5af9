"""What waits, what is tried again, and what comes back to the sender."""

import pytest

from m365_simulator.mail_flow.queue import retry_seconds, time_span_seconds
from m365_simulator.mail_flow.submission import submit

from .conftest import LENA, PLAIN, TOM, Gateway, Mail

ROUTED = {"RouteMessageOutboundConnector": "gw out", "ExceptIfHeaderContainsMessageHeader": "X-Gateway-Pass"}
PASSED = {"ExceptIfHeaderContainsWords": ["secret-1"]}
CALM = PLAIN.replace(b"nora@northwind", b"nora@no-policy")


def _send(mail: Mail, *recipients: str) -> None:
    user = mail.tenant.user_by_address(TOM)
    assert user is not None
    submit(mail.world, mail.tenant, user, PLAIN.replace(b"nora@northwind.example", TOM.encode()), list(recipients))


async def test_a_temporary_answer_is_tried_again_and_nothing_is_delivered_twice(mail: Mail, gateway: Gateway) -> None:
    mail.connectors()
    mail.world.switches["queue_time_scale"] = 0.001
    gateway.replies = ["451 4.3.2 busy", "421 4.3.2 closing"]
    mail.rule("all", 0, **ROUTED, **PASSED)
    await mail.outside(CALM, mail_from="nora@no-policy.example")
    await mail.event("DELIVER")
    assert [hop.detail["led"] for hop in mail.events("DEFER")] == ["451 4.3.2 busy", "421 4.3.2 closing"]
    assert len(gateway.received) == 3
    assert len(mail.folder(TOM)) == 1


async def test_a_dead_smart_host_makes_mail_wait_with_exchanges_words_until_it_expires(mail: Mail) -> None:
    mail.connectors()
    mail.world.network["gw.mail.contoso.example"] = ("127.0.0.1", 1)
    mail.rule("all", 0, **ROUTED, **PASSED)
    await mail.outside()
    waiting = await mail.event("DEFER")
    assert waiting.detail["led"] == "450 4.4.316 Connection refused [Message=Socket error code 10061]"
    assert waiting.detail["retry_in_seconds"] == 1.0
    mail.world.clock.offset_seconds += 24 * 60 + 1  # a day, at a sixtieth
    await mail.event("FAIL")
    await mail.until(lambda: mail.world.internet)
    report = mail.world.internet[0]
    assert (report.mail_from, report.recipient) == ("", "nora@northwind.example")
    assert b"Status: 4.4.7" in report.content
    assert b"550 4.4.7 QUEUE.Expired" in report.content
    assert b"Final-Recipient: rfc822;" + TOM.encode() in report.content


async def test_of_two_smart_hosts_the_living_one_is_used(mail: Mail, gateway: Gateway) -> None:
    mail.connectors(SmartHosts=["dead.contoso.example", "gw.mail.contoso.example"])
    mail.world.network["dead.contoso.example"] = ("127.0.0.1", 1)
    gateway.returns = False
    mail.rule("all", 0, **ROUTED, **PASSED)
    await mail.outside()
    await mail.event("SEND_CONNECTOR")
    assert mail.events("DEFER") == []


async def test_each_recipient_has_an_outcome_of_its_own(mail: Mail) -> None:
    mail.world.switches["queue_time_scale"] = 0.001
    outside = [f"{name}@northwind.example" for name in ("nora", "reject-550", "later-once")]
    _send(mail, *outside)
    await mail.until(lambda: len(mail.world.internet) == 2 and mail.folder(TOM))
    assert sorted(one.recipient for one in mail.world.internet) == ["later-once@northwind.example", outside[0]]
    [report] = mail.folder(TOM)
    assert b"Status: 5.1.1" in report.content
    assert b"Final-Recipient: rfc822;reject-550@northwind.example" in report.content
    assert b"Final-Recipient: rfc822;nora@" not in report.content


async def test_a_null_sender_and_notify_never_hear_nothing(mail: Mail) -> None:
    mail.connectors()
    mail.rule("refuse", RejectMessageEnhancedStatusCode="5.7.1", RejectMessageReasonText="no")
    await mail.outside(mail_from="")
    await mail.outside(notify="NEVER")
    await mail.outside()
    await mail.event("FAIL", 3)
    await mail.event("SEND_INTERNET")
    assert len(mail.world.internet) == 1


async def test_after_a_reset_nothing_waits(mail: Mail) -> None:
    _send(mail, "later-450@northwind.example")
    await mail.event("DEFER")
    for hook in mail.world.reset_hooks:
        hook()
    assert mail.servers.pipeline.queue.waiting == []


async def test_groups_reach_every_member_once_through_nesting(mail: Mail) -> None:
    await mail.outside(to=["all.staff@contoso.example", TOM])
    await mail.until(lambda: len(mail.events("DELIVER")) == 9)
    assert len(mail.folder(TOM)) == 1
    assert len(mail.folder(LENA)) == 1


async def test_a_forwarding_mailbox_and_an_absent_person_make_new_messages(mail: Mail) -> None:
    user = mail.tenant.user_by_address(TOM)
    assert user is not None
    user.extra["ForwardingSmtpAddress"] = "smtp:tom@no-policy.example"
    user.extra["DeliverToMailboxAndForward"] = True
    user.extra["automaticRepliesSetting"] = {"status": "alwaysEnabled", "externalReplyMessage": "On the sea."}
    await mail.outside()
    await mail.until(lambda: len(mail.world.internet) == 2)
    arrived = {one.recipient: one for one in mail.world.internet}
    assert arrived["tom@no-policy.example"].content.endswith(PLAIN)
    assert arrived["nora@northwind.example"].mail_from == ""
    assert b"On the sea." in arrived["nora@northwind.example"].content


async def test_a_user_of_the_other_tenant_is_reached_through_its_exchanger(mail: Mail) -> None:
    _send(mail, "karl.weiss@fabrikam.example")
    delivered = await mail.event("DELIVER")
    assert delivered.tenant_id != mail.tenant.id
    assert delivered.detail["mailbox"] == "karl.weiss@fabrikam.example"
    assert mail.events("RECEIVE")[1].detail["compauth"] == "pass reason=100"


@pytest.mark.parametrize(
    ("text", "seconds"), [("1.00:00:00", 86400), ("12:00:00", 43200), ("nonsense", 86400), ("0.00:01:05", 65)]
)
def test_time_spans_are_read_as_dotnet_writes_them(text: str, seconds: int) -> None:
    assert time_span_seconds(text) == seconds


def test_the_timetable_is_four_minutes_then_five_then_ten() -> None:
    assert [retry_seconds(attempts) for attempts in (0, 3, 4, 9, 10, 50)] == [60, 60, 300, 300, 600, 600]
