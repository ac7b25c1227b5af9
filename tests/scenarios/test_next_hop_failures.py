"""A next hop that is down, slow, refuses at any command or hangs up: the sender hears the right thing, nothing is lost.

The sender owns the message until our 250, so after every temporary answer it tries again, as Exchange does, when the
next hop is well; the message must then be there, once, with its own bytes.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import pytest_asyncio

from lockgate.gateway.redelivery import Tried
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace, RecipientTrace, Step
from tests.lockgate.smtp.rough_server import DROP, SILENCE, Manners, rough_server
from tests.scenarios.front_door import CONTOSO, HELD, Answer, FrontDoor, open_front_door

pytestmark = [pytest.mark.scenario, pytest.mark.asyncio(loop_scope="module")]

ANN, TOM, LENA, MIA = "ann@outside.example", "tom@contoso.example", "lena@contoso.example", "mia@contoso.example"
numbers = itertools.count(1)
CLOSED_PORT = 9  # discard: nothing listens there


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FrontDoor]:
    async with open_front_door(tmp_path_factory.mktemp("door")) as opened:
        yield opened


@dataclass(frozen=True)
class Sent:
    """One message that can be sent again and recognised."""

    network_message_id: str
    body: bytes

    @property
    def content(self) -> bytes:
        fields = (
            f"X-MS-Exchange-CrossTenant-Id: {CONTOSO.id}\r\n"
            f"X-MS-Exchange-CrossTenant-Network-Message-Id: {self.network_message_id}\r\n"
            "X-Lockgate-Route-In: contoso-route-in\r\n"
        )
        return fields.encode() + self.without_route

    @property
    def without_route(self) -> bytes:
        head = (
            f"From: Ann <{ANN}>\r\nTo: {TOM}\r\nSubject: Minutes\r\nMessage-ID: <{self.network_message_id}@x>\r\n\r\n"
        )
        return head.encode() + self.body


def message(body: bytes = b"Good morning, here are the minutes.\r\n.\r\n..and more\r\n") -> Sent:
    return Sent(f"nmid-{next(numbers)}", body)


def manners(door: FrontDoor, **fields: object) -> Manners:
    polite = Manners(tls=door.certificates.next_hop_context)
    return replace(polite, **fields)  # type: ignore[arg-type]


@dataclass
class Rcpt:
    """Answers RCPT by address."""

    answers: dict[str, str]

    def __call__(self, line: str) -> str:
        return next((reply for address, reply in self.answers.items() if f"<{address}>" in line), "250 2.1.5 ok")


def refusing(*pairs: tuple[str, str]) -> Rcpt:
    return Rcpt(dict(pairs))


def last_trace(door: FrontDoor, sent: Sent) -> MessageTrace:
    return door.traces(message_id=sent.network_message_id)[0]


def of(trace: MessageTrace, address: str) -> RecipientTrace:
    return next(item for item in trace.recipients if item.rcpt_to == address)


def unstuffed(received: bytes) -> bytes:
    return received.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")


@dataclass(frozen=True)
class Trouble:
    """How the next hop behaves, what the sender must hear, and where the trace says that it went wrong."""

    behaviour: dict[str, object]
    code: int
    enhanced: str
    stage: str
    may_have_arrived: bool = False


def at_each_step() -> Iterator[tuple[str, Trouble]]:
    """Every command of the conversation, refused temporarily, refused for good, unanswered, and cut off."""
    for step, stage in (("greeting", "greeting"), ("ehlo", "ehlo"), ("starttls", "starttls")):
        # A refusal before MAIL FROM says nothing about the message, so it stays temporary whatever the code.
        yield f"{step}: 421", Trouble({step: "421 4.3.2 closing"}, 451, "4.4.2", stage)
        if step != "ehlo":
            yield f"{step}: 5xx", Trouble({step: "554 5.7.0 go away"}, 451, "4.4.2", stage)
    yield "ehlo: 5xx, so no TLS", Trouble({"ehlo": "502 5.5.1 what"}, 451, "4.7.4", "starttls")
    yield "starttls: not offered", Trouble({"tls": None}, 451, "4.7.4", "starttls")
    for step, stage in (("mail", "mail_from"), ("rcpt", "rcpt_to"), ("data", "data"), ("content", "content")):
        yield f"{step}: 4xx", _refusal(step, stage, "452 4.2.2 mailbox full", 452, "4.2.2")
        yield f"{step}: 5xx", _refusal(step, stage, "554 5.6.0 no thanks", 554, "5.6.0")
        yield f"{step}: 4xx without enhanced code", _refusal(step, stage, "450 busy", 450, "4.0.0")
    for step in ("greeting", "ehlo", "starttls", "mail", "rcpt", "data"):
        for what in (SILENCE, DROP):
            yield f"{step}: {what}", _refusal(step, "", what, 451, "4.4.2")
    for what in (SILENCE, DROP):
        yield f"content: {what}", replace(_refusal("content", "content", what, 451, "4.4.2"), may_have_arrived=True)
    yield "mid-DATA: drop", Trouble({"drop_after_octets": 20}, 451, "4.4.2", "")


def _refusal(step: str, stage: str, reply: str, code: int, enhanced: str) -> Trouble:
    answer: object = (lambda _line: reply) if step == "rcpt" else reply
    return Trouble({step: answer}, code, enhanced, stage)


TROUBLES = dict(at_each_step())


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
async def test_the_sender_hears_the_right_thing_and_its_retry_arrives_once(door: FrontDoor, trouble: Trouble) -> None:
    sent = message()
    bad = manners(door, **trouble.behaviour)
    async with rough_server(bad) as port:
        door.use(port)
        answer = await door.send(sent.content, [TOM], ANN)
    assert (answer.stage, answer.code, answer.enhanced) == ("content", trouble.code, trouble.enhanced)
    trace = last_trace(door, sent)
    assert of(trace, TOM).state is (State.REFUSED if trouble.code >= 500 else State.DEFERRED)
    [failed] = [event for event in trace.events if event.step is Step.RELAY_FAILED]
    assert trouble.stage in failed.detail
    # A transaction of which nothing was accepted is ended with an empty message (RFC 2920 §3.1), never with ours.
    got_the_message = any(content != b".\r\n" for content in bad.contents)
    assert got_the_message is (trouble.may_have_arrived or "content" in trouble.behaviour)
    if trouble.code < 500:
        await retry_arrives_once(door, sent)


async def retry_arrives_once(door: FrontDoor, sent: Sent, rcpt_to: str = TOM) -> None:
    """The next hop is well again and the sender tries twice more: the first is delivered, the second remembered."""
    well = manners(door)
    async with rough_server(well) as port:
        door.use(port)
        for _ in range(2):
            assert (await door.send(sent.content, [rcpt_to], ANN)).code == 250
    [arrived] = well.contents
    assert unstuffed(arrived).endswith(sent.without_route)
    steps = [event.step for event in last_trace(door, sent).events]
    assert Step.ALREADY_SETTLED in steps
    assert Step.RELAYED not in steps


async def test_a_next_hop_that_is_down_keeps_the_sender_waiting(door: FrontDoor) -> None:
    sent = message()
    door.use(CLOSED_PORT)
    answer = await door.send(sent.content, [TOM], ANN)
    assert (answer.code, answer.enhanced) == (451, "4.4.1")
    assert of(last_trace(door, sent), TOM).state is State.DEFERRED
    await retry_arrives_once(door, sent)


async def test_without_any_address_of_the_next_hop_the_sender_waits(door: FrontDoor) -> None:
    sent = message()
    door.use()
    assert (await door.send(sent.content, [TOM], ANN)).code == 451
    await retry_arrives_once(door, sent)


@pytest.mark.parametrize("greeting", ["421 4.3.2 closing", DROP, SILENCE])
async def test_the_next_address_is_tried_when_the_first_does_not_take_mail(door: FrontDoor, greeting: str) -> None:
    sent, well = message(), manners(door)
    async with rough_server(manners(door, greeting=greeting)) as first, rough_server(well) as second:
        door.use(CLOSED_PORT, first, second)
        assert (await door.send(sent.content, [TOM], ANN)).code == 250
    assert len(well.contents) == 1


async def test_the_next_address_is_not_tried_once_the_message_was_refused(door: FrontDoor) -> None:
    sent, other = message(), manners(door)
    async with rough_server(manners(door, mail="550 5.7.1 no")) as first, rough_server(other) as second:
        door.use(first, second)
        assert (await door.send(sent.content, [TOM], ANN)).code == 550
    assert not other.connections


async def test_a_next_hop_that_stops_reading_is_given_up(door: FrontDoor) -> None:
    sent = message(b"A long line of minutes, and then another one.\r\n" * 200_000)
    stalled = manners(door, stop_reading_after_octets=1000, extensions=("PIPELINING", "SIZE 20000000"))
    async with rough_server(stalled) as port:
        door.use(port)
        answer = await door.send(sent.content, [TOM], ANN)
    assert (answer.code, answer.enhanced) == (451, "4.4.2")
    assert not stalled.contents


async def test_a_certificate_of_another_name_gets_no_mail(door: FrontDoor) -> None:
    sent = message()
    bad = manners(door, tls=door.certificates.next_hop_context)
    async with rough_server(bad) as port:
        door.use(port)
        [hop] = door.next_hops.hops
        door.next_hops.hops = [replace(hop, server_name="another.mail.protection.outlook.com")]
        answer = await door.send(sent.content, [TOM], ANN)
    assert (answer.code, answer.enhanced) == (451, "4.7.5")
    assert not bad.contents
    await retry_arrives_once(door, sent)


async def test_a_message_too_large_for_the_next_hop_is_refused_unsent(door: FrontDoor) -> None:
    sent = message(b"minutes\r\n" * 10_000)
    small = manners(door, extensions=("PIPELINING", "SIZE 1000"))
    async with rough_server(small) as port:
        door.use(port)
        answer = await door.send(sent.content, [TOM], ANN)
    assert (answer.code, answer.enhanced) == (552, "5.3.4")
    assert not any(line.startswith("MAIL") for line in small.seen)


async def test_a_kept_connection_that_has_died_costs_nothing(door: FrontDoor) -> None:
    well = manners(door, close_after_message=True)
    async with rough_server(well) as port:
        door.use(port)
        for _ in range(3):
            assert (await door.send(message().content, [TOM], ANN)).code == 250
    assert len(well.contents) == 3


# ---- several recipients, several fates


async def sends(door: FrontDoor, sent: Sent, *recipients: str, **behaviour: object) -> Answer:
    async with rough_server(manners(door, **behaviour)) as port:
        door.use(port)
        return await door.send(sent.content, list(recipients), ANN)


async def empty_the_outbox(
    door: FrontDoor, after: timedelta = timedelta(), **behaviour: object
) -> tuple[list[Tried], list[bytes], list[str]]:
    """Deliver what waits; the results, what the next hop took, and the commands it heard."""
    hop = manners(door, **behaviour)
    async with rough_server(hop) as port:
        door.use(port)
        tried = [await door.redelivery().deliver(record) for record in door.take_outbox(after)]
    return tried, hop.contents, hop.seen


async def test_all_temporary_is_temporary(door: FrontDoor) -> None:
    sent = message()
    answer = await sends(door, sent, TOM, LENA, rcpt=refusing((TOM, "450 4.2.1 busy"), (LENA, "452 4.2.2 full")))
    assert answer.code == 450
    assert {item.state for item in last_trace(door, sent).recipients} == {State.DEFERRED}
    assert not door.take_outbox()


async def test_all_refused_is_refused(door: FrontDoor) -> None:
    sent = message()
    answer = await sends(door, sent, TOM, LENA, rcpt=refusing((TOM, "550 5.1.1 no"), (LENA, "550 5.1.1 no")))
    assert (answer.code, answer.enhanced) == (550, "5.1.1")
    assert {item.state for item in last_trace(door, sent).recipients} == {State.REFUSED}


async def test_refused_and_temporary_stays_with_the_sender(door: FrontDoor) -> None:
    sent = message()
    answer = await sends(door, sent, TOM, LENA, rcpt=refusing((TOM, "550 5.1.1 no"), (LENA, "452 4.2.2 full")))
    assert answer.code == 452
    assert {item.state for item in last_trace(door, sent).recipients} == {State.DEFERRED}
    assert not door.take_outbox()


async def test_relayed_and_temporary_and_refused_all_end_with_somebody(door: FrontDoor) -> None:
    sent = message()
    rcpt = refusing((LENA, "452 4.2.2 full"), (MIA, "550 5.1.1 no such user"))
    answer = await sends(door, sent, TOM, LENA, MIA, rcpt=rcpt)
    assert answer.code == 250
    trace = last_trace(door, sent)
    assert [of(trace, address).state for address in (TOM, LENA, MIA)] == [State.RELAYED, State.QUEUED, State.BOUNCED]
    tried, contents, seen = await empty_the_outbox(door)
    assert not any(one.waiting for one in tried)
    [later] = [content for content in contents if unstuffed(content).endswith(sent.without_route)]
    [report] = [content for content in contents if content is not later]
    assert b"Final-Recipient: rfc822; mia@contoso.example" in report
    assert [line for line in seen if line.startswith("RCPT")] == [f"RCPT TO:<{LENA}>", f"RCPT TO:<{ANN}> NOTIFY=NEVER"]
    assert of(last_trace(door, sent), LENA).state is State.RELAYED


@pytest.mark.parametrize("trouble", ["rcpt", "mail", "content", "down"])
async def test_held_and_temporary_are_both_ours(door: FrontDoor, trouble: str) -> None:
    sent = message()
    if trouble == "down":
        door.use(CLOSED_PORT)
        answer = await door.send(sent.content, [HELD, TOM], ANN)
    else:
        reply: object = (lambda _line: "451 4.3.0 later") if trouble == "rcpt" else "451 4.3.0 later"
        answer = await sends(door, sent, HELD, TOM, **{trouble: reply})
    assert answer.code == 250
    trace = last_trace(door, sent)
    assert (of(trace, HELD).state, of(trace, TOM).state) == (State.QUARANTINED, State.QUEUED)
    [item] = door.held(trace.id)
    assert item.in_state(State.QUARANTINED) == (HELD,)
    _, contents, seen = await empty_the_outbox(door)
    assert [line for line in seen if line.startswith("RCPT")] == [f"RCPT TO:<{TOM}>"]
    assert unstuffed(contents[0]).endswith(sent.without_route)
    assert of(last_trace(door, sent), TOM).state is State.RELAYED


async def test_held_and_refused_are_both_ours_and_the_sender_gets_a_report(door: FrontDoor) -> None:
    sent = message()
    answer = await sends(door, sent, HELD, TOM, rcpt=refusing((TOM, "550 5.1.1 no such user")))
    assert answer.code == 250
    trace = last_trace(door, sent)
    assert (of(trace, HELD).state, of(trace, TOM).state) == (State.QUARANTINED, State.BOUNCED)
    _, [report], seen = await empty_the_outbox(door)
    assert any(line.startswith("MAIL FROM:<>") for line in seen)
    assert b"Action: failed" in report
    assert b"5.1.1" in report


async def test_a_sender_that_tries_again_after_a_mixed_end_delivers_nothing_twice(door: FrontDoor) -> None:
    sent = message()
    rcpt = refusing((LENA, "452 4.2.2 full"))
    assert (await sends(door, sent, TOM, LENA, HELD, rcpt=rcpt)).code == 250
    well = manners(door)
    async with rough_server(well) as port:
        door.use(port)
        assert (await door.send(sent.content, [TOM, LENA, HELD], ANN)).code == 250
    assert not well.contents
    _, contents, _ = await empty_the_outbox(door)
    assert len(contents) == 1


async def test_what_waits_goes_on_waiting_while_the_next_hop_is_down(door: FrontDoor) -> None:
    sent = message()
    assert (await sends(door, sent, TOM, LENA, rcpt=refusing((LENA, "452 4.2.2 full")))).code == 250
    [record] = door.take_outbox()
    door.use(CLOSED_PORT)
    assert (await door.redelivery().deliver(record)).waiting.startswith("451 4.4.1")
    assert of(last_trace(door, sent), LENA).state is State.QUEUED
    well = manners(door)
    async with rough_server(well) as port:
        door.use(port)
        assert not (await door.redelivery().deliver(record)).waiting
    assert unstuffed(well.contents[0]).endswith(sent.without_route)


# ---- what the outbox cannot deliver in the end


async def queued_for_lena(door: FrontDoor, mail_from: str = ANN) -> Sent:
    """A message that Tom has and that waits for Lena."""
    sent = message()
    async with rough_server(manners(door, rcpt=refusing((LENA, "452 4.2.2 full")))) as port:
        door.use(port)
        assert (await door.send(sent.content, [TOM, LENA], mail_from)).code == 250
    return sent


async def test_a_final_refusal_from_the_outbox_is_reported_to_the_sender(door: FrontDoor) -> None:
    sent = await queued_for_lena(door)
    await empty_the_outbox(door, rcpt=refusing((LENA, "550 5.1.1 no such user")))
    assert of(last_trace(door, sent), LENA).state is State.BOUNCED
    _, [report], seen = await empty_the_outbox(door)
    assert "MAIL FROM:<>" in " ".join(seen)
    assert f"RCPT TO:<{ANN}> NOTIFY=NEVER" in seen
    assert b"Final-Recipient: rfc822; lena@contoso.example\r\nAction: failed\r\nStatus: 5.1.1\r\n" in report
    assert sent.network_message_id.encode() in report
    assert report.count(b"contoso-return-in") == 1, "our own stamp; none in the returned header"
    assert not door.take_outbox()


async def test_what_waited_too_long_is_reported_to_the_sender(door: FrontDoor) -> None:
    sent = await queued_for_lena(door)
    [record] = door.take_outbox()
    door.use(CLOSED_PORT)
    await door.redelivery(timedelta(days=3)).deliver(record)
    assert of(last_trace(door, sent), LENA).state is State.BOUNCED
    _, [report], _ = await empty_the_outbox(door, timedelta(days=3))
    assert b"Status: 5.4.7\r\nDiagnostic-Code: smtp; 451 5.4.7 Delivery time expired" in report


async def test_a_report_that_cannot_be_delivered_is_not_reported_again(door: FrontDoor) -> None:
    await queued_for_lena(door, mail_from="")
    await empty_the_outbox(door, rcpt=refusing((LENA, "550 5.1.1 no such user")))
    assert not door.take_outbox()


async def test_the_postman_goes_on_by_itself(door: FrontDoor) -> None:
    sent = await queued_for_lena(door)
    well = manners(door)
    async with rough_server(well) as port, asyncio.timeout(60):
        door.use(port)
        postman = asyncio.get_running_loop().create_task(door.redelivery().keep_delivering(0.01))
        while of(last_trace(door, sent), LENA).state is not State.RELAYED:  # noqa: ASYNC110 - a database has no events
            await asyncio.sleep(0.01)
        postman.cancel()
    assert unstuffed(well.contents[0]).endswith(sent.without_route)
