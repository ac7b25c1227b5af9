"""Who is turned away at the door: with the right code, without the next hop hearing of it, and shown in the trace.

Every case comes from an address of its own on the loopback, so that its trace can be told from the others.
"""

import itertools
import smtplib
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from lockgate.gateway.refusals import PER_MINUTE
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace, Step
from tests.lockgate.smtp.rough_server import Manners, rough_server
from tests.scenarios.front_door import CONTOSO, FABRIKAM, FrontDoor, open_front_door

pytestmark = [pytest.mark.scenario, pytest.mark.asyncio(loop_scope="module")]

ANN, TOM = "ann@outside.example", "tom@contoso.example"
CROSS_TENANT_ID = "X-MS-Exchange-CrossTenant-Id"
NOT_FOR_US = ("550", "5.7.1")
sources: Iterator[str] = (f"127.0.{high}.{low}" for high, low in itertools.product(range(1, 9), range(1, 250)))

Field = tuple[str, str]
OF_CONTOSO: Field = (CROSS_TENANT_ID, CONTOSO.id)
ROUTE_IN: Field = ("X-Lockgate-Route-In", "contoso-route-in")
ROUTE_OUT: Field = ("X-Lockgate-Route-Out", "contoso-route-out")
INTERNAL: Field = ("X-MS-Exchange-CrossTenant-AuthAs", "Internal")


@dataclass
class Place:
    """The gateway and what its next hop heard."""

    door: FrontDoor
    next_hop: Manners

    async def is_refused(self, content: bytes, rcpt_to: str, mail_from: str) -> tuple[str, str, str, MessageTrace]:
        """Stage, code and enhanced code of the answer, and the one trace that was written."""
        source = next(sources)
        before = len(self.next_hop.seen)
        answer = await self.door.send(content, [rcpt_to], mail_from, source=source)
        [trace] = self.door.traces(peer=source)
        assert len(self.next_hop.seen) == before, "the next hop heard of it"
        return answer.stage, str(answer.code), answer.enhanced, trace


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("door")
    async with open_front_door(folder) as door:
        manners = Manners(tls=door.certificates.next_hop_context)
        async with rough_server(manners) as port:
            door.use(port)
            yield Place(door, manners)


def mail(*fields: Field, subject: str = "Order 7") -> bytes:
    ours = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return (
        f"{ours}From: Ann <{ANN}>\r\nTo: {TOM}\r\nSubject: {subject}\r\nMessage-ID: <7@outside.example>\r\n"
        "\r\nTwo crates, please.\r\n"
    ).encode()


@dataclass(frozen=True)
class Case:
    """What is sent, and what the administrator reads about it."""

    fields: tuple[Field, ...]
    cause: str
    tenant_id: str = CONTOSO.id
    direction: Direction | None = None
    rcpt_to: str = TOM
    mail_from: str = ANN
    code: tuple[str, str] = NOT_FOR_US


LOOP = ("554", "5.4.6")
RECEIVED: tuple[Field, ...] = tuple(
    ("Received", f"from a.example by b.example id {number}") for number in range(31)
)  # fmt: skip
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
NOBODY = ""
CASES = {
    "a tenant that is not protected": Case(
        ((CROSS_TENANT_ID, "99999999-0000-4000-8000-000000000000"), ROUTE_IN), "is not protected here", NOBODY
    ),
    "no tenant": Case((ROUTE_IN,), "0 cross-tenant ids", NOBODY),
    "two tenants": Case((OF_CONTOSO, (CROSS_TENANT_ID, FABRIKAM.id), ROUTE_IN), "2 cross-tenant ids", NOBODY),
    "another tenant's id with our secret": Case(
        ((CROSS_TENANT_ID, FABRIKAM.id), ROUTE_IN), "a route header with a wrong secret", FABRIKAM.id
    ),
    "our id with another tenant's secret": Case(
        (OF_CONTOSO, ("X-Lockgate-Route-In", "fabrikam-route-in")), "a route header with a wrong secret"
    ),
    "no routing rule": Case((OF_CONTOSO,), "no route header"),
    "a guessed secret": Case((OF_CONTOSO, ("X-Lockgate-Route-In", "")), "a route header with a wrong secret"),
    "both directions at once": Case((OF_CONTOSO, ROUTE_IN, ROUTE_OUT), "route secrets of both directions"),
    "inbound for another tenant's domain": Case(
        (OF_CONTOSO, ROUTE_IN), "recipient domain is not the tenant's", direction=IN, rcpt_to="x@fabrikam.example"
    ),
    "inbound with the null sender for a stranger": Case(
        (OF_CONTOSO, ROUTE_IN), "recipient domain is not the tenant's", direction=IN, rcpt_to="x@stranger.example",
        mail_from="",
    ),
    "outbound from another tenant's domain": Case(
        (OF_CONTOSO, ROUTE_OUT, INTERNAL), "sender domain is not the tenant's", direction=OUT,
        rcpt_to=ANN, mail_from="x@fabrikam.example",
    ),
    "outbound that Exchange calls anonymous": Case(
        (OF_CONTOSO, ROUTE_OUT, ("X-MS-Exchange-CrossTenant-AuthAs", "Anonymous")), "authenticated as internal",
        direction=OUT, rcpt_to=ANN, mail_from=TOM,
    ),
    "been through here inbound": Case(
        (OF_CONTOSO, ROUTE_IN, ("X-Lockgate-Return-In", "contoso-return-in")), "been through here", direction=IN,
        code=LOOP,
    ),
    "been through here outbound": Case(
        (OF_CONTOSO, ROUTE_OUT, INTERNAL, ("X-Lockgate-Return-Out", "contoso-return-out")), "been through here",
        direction=OUT, rcpt_to=ANN, mail_from=TOM, code=LOOP,
    ),
    "too many Received fields": Case(
        (OF_CONTOSO, ROUTE_IN, *RECEIVED), "31 Received fields, more than 30", direction=IN, code=LOOP
    ),
    "a direction that is not granted": Case(
        ((CROSS_TENANT_ID, FABRIKAM.id), ("X-Lockgate-Route-Out", "fabrikam-route-out"), INTERNAL),
        "outbound protection of this tenant is off", FABRIKAM.id, OUT, ANN, "x@fabrikam.example", ("451", "4.7.1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_message_that_proves_nothing_is_refused_and_shown(place: Place, case: Case) -> None:
    stage, *code, trace = await place.is_refused(mail(*case.fields), case.rcpt_to, case.mail_from)
    assert stage == "content"
    assert tuple(code) == case.code
    assert case.cause in trace.recipients[0].explanation
    assert [event.step for event in trace.events] == [Step.REFUSED_AT_DOOR]
    assert trace.reply.startswith(" ".join(case.code))
    assert (trace.tenant_id, trace.direction, trace.subject) == (case.tenant_id, case.direction, "Order 7")
    expected = State.REFUSED if case.code[0].startswith("5") else State.DEFERRED
    assert [(item.rcpt_to, item.state) for item in trace.recipients] == [(case.rcpt_to, expected)]


async def test_the_secret_is_not_told_to_the_peer_nor_shown(place: Place) -> None:
    source = next(sources)
    answer = await place.door.send(mail((CROSS_TENANT_ID, FABRIKAM.id), ROUTE_IN), [TOM], ANN, source=source)
    [trace] = place.door.traces(peer=source)
    for text in (answer.text, repr(trace)):
        assert "contoso-route-in" not in text
    assert FABRIKAM.display_name not in answer.text
    assert "secret" not in answer.text


async def test_a_domain_of_nobody_here_is_refused_at_rcpt_to(place: Place) -> None:
    stage, *code, trace = await place.is_refused(mail(OF_CONTOSO, ROUTE_IN), "x@stranger.example", ANN)
    assert (stage, tuple(code)) == ("RCPT", NOT_FOR_US)
    assert "nor x@stranger.example is of a tenant protected here" in trace.events[0].detail
    assert trace.recipients[0].state is State.REFUSED


async def test_perfect_headers_without_a_certificate_are_worth_nothing(place: Place) -> None:
    source = next(sources)
    answer = await place.door.send_anonymously(mail(OF_CONTOSO, ROUTE_IN), [TOM], ANN, source)
    assert (answer.stage, answer.code, answer.enhanced) == ("MAIL", 550, "5.7.1")
    [trace] = place.door.traces(peer=source)
    assert "client certificate is not Exchange Online's (it is: none)" in trace.events[0].detail
    assert (trace.mail_from, trace.tenant_id) == (ANN, "")


async def test_perfect_headers_with_somebody_elses_certificate_are_worth_nothing(place: Place) -> None:
    source = next(sources)
    other = place.door.certificates.somebody
    answer = await place.door.send(mail(OF_CONTOSO, ROUTE_IN), [TOM], ANN, identity=other, source=source)
    assert (answer.stage, answer.code, answer.enhanced) == ("MAIL", 550, "5.7.1")
    [trace] = place.door.traces(peer=source)
    assert "mail.somebody.example" in trace.events[0].detail


async def test_a_certificate_that_nobody_vouches_for_does_not_get_to_speak(place: Place) -> None:
    before = len(place.next_hop.seen)
    forged = place.door.certificates.unknown_authority
    with pytest.raises((smtplib.SMTPServerDisconnected, ssl.SSLError, ConnectionError)):
        await place.door.send(mail(OF_CONTOSO, ROUTE_IN), [TOM], ANN, identity=forged)
    assert len(place.next_hop.seen) == before


async def test_nothing_of_mail_is_said_in_plain_text(place: Place) -> None:
    answer = await place.door.send(mail(OF_CONTOSO, ROUTE_IN), [TOM], ANN, tls=False)
    assert (answer.stage, answer.code, answer.enhanced) == ("MAIL", 530, "5.7.0")


async def test_a_stranger_cannot_fill_the_trace(place: Place) -> None:
    source = next(sources)
    for _ in range(PER_MINUTE + 3):
        answer = await place.door.send_anonymously(mail(), [TOM], ANN, source)
        assert answer.code == 550
    assert len(place.door.traces(peer=source)) == PER_MINUTE


async def test_a_message_that_proves_its_tenant_passes_the_same_door(place: Place) -> None:
    answer = await place.door.send(mail(OF_CONTOSO, ROUTE_IN), [TOM], ANN)
    assert (answer.stage, answer.code) == ("content", 250)
    assert place.next_hop.contents[-1].endswith(mail(OF_CONTOSO) + b".\r\n")
