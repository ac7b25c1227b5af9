"""Mail to the report address is kept and goes no further; only the organisation's authenticated people may send it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from lockgate.end_users.settings import EndUserSettings, save_settings
from lockgate.gateway.report_address import TAKEN, TOO_MANY
from lockgate.model.clock import system_clock
from lockgate.model.lifecycle import State
from lockgate.model.trace import Step
from lockgate.model.user_report import ReportState, UserReport, Way
from lockgate.storage.audit import Author
from lockgate.storage.blobs import Blobs, open_blobs
from lockgate.storage.user_reports import UserReports
from tests.lockgate.smtp.rough_server import Manners, rough_server
from tests.scenarios.front_door import CONTOSO, GATEWAY, Answer, FrontDoor, open_front_door

pytestmark = [pytest.mark.scenario, pytest.mark.asyncio(loop_scope="module")]
TOM, LENA, NORA = "tom@contoso.example", "lena@contoso.example", "nora@partner.example"
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
REPORTS = f"reports@reports.{GATEWAY}"


@dataclass
class Place:
    """The gateway, and a next hop that may be told to fail."""

    door: FrontDoor
    next_hop: Manners
    blobs: Blobs

    async def send(self, number: int, *rcpt_tos: str, mail_from: str = TOM, auth_as: str = "Internal") -> Answer:
        return await self.door.send(report(number, auth_as), rcpt_tos, mail_from)

    def reports(self, number: int) -> list[UserReport]:
        """The reports that carry this number."""
        with self.door.database.read() as unit:
            found = UserReports(unit).search(limit=100)
        return [one for one in found if f"Odd {number}\r\n".encode() in self.blobs.get(one.blob)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("reports")
    async with open_front_door(folder) as door:
        manners = Manners(tls=door.certificates.next_hop_context)
        async with rough_server(manners) as port:
            door.use(port)
            yield Place(door, manners, open_blobs(str(folder / "blobs")))


def report(number: int, auth_as: str = "Internal") -> bytes:
    return (
        f"X-MS-Exchange-CrossTenant-Id: {CONTOSO.id}\r\nX-Lockgate-Route-Out: contoso-route-out\r\n"
        f"X-MS-Exchange-CrossTenant-AuthAs: {auth_as}\r\n"
        f"X-MS-Exchange-CrossTenant-Network-Message-Id: {number:08d}-0000-4000-8000-000000000000\r\n"
        f"From: Tom <{TOM}>\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: x@bad.example\r\nSubject: Odd {number}\r\n\r\n{EICAR if number == 1 else 'Are you there?'}\r\n"
    ).encode()


async def test_a_report_is_kept_unjudged_before_the_sender_hears_yes_and_nobody_else_gets_it(place: Place) -> None:
    before = len(place.next_hop.seen)
    answer = await place.send(1, REPORTS)
    assert (answer.stage, answer.code) == ("content", 250)
    [one] = place.reports(1)
    assert (one.tenant_id, one.reporter, one.way, one.state) == (CONTOSO.id, TOM, Way.MAIL, ReportState.ARRIVED)
    assert len(place.next_hop.seen) == before, "it went on"
    [trace] = place.door.traces(message_id="00000001-0000-4000-8000-000000000000")
    [recipient] = trace.recipients
    assert (recipient.state, recipient.explanation, trace.subject, trace.verdict) == (State.TAKEN, TAKEN, "Fwd", None)
    assert Step.REPORT_TAKEN in {event.step for event in trace.events}


async def test_the_same_report_tried_again_is_one(place: Place) -> None:
    for address in (REPORTS, REPORTS.upper(), REPORTS):
        assert (await place.send(2, address)).code == 250
    assert len(place.reports(2)) == 1


async def test_others_in_the_same_mail_get_it_and_a_retry_for_them_makes_no_second_report(place: Place) -> None:
    manners, place.next_hop.rcpt = place.next_hop.rcpt, lambda _line: "451 not now"
    try:
        assert (await place.send(3, REPORTS, NORA)).code == 451
        assert len(place.reports(3)) == 1
    finally:
        place.next_hop.rcpt = manners
    assert (await place.send(3, REPORTS, NORA)).code == 250
    assert len(place.reports(3)) == 1
    assert b"Odd 3" in place.next_hop.contents[-1] and not any(REPORTS in line for line in place.next_hop.seen)


@pytest.mark.parametrize(
    ("number", "mail_from", "auth_as"),
    [(11, "eve@outside.example", "Internal"), (12, TOM, "Anonymous"), (13, "", "Internal")],
    ids=["a stranger", "not authenticated", "nobody"],
)
async def test_only_authenticated_people_of_the_organisation_report(
    place: Place, number: int, mail_from: str, auth_as: str
) -> None:
    answer = await place.send(number, REPORTS, mail_from=mail_from, auth_as=auth_as)
    assert place.reports(number) == []
    assert (answer.code == 250) == (not mail_from), "mail of nobody goes the way of all other mail"


async def test_mail_from_outside_cannot_be_a_report(place: Place) -> None:
    inbound = report(14).replace(b"X-Lockgate-Route-Out: contoso-route-out", b"X-Lockgate-Route-In: contoso-route-in")
    answer = await place.door.send(inbound, [REPORTS], TOM)
    assert answer.code == 550 and place.reports(14) == []


async def test_one_too_many_is_not_kept_and_the_trace_says_so(place: Place) -> None:
    wanted = EndUserSettings(reports_per_day=1).model_dump(mode="json")
    save_settings(place.door.database, CONTOSO.id, wanted, Author("ada", system_clock()), seen=0)
    assert [(await place.send(number, REPORTS, mail_from=LENA)).code for number in (21, 22)] == [250, 250]
    assert [len(place.reports(number)) for number in (21, 22)] == [1, 0]
    [trace] = place.door.traces(message_id="00000022-0000-4000-8000-000000000000")
    assert (trace.recipients[0].state, trace.recipients[0].explanation) == (State.TAKEN, TOO_MANY)
