"""The sender against next hops that refuse, stall and vanish at every step."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from lockgate.smtp.delivery import Delivery, NextHop, Settlement, Stage, TlsUse
from lockgate.smtp.outgoing import Timeouts
from lockgate.smtp.pool import Pool, PoolLimits
from lockgate.smtp.protocol.envelope import Body, Envelope, MailFrom, Notify, Recipient, Ret
from lockgate.smtp.sender import Sender
from tests.lockgate.smtp.rough_server import DROP, SILENCE, Manners, rough_server

BOB = Recipient("bob@b.example")
CAROL = Recipient("carol@b.example")
ENVELOPE = Envelope(MailFrom("alice@a.example"), (BOB,))
CONTENT = [b"X-Ours: 1\r\n", b"Subject: x\r\n\r\n.dot\r\n"]
QUICK = PoolLimits(timeouts=Timeouts(connect=5, command=0.2, data=0.2, content_block=0.2, final_reply=0.2))
CHUNKING = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "SIZE 1000000")

Send = Callable[..., "asyncio.Future[Delivery]"]


@asynccontextmanager
async def sending(manners: Manners, limits: PoolLimits = QUICK) -> AsyncIterator[tuple[Sender, NextHop]]:
    async with rough_server(manners) as port, Pool("us.example", None, limits) as pool:
        yield Sender(pool), NextHop("127.0.0.1", port, TlsUse.OFF)


async def send(manners: Manners, envelope: Envelope = ENVELOPE, content: list[bytes] | None = None) -> Delivery:
    async with asyncio.timeout(60), sending(manners) as (sender, next_hop):
        return await sender.send(next_hop, envelope, CONTENT if content is None else content)


def fates(delivery: Delivery) -> list[tuple[Settlement, Stage]]:
    return [(outcome.settlement, outcome.stage) for outcome in delivery.outcomes]


async def test_data_carries_dots_and_headers_in_front() -> None:
    manners = Manners()
    assert fates(await send(manners)) == [(Settlement.DELIVERED, Stage.CONTENT)]
    assert manners.contents == [b"X-Ours: 1\r\nSubject: x\r\n\r\n..dot\r\n.\r\n"]
    assert manners.seen[:4] == [
        "EHLO us.example",
        "MAIL FROM:<alice@a.example> SIZE=31",
        "RCPT TO:<bob@b.example>",
        "DATA",
    ]


async def test_bdat_carries_the_octets_as_they_are() -> None:
    manners = Manners(extensions=CHUNKING)
    delivery = await send(manners, content=[b"a: b\r\n", b"\r\n.x\ny"])
    assert fates(delivery) == [(Settlement.DELIVERED, Stage.CONTENT)]
    assert manners.contents == [b"a: b\r\n\r\n.x\ny"]
    assert "BDAT 12 LAST" in manners.seen


@pytest.mark.parametrize("extensions", [("PIPELINING",), (), ("CHUNKING",), ("CHUNKING", "PIPELINING")])
async def test_recipients_have_each_their_own_outcome(extensions: tuple[str, ...]) -> None:
    manners = Manners(extensions, rcpt=lambda line: "550 5.1.1 no" if "carol" in line else "250 ok")
    delivery = await send(manners, Envelope(MailFrom("a@a.example"), (CAROL, BOB)))
    assert fates(delivery) == [(Settlement.PERMANENT, Stage.RCPT_TO), (Settlement.DELIVERED, Stage.CONTENT)]
    assert [outcome.rcpt_to for outcome in delivery.outcomes] == ["carol@b.example", "bob@b.example"]
    assert delivery.outcomes[0].reply.enhanced == "5.1.1"


@pytest.mark.parametrize("extensions", [("PIPELINING",), (), ("CHUNKING",), ("CHUNKING", "PIPELINING")])
@pytest.mark.parametrize(
    ("step", "reply", "fate"),
    [
        ("mail", "451 4.7.1 later", (Settlement.TEMPORARY, Stage.MAIL_FROM)),
        ("mail", "550 5.7.1 never", (Settlement.PERMANENT, Stage.MAIL_FROM)),
        ("mail", DROP, (Settlement.TEMPORARY, Stage.MAIL_FROM)),
        ("mail", SILENCE, (Settlement.TEMPORARY, Stage.MAIL_FROM)),
        ("mail", "nonsense", (Settlement.TEMPORARY, Stage.MAIL_FROM)),
        ("rcpt", "451 4.7.1 later", (Settlement.TEMPORARY, Stage.RCPT_TO)),
        ("rcpt", "550 5.1.1 never", (Settlement.PERMANENT, Stage.RCPT_TO)),
        ("rcpt", DROP, (Settlement.TEMPORARY, Stage.MAIL_FROM)),
        ("content", "451 4.3.0 later", (Settlement.TEMPORARY, Stage.CONTENT)),
        ("content", "554 5.6.0 never", (Settlement.PERMANENT, Stage.CONTENT)),
        ("content", DROP, (Settlement.UNKNOWN, Stage.CONTENT)),
        ("content", SILENCE, (Settlement.UNKNOWN, Stage.CONTENT)),
        ("content", "nonsense", (Settlement.UNKNOWN, Stage.CONTENT)),
    ],
)
async def test_a_refusal_at_each_command(
    extensions: tuple[str, ...], step: str, reply: str, fate: tuple[Settlement, Stage]
) -> None:
    manners = Manners(extensions)
    setattr(manners, step, (lambda _line: reply) if step == "rcpt" else reply)
    assert fates(await send(manners)) == [fate]


@pytest.mark.parametrize("reply", ["451 4.3.0 later", "554 5.5.0 never"])
async def test_a_refusal_at_data(reply: str) -> None:
    delivery = await send(Manners(data=reply))
    wanted = Settlement.TEMPORARY if reply.startswith("4") else Settlement.PERMANENT
    assert fates(delivery) == [(wanted, Stage.DATA)]


@pytest.mark.parametrize(
    "manners",
    [
        Manners(greeting="554 not here"),
        Manners(greeting="421 busy"),
        Manners(greeting=DROP),
        Manners(greeting=SILENCE),
        Manners(greeting="HTTP/1.1 400 Bad Request"),
        Manners(ehlo="421 going"),
        Manners(ehlo=DROP),
    ],
)
async def test_trouble_before_mail_is_always_temporary(manners: Manners) -> None:
    delivery = await send(manners)
    assert [outcome.settlement for outcome in delivery.outcomes] == [Settlement.TEMPORARY]
    assert delivery.outcomes[0].reply.code == 451
    assert not delivery.outcomes[0].from_next_hop


async def test_a_server_without_ehlo_gets_helo() -> None:
    manners = Manners(ehlo="502 what")
    assert fates(await send(manners)) == [(Settlement.DELIVERED, Stage.CONTENT)]
    assert manners.seen[:3] == ["EHLO us.example", "HELO us.example", "MAIL FROM:<alice@a.example>"]


async def test_closing_in_the_middle_of_the_content_is_temporary_while_octets_were_left() -> None:
    manners = Manners(extensions=("PIPELINING",), drop_after_octets=1000)
    delivery = await send(manners, content=[b"x" * 70 + b"\r\n"] * 400_000)
    assert fates(delivery) == [(Settlement.TEMPORARY, Stage.DATA)]


async def test_nobody_listening() -> None:
    async with Pool("us.example", None, QUICK) as pool:
        delivery = await Sender(pool).send(NextHop("127.0.0.1", 1, TlsUse.OFF), ENVELOPE, CONTENT)
    assert fates(delivery) == [(Settlement.TEMPORARY, Stage.CONNECT)]


async def test_a_transaction_without_recipients_is_ended_by_a_lone_dot_and_reset_before_the_next() -> None:
    manners = Manners(extensions=("PIPELINING",), rcpt=lambda line: "550 no" if "carol" in line else "250 ok")
    async with sending(manners) as (sender, next_hop):
        first = await sender.send(next_hop, Envelope(MailFrom("a@a.example"), (CAROL,)), CONTENT)
        second = await sender.send(next_hop, ENVELOPE, CONTENT)
    assert fates(first) == [(Settlement.PERMANENT, Stage.RCPT_TO)]
    assert fates(second) == [(Settlement.DELIVERED, Stage.CONTENT)]
    assert manners.contents[0] == b".\r\n"
    assert manners.connections == 1


async def test_a_refused_data_is_reset_before_the_next_message() -> None:
    manners = Manners(data="451 later")
    async with sending(manners) as (sender, next_hop):
        await sender.send(next_hop, ENVELOPE, CONTENT)
        manners.data = "354 go"
        second = await sender.send(next_hop, ENVELOPE, CONTENT)
    assert fates(second) == [(Settlement.DELIVERED, Stage.CONTENT)]
    assert "RSET" in manners.seen
    assert second.reused


async def test_a_connection_is_reused_and_a_dead_one_replaced() -> None:
    manners = Manners()
    async with sending(manners) as (sender, next_hop):
        assert not (await sender.send(next_hop, ENVELOPE, CONTENT)).reused
        assert (await sender.send(next_hop, ENVELOPE, CONTENT)).reused
        manners.mail = DROP
        lost = await sender.send(next_hop, ENVELOPE, CONTENT)
        assert fates(lost) == [(Settlement.TEMPORARY, Stage.MAIL_FROM)]
        # Kept connection, then one fresh try: never more.
        assert manners.connections == 2


async def test_a_kept_connection_that_died_is_not_the_messages_fault() -> None:
    manners = Manners(close_after_message=True)
    async with sending(manners) as (sender, next_hop):
        for _ in range(3):
            assert fates(await sender.send(next_hop, ENVELOPE, CONTENT)) == [(Settlement.DELIVERED, Stage.CONTENT)]


async def test_an_idle_connection_is_asked_for_its_health() -> None:
    manners = Manners()
    limits = PoolLimits(health_check_after=-1, timeouts=QUICK.timeouts)
    async with sending(manners, limits) as (sender, next_hop):
        await sender.send(next_hop, ENVELOPE, CONTENT)
        await sender.send(next_hop, ENVELOPE, CONTENT)
        assert manners.seen.count("RSET") == 1
        manners.rset = "500 no"
        assert not (await sender.send(next_hop, ENVELOPE, CONTENT)).reused


async def test_messages_per_connection_are_limited() -> None:
    manners = Manners()
    limits = PoolLimits(messages_per_connection=2, timeouts=QUICK.timeouts)
    async with sending(manners, limits) as (sender, next_hop):
        for _ in range(4):
            await sender.send(next_hop, ENVELOPE, CONTENT)
    assert manners.connections == 2


async def test_connections_per_next_hop_are_limited() -> None:
    manners = Manners()
    limits = PoolLimits(connections_per_next_hop=2, timeouts=QUICK.timeouts)
    async with sending(manners, limits) as (sender, next_hop):
        deliveries = await asyncio.gather(*(sender.send(next_hop, ENVELOPE, CONTENT) for _ in range(20)))
    assert all(fates(delivery) == [(Settlement.DELIVERED, Stage.CONTENT)] for delivery in deliveries)
    assert manners.connections == 2


async def test_waiting_for_a_connection_ends() -> None:
    manners = Manners(content=SILENCE)
    limits = PoolLimits(connections_per_next_hop=1, wait_for_connection=0.05, timeouts=Timeouts(final_reply=0.5))
    async with sending(manners, limits) as (sender, next_hop):
        both = await asyncio.gather(*(sender.send(next_hop, ENVELOPE, CONTENT) for _ in range(2)))
    assert [fates(one)[0] for one in both] == [
        (Settlement.UNKNOWN, Stage.CONTENT),
        (Settlement.TEMPORARY, Stage.CONNECT),
    ]


async def test_idle_connections_are_closed() -> None:
    manners = Manners()
    limits = PoolLimits(idle_seconds=0.02, timeouts=QUICK.timeouts)
    async with asyncio.timeout(60), sending(manners, limits) as (sender, next_hop):
        await sender.send(next_hop, ENVELOPE, CONTENT)
        await manners.quit.wait()


async def test_a_recipient_too_many_goes_into_the_next_transaction() -> None:
    accepted: list[str] = []

    def two_at_a_time(line: str) -> str:
        if len(accepted) % 3 == 2:
            accepted.append("")
            return "452 4.5.3 Too many recipients"
        accepted.append(line)
        return "250 ok"

    manners = Manners(rcpt=two_at_a_time)
    recipients = tuple(Recipient(f"r{number}@b.example") for number in range(3))
    delivery = await send(manners, Envelope(MailFrom("a@a.example"), recipients))
    assert [outcome.settlement for outcome in delivery.outcomes] == [Settlement.DELIVERED] * 3
    assert len(manners.contents) == 2


async def test_rcptmax_is_kept() -> None:
    manners = Manners(extensions=(*CHUNKING, "LIMITS RCPTMAX=2 MAILMAX=9"))
    recipients = tuple(Recipient(f"r{number}@b.example") for number in range(5))
    delivery = await send(manners, Envelope(MailFrom("a@a.example"), recipients))
    assert [outcome.settlement for outcome in delivery.outcomes] == [Settlement.DELIVERED] * 5
    assert len(manners.contents) == 3


async def test_every_recipient_refused_with_452_does_not_loop() -> None:
    delivery = await send(Manners(rcpt=lambda _line: "452 4.5.3 Too many recipients"))
    assert fates(delivery) == [(Settlement.TEMPORARY, Stage.RCPT_TO)]


PLAIN = ("PIPELINING",)
EIGHT_BIT = [b"Subject: x\r\n\r\n\xc3\xa9\r\n"]


@pytest.mark.parametrize(
    ("extensions", "envelope", "content", "enhanced"),
    [
        (PLAIN, ENVELOPE, EIGHT_BIT, "5.6.3"),
        (PLAIN, Envelope(MailFrom("δ@a.example", smtputf8=True), (BOB,)), CONTENT, "5.6.7"),
        (PLAIN, Envelope(MailFrom("a@a.example", smtputf8=True), (BOB,)), [b"Subject: \xc3\xa9\r\n\r\n"], "5.6.9"),
        (PLAIN, ENVELOPE, [b"a\nb\r\n"], "5.6.11"),
        (PLAIN, ENVELOPE, [b"a\r", b"b\r\n"], "5.6.11"),
        (("SIZE 10",), ENVELOPE, CONTENT, "5.3.4"),
        (CHUNKING, Envelope(MailFrom("a@a.example>\r\nRCPT TO:<x@x.example"), (BOB,)), CONTENT, "5.1.0"),
        (CHUNKING, Envelope(MailFrom(""), (Recipient("b@b.example> NOTIFY=NEVER"),)), CONTENT, "5.1.0"),
    ],
)
async def test_what_the_next_hop_cannot_take_fails_here(
    extensions: tuple[str, ...], envelope: Envelope, content: list[bytes], enhanced: str
) -> None:
    manners = Manners(extensions)
    delivery = await send(manners, envelope, content)
    assert fates(delivery) == [(Settlement.PERMANENT, Stage.LOCAL)]
    assert delivery.outcomes[0].reply.enhanced == enhanced
    assert not any(line.startswith("MAIL") for line in manners.seen)


async def test_smtputf8_that_is_not_needed_does_not_stop_a_message() -> None:
    manners = Manners(PLAIN)
    envelope = Envelope(MailFrom("a@a.example", smtputf8=True), (BOB,))
    assert fates(await send(manners, envelope)) == [(Settlement.DELIVERED, Stage.CONTENT)]
    assert "MAIL FROM:<a@a.example>" in manners.seen


async def test_parameters_are_carried_where_they_are_known() -> None:
    envelope = Envelope(
        MailFrom("δ@a.example", None, Body.EIGHT_BIT_MIME, True, Ret.HEADERS, "Q+2B1"),
        (Recipient("bob@b.example", (Notify.SUCCESS, Notify.DELAY), "rfc822;Bob@b.example"),),
    )
    manners = Manners()
    await send(manners, envelope)
    assert "MAIL FROM:<δ@a.example> SIZE=31 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=Q+2B1" in manners.seen
    assert "RCPT TO:<bob@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob@b.example" in manners.seen
    bare = Manners(("PIPELINING", "SMTPUTF8"))
    await send(bare, envelope)
    assert "MAIL FROM:<δ@a.example> SMTPUTF8" in bare.seen
    assert "RCPT TO:<bob@b.example>" in bare.seen
