"""A delivered message leaves the mailboxes that have it, and comes back, whatever is throttled or dies on the way."""

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from lockgate.bootstrap.durable import starting
from lockgate.bootstrap.microsoft365 import provisioning
from lockgate.bootstrap.pull_back import pull_back_requests, pulling_back
from lockgate.microsoft365.delivered_copies import DeliveredCopies
from lockgate.microsoft365.pull_back import Portion, PullingBack
from lockgate.microsoft365.pull_back_requests import PullBackRequests, Standing
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.lifecycle import State
from lockgate.model.pull_back import CopyState, Destination
from lockgate.model.trace import MessageTrace, Step
from lockgate.reporting.trace_search import TraceSearch
from lockgate.storage.audit import AuditLog
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.traces import TraceFilter
from m365_simulator.seed import CONTOSO
from tests.m365_simulator.conftest import running
from tests.m365_simulator.simulation import Simulation
from tests.scenarios.protected_tenant import AUTHOR, Installation, installation, protected

__all__ = ["running"]
pytestmark = [pytest.mark.scenario, pytest.mark.asyncio(loop_scope="module")]
TOM, LENA, SAMUEL = (f"{name}@contoso.example" for name in ("tom.becker", "lena.vogel", "samuel.osei"))
ENGINEERING = "engineering@contoso.example"  # Lena and Samuel
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Letter:
    """One message of its own for each test."""

    number: int = field(default_factory=lambda: next(NUMBERS))

    @property
    def id(self) -> str:
        """Its Message-ID; an apostrophe ends a text in OData."""
        return f"<o'neill-{self.number}@no-policy.example>"

    @property
    def subject(self) -> str:
        return f"Minutes of meeting {self.number:03}"

    def __bytes__(self) -> bytes:
        return (
            f"From: Nora <nora@no-policy.example>\r\nTo: {TOM}\r\nSubject: {self.subject}\r\nMessage-ID: {self.id}\r\n"
            "Date: Tue, 24 Nov 2026 09:00:00 +0000\r\n\r\nAs we agreed.\r\n"
        ).encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lockgate(running: Simulation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """One protected tenant for the whole file."""
    running.control("POST", "/reset")
    async with installation(running, tmp_path_factory.mktemp("pull-back")) as made:
        await protected(made, Direction.INBOUND)
        yield made


@pytest.fixture
def letter() -> Letter:
    return Letter()


@pytest.fixture
def requests(lockgate: Installation) -> Iterator[PullBackRequests]:
    with starting(lockgate.parts.settings) as starts:
        yield pull_back_requests(lockgate.parts, starts)


async def delivered(lockgate: Installation, letter: Letter) -> MessageTrace:
    """The message in Tom's mailbox, and in Lena's and Samuel's through their group; its trace."""
    body = {
        "mail_from": "nora@no-policy.example", "recipients": [TOM, ENGINEERING],
        "content_base64": base64.b64encode(bytes(letter)).decode(),
    }  # fmt: skip
    answers = await asyncio.to_thread(lockgate.simulation.control, "POST", "/internet", body)
    assert [one["code"] for one in answers.json()] == [250, 250]
    await until(lambda: folders(lockgate, letter) == ["inbox"] * 3)
    found = TraceSearch(lockgate.parts.database).page(TraceFilter(words=letter.subject)).traces
    return max(found, key=lambda one: len(one.recipients))


def folders(lockgate: Installation, letter: Letter, *addresses: str) -> list[str]:
    """The folders of these mailboxes that have the message, where only an investigator looks left out."""
    found = []
    for address in addresses or (TOM, LENA, SAMUEL):
        stored = lockgate.simulation.control("GET", f"/mailboxes/{address}").json()
        mine = [one for one in stored if letter.id.encode() in base64.b64decode(one["content_base64"])]
        found += sorted(one["folder"] for one in mine if not one["folder"].startswith("recoverable"))
    return found


def newest(requests: PullBackRequests, trace: MessageTrace) -> Standing:
    return requests.standing(trace.id)[0]


async def ended(requests: PullBackRequests, trace: MessageTrace) -> Standing:
    await until(lambda: newest(requests, trace).asked.ended_at is not None)
    return newest(requests, trace)


async def test_moved_to_junk_for_recipients_and_members_of_groups_and_put_back_though_microsoft_throttles(
    lockgate: Installation, requests: PullBackRequests, letter: Letter
) -> None:
    trace = await delivered(lockgate, letter)
    throttled = {
        "surface": "graph", "match": "*move*", "kind": "status", "remaining": 2,
        "parameters": {"status": 429, "headers": {"Retry-After": "1"}},
    }  # fmt: skip
    lockgate.simulation.control("POST", "/faults", throttled)
    pull = requests.pull_back(trace.id, Destination.JUNK, AUTHOR, everywhere=False)
    with pytest.raises(InvalidInput, match="at this moment"):
        requests.pull_back(trace.id, Destination.JUNK, AUTHOR, everywhere=False)
    done = await ended(requests, trace)
    assert {one.mailbox: one.state for one in done.copies} == dict.fromkeys((TOM, LENA, SAMUEL), CopyState.MOVED)
    assert folders(lockgate, letter) == ["junkemail"] * 3
    assert not any(one["remaining"] for one in lockgate.simulation.control("GET", "/faults").json())

    requests.put_back(trace.id, pull.id, AUTHOR)
    done = await ended(requests, trace)
    assert done.counts[CopyState.RETURNED] == 3 and not done.may_return
    assert folders(lockgate, letter) == ["inbox"] * 3
    with pytest.raises(InvalidInput, match="put back before"):
        requests.put_back(trace.id, pull.id, AUTHOR)
    steps = [event.step for event in TraceSearch(lockgate.parts.database).message(trace.id).events]
    assert steps.count(Step.PULLED_BACK) == steps.count(Step.PUT_BACK) == 3
    with lockgate.parts.database.read() as unit:
        acts = [(one.act, one.subject) for one in AuditLog(unit).newest() if one.subject == trace.id]
    assert acts == [("mail.put-back", trace.id), ("mail.pull-back", trace.id)]


async def test_every_mailbox_is_looked_into_and_the_quarantine_has_a_copy_before_a_mailbox_loses_its_own(
    lockgate: Installation, requests: PullBackRequests, letter: Letter
) -> None:
    trace = await delivered(lockgate, letter)
    refused = {
        "surface": "graph", "match": "*permanentDelete*", "kind": "status", "remaining": 1,
        "parameters": {"status": 403, "body": {"error": {"code": "ErrorAccessDenied", "message": "Not now."}}},
    }  # fmt: skip
    lockgate.simulation.control("POST", "/faults", refused)
    requests.pull_back(trace.id, Destination.QUARANTINE, AUTHOR, everywhere=True)
    done = await ended(requests, trace)
    assert done.counts[CopyState.ABSENT] > 5, "other mailboxes have no copy"
    states = {one.mailbox: one.state for one in done.copies}
    [kept] = [mailbox for mailbox, state in states.items() if state is CopyState.FAILED]
    taken = sorted({TOM, LENA, SAMUEL} - {kept})
    assert [states[one] for one in taken] == [CopyState.HELD] * 2
    assert folders(lockgate, letter, kept) == ["inbox"] and folders(lockgate, letter, *taken) == []
    copies = {one.mailbox: one.held_id for one in done.copies}
    with lockgate.parts.database.read() as unit:
        items = {one: HeldMessages(unit).get(copies[one]) for one in (TOM, LENA, SAMUEL)}
    for address, item in items.items():
        assert item is not None and item.in_state(State.QUARANTINED) == (address,)
        assert b"As we agreed." in lockgate.parts.blobs.get(item.held.blob)

    requests.put_back(trace.id, done.asked.id, AUTHOR)
    await ended(requests, trace)
    await until(lambda: folders(lockgate, letter, *taken) == ["inbox", "inbox"])


class Dying(DeliveredCopies):
    """Mailboxes of a process that dies right after Microsoft has done what it was asked."""

    async def move(self, mailbox: str, item_id: str, folder: str) -> None:
        await super().move(mailbox, item_id, folder)
        raise SystemError("the process dies here")

    async def delete(self, mailbox: str, item_id: str) -> None:
        await super().delete(mailbox, item_id)
        raise SystemError("the process dies here")


@pytest.mark.parametrize("destination", [Destination.DELETED_ITEMS, Destination.QUARANTINE])
async def test_a_process_that_dies_after_each_act_leaves_nothing_twice_and_nothing_undone(
    lockgate: Installation, letter: Letter, destination: Destination
) -> None:
    trace = await delivered(lockgate, letter)
    asked: list[tuple[str, ...]] = []

    class Noted:
        def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
            asked.append((workflow, workflow_id, *arguments))

    requests = pull_back_requests(lockgate.parts, Noted())
    pull = requests.pull_back(trace.id, destination, AUTHOR, everywhere=False)
    assert requests.resume() == 1 and asked[0] == asked[1], "a request whose process died is started again"
    async with provisioning(lockgate.parts) as work:
        living = pulling_back(lockgate.parts, work.access, Noted())
        graph = work.access.graph(CONTOSO)
        dying = PullingBack(
            living.database, living.blobs, living.clock, lambda _: Dying(graph), living.releases, living.held_for
        )
        deaths = 0
        for _ in range(20):
            try:
                if await dying.portion(pull.id) is Portion.DONE:
                    break
            except SystemError:
                deaths += 1
                if deaths > 3:
                    break
        while await living.portion(pull.id) is not Portion.DONE:
            pass
    assert deaths
    state = CopyState.HELD if destination is Destination.QUARANTINE else CopyState.MOVED
    standing = newest(requests, trace)
    assert standing.counts[state] == 3 and CopyState.FAILED not in standing.counts
    left = 0 if destination is Destination.QUARANTINE else 3
    assert folders(lockgate, letter) == ["deleteditems"] * left
    with lockgate.parts.database.read() as unit:
        held = {one.held_id for one in standing.copies if one.held_id}
        assert all(HeldMessages(unit).get(one) is not None for one in held)
    assert len(held) == (3 if destination is Destination.QUARANTINE else 0)


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110 - workflows tell nobody
            await asyncio.sleep(0.1)
