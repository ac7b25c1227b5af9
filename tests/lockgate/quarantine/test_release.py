"""Releases: once, under a claim, tried again, given back; and as a durable workflow that a controller runs."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from lockgate.bootstrap.durable import running_workflows, starting
from lockgate.model.clock import system_clock
from lockgate.model.custody import Held
from lockgate.model.envelope import Recipient
from lockgate.model.errors import InvalidInput, PermanentError, TemporaryError
from lockgate.model.lifecycle import State
from lockgate.quarantine import workflows
from lockgate.quarantine.ending import proofs
from lockgate.quarantine.ports import Delivery, Outcome, Starts
from lockgate.quarantine.reading import ProcessReader
from lockgate.quarantine.release import Releases, Tried
from lockgate.quarantine.service import STRANDED_AFTER, QuarantineService
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.blobs import Blobs, open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.unit_of_work import Database
from tests.contracts import records

ADA, BEN = "ada@contoso.example", "ben@contoso.example"
CONTENT = b"From: a@b.example\r\nSubject: held\r\n\r\nhello\r\n"
AUTHOR = Author("root", system_clock(), "192.0.2.1")
YES = Outcome(Delivery.DELIVERED, "250 2.6.0 queued")
NO = Outcome(Delivery.REFUSED, "550 5.1.1 unknown")
LATER = Outcome(Delivery.LATER, "451 4.7.0 later")


@dataclass
class NextHop:
    """Answers as told, and remembers whom it was asked for."""

    answers: dict[str, list[Outcome | TemporaryError]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def deliver(self, held: Held, recipients: Sequence[Recipient], content: bytes) -> Mapping[str, Outcome]:
        assert content == CONTENT
        given = {}
        for one in recipients:
            self.asked.append(one.address)
            answer = self.answers.get(one.address, [YES])
            said = answer.pop(0) if len(answer) > 1 else answer[0]
            if isinstance(said, TemporaryError):
                raise said
            given[one.address] = said
        return given


@dataclass
class Remembered:
    """Starts nothing; remembers what was to be started, as a process does that dies at once."""

    started: list[tuple[str, ...]] = field(default_factory=list)

    def start(self, workflow: str, workflow_id: str, *arguments: str) -> None:
        self.started.append(arguments)


@dataclass(frozen=True)
class Desk:
    """A quarantine with one held message for Ada and Ben."""

    database: Database
    blobs: Blobs
    hop: NextHop
    starts: Remembered
    releases: Releases
    held: Held

    def service(self, starts: Starts | None = None) -> QuarantineService:
        return QuarantineService(
            self.database, self.blobs, system_clock, lambda: uuid.uuid4().hex, ProcessReader(), starts or self.starts
        )

    def item(self) -> HeldItem:
        with self.database.read() as unit:
            item = HeldMessages(unit).get(self.held.id)
        assert item is not None
        return item

    def states(self) -> dict[str, State]:
        return {one.rcpt_to: one.state for one in self.item().recipients}


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    database = open_database(f"sqlite:///{tmp_path / 'lockgate.db'}")
    blobs = open_blobs(str(tmp_path / "blobs"))
    ledger = StoredLedger(database, blobs, system_clock)
    trace = records.a_trace(recipients=tuple(records.a_recipient(one, State.QUARANTINED) for one in (ADA, BEN)))
    held = records.a_held(trace, ADA, BEN, blob=await ledger.keep_content([CONTENT]))
    await ledger.settle(records.held_settling(trace, held))
    await ledger.close()
    hop = NextHop()
    return Desk(database, blobs, hop, Remembered(), Releases(database, blobs, system_clock, hop), held)


async def test_of_two_who_release_at_once_one_gets_the_recipients(desk: Desk) -> None:
    service = desk.service()
    taken = await asyncio.gather(*(service.release(desk.held.id, None, AUTHOR) for _ in range(4)))
    assert sorted(len(one) for one in taken) == [0, 0, 0, 2]
    for arguments in desk.starts.started:
        await desk.releases.attempt(*arguments)
    assert sorted(desk.hop.asked) == [ADA, BEN]
    assert desk.states() == {ADA: State.RELEASED, BEN: State.RELEASED}


async def test_a_step_that_runs_again_after_its_note_delivers_nothing_again(desk: Desk) -> None:
    await desk.service().release(desk.held.id, [ADA], AUTHOR)
    for _ in range(3):
        assert await desk.releases.attempt(*desk.starts.started[0]) is Tried.DONE
    assert desk.hop.asked == [ADA]
    assert desk.states() == {ADA: State.RELEASED, BEN: State.QUARANTINED}


async def test_who_was_answered_is_not_tried_again_while_others_wait(desk: Desk) -> None:
    desk.hop.answers[BEN] = [LATER, YES]
    await desk.service().release(desk.held.id, None, AUTHOR)
    claim = desk.starts.started[0]
    assert await desk.releases.attempt(*claim) is Tried.LATER
    assert desk.states() == {ADA: State.RELEASED, BEN: State.RELEASING}
    assert await desk.releases.attempt(*claim) is Tried.DONE
    assert desk.hop.asked == [ADA, BEN, BEN]


async def test_a_final_no_and_days_of_silence_bring_the_message_back(desk: Desk) -> None:
    desk.hop.answers = {ADA: [NO], BEN: [LATER]}
    await desk.service().release(desk.held.id, None, AUTHOR)
    await desk.releases.attempt(*desk.starts.started[0])
    await desk.releases.give_back(*desk.starts.started[0])
    assert desk.states() == {ADA: State.QUARANTINED, BEN: State.QUARANTINED}
    assert next(one.reply for one in desk.item().recipients) == NO.reply
    assert desk.blobs.get(desk.held.blob) == CONTENT


async def test_a_next_hop_that_cannot_be_found_loses_nothing(desk: Desk) -> None:
    desk.hop.answers[ADA] = [TemporaryError("no address")]
    await desk.service().release(desk.held.id, [ADA], AUTHOR)
    assert await desk.releases.attempt(*desk.starts.started[0]) is Tried.LATER
    assert desk.states()[ADA] is State.RELEASING


async def test_content_ends_with_the_last_recipient_and_not_before(desk: Desk) -> None:
    service = desk.service()
    assert await service.delete(desk.held.id, [ADA], AUTHOR) == (ADA,)
    assert desk.blobs.get(desk.held.blob) == CONTENT
    assert await service.delete(desk.held.id, None, AUTHOR) == (BEN,)
    with pytest.raises(PermanentError):
        desk.blobs.get(desk.held.blob)
    with pytest.raises(InvalidInput):
        await service.release(desk.held.id, None, AUTHOR)


async def test_content_that_the_store_does_not_delete_is_not_said_to_be_gone(desk: Desk, tmp_path: Path) -> None:
    content = tmp_path / "blobs" / desk.held.blob
    content.unlink()
    content.mkdir()  # neither read nor unlinked
    assert await desk.service().delete(desk.held.id, None, AUTHOR) == (ADA, BEN)
    with desk.database.read() as unit:
        [proof] = proofs(unit, desk.held.id)
    assert (proof.actor, proof.peer, proof.after["because"]) == ("root", "192.0.2.1", "deleted")
    assert (proof.after["gone"], proof.after["record_marked"], proof.after["sha256"]) == (False, True, "")


async def test_a_release_whose_process_died_before_it_began_is_begun_anew(desk: Desk) -> None:
    service = desk.service()
    await service.release(desk.held.id, None, AUTHOR)
    lost = desk.starts.started.pop()
    assert service.resume_stranded() == 0
    later = replace(service, clock=lambda: system_clock() + STRANDED_AFTER + timedelta(minutes=1))
    assert later.resume_stranded() == 1
    assert await desk.releases.attempt(*lost) is Tried.DONE  # the old claim has nobody in hand any more
    assert desk.hop.asked == []
    await desk.releases.attempt(*desk.starts.started[0])
    assert desk.states() == {ADA: State.RELEASED, BEN: State.RELEASED}


async def test_the_preview_is_read_in_a_process_of_its_own(desk: Desk) -> None:
    shown = await desk.service().preview(desk.held.id)
    assert (shown.subject, shown.text.strip()) == ("held", "hello")


@pytest.mark.scenario
async def test_a_controller_delivers_what_the_console_released(desk: Desk, tmp_path: Path) -> None:
    settings = Settings(data_directory=tmp_path)
    async with running_workflows(settings, [partial(workflows.register, desk.releases)]):
        with starting(settings) as starts:
            assert await desk.service(starts).release(desk.held.id, None, AUTHOR) == (ADA, BEN)
            async with asyncio.timeout(60):
                while set(desk.states().values()) != {State.RELEASED}:  # noqa: ASYNC110 - another process's work
                    await asyncio.sleep(0.1)
    assert sorted(desk.hop.asked) == [ADA, BEN]
