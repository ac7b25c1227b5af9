"""Takes a delivered message out of mailboxes, and puts it back; a portion at a time, each copy noted as it is done.

Rule: what is taken into our quarantine is committed there before the mailbox loses it. Every act is taken up from its
row and may run twice: a move is looked at before it is done, a copy is held under an id of its own.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lockgate.microsoft365.delivered_copies import DELETED_ITEMS, JUNK, DeliveredCopies
from lockgate.microsoft365.graph_client import NotFound
from lockgate.microsoft365.ports import Releases
from lockgate.model.clock import Clock
from lockgate.model.custody import Held
from lockgate.model.envelope import Direction, Envelope, Recipient
from lockgate.model.errors import InvalidInput, PermanentError
from lockgate.model.pull_back import TO_PULL, TO_RETURN, Copy, CopyState, Destination, PullBack
from lockgate.model.trace import MessageTrace, Step, TraceEvent
from lockgate.storage.audit import Author
from lockgate.storage.blobs import Blobs
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.held_retention import HeldFor
from lockgate.storage.pull_backs import PullBacks
from lockgate.storage.trace_notes import note_events
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database

PORTION = 20  # mailboxes or copies in one step of the workflow
AT_ONCE = 4  # of them; Graph allows four requests at a time for a mailbox, and more than enough over all
FOLDERS = {Destination.JUNK: JUNK, Destination.DELETED_ITEMS: DELETED_ITEMS}
GONE = "It was gone before it could be taken."


class Portion(StrEnum):
    """What one step came to."""

    MORE = "more"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class PullingBack:
    """The steps of the workflow. `copies` gives a tenant's mailboxes."""

    database: Database
    blobs: Blobs
    clock: Clock
    copies: Callable[[str], DeliveredCopies]
    releases: Releases
    held_for: HeldFor

    async def portion(self, pull_back_id: str) -> Portion:
        """Do some of what is left; raises TemporaryError when Microsoft does not answer: what is done stays done."""
        asked, work = await asyncio.to_thread(self._left, pull_back_id)
        if asked is None or not work:
            await asyncio.to_thread(self._end, pull_back_id)
            return Portion.DONE
        await self._each(asked, work, self._give_back if asked.is_return else self._take)
        return Portion.MORE

    async def give_up(self, pull_back_id: str) -> None:
        """Microsoft has not answered for a day: what is left has failed."""
        await asyncio.to_thread(self._give_up, pull_back_id)

    async def _each(
        self, asked: PullBack, work: Sequence[Copy], act: Callable[[PullBack, Copy], Awaitable[list[Copy]]]
    ) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(copy: Copy) -> None:
            async with gate:
                try:
                    after = await act(asked, copy)
                except PermanentError as error:
                    after = [replace(copy, state=CopyState.FAILED, detail=str(error))]
                await asyncio.to_thread(self._note, asked, after)

        failures = [one for one in await asyncio.gather(*map(one, work), return_exceptions=True) if one is not None]
        if failures:
            raise failures[0]

    async def _take(self, asked: PullBack, copy: Copy) -> list[Copy]:
        """The rows after the next act on this row."""
        match copy.state:
            case CopyState.WAITING:
                return await self._look(asked, copy)
            case CopyState.KEPT:
                await self.copies(asked.tenant_id).delete(copy.mailbox, copy.item_id)
                return [replace(copy, state=CopyState.HELD)]
            case _ if asked.destination is Destination.QUARANTINE:
                return await self._keep(asked, copy)
            case _:
                return await self._move(asked, copy)

    async def _look(self, asked: PullBack, copy: Copy) -> list[Copy]:
        try:
            found = await self.copies(asked.tenant_id).find(copy.mailbox, asked.internet_message_id)
        except NotFound:
            return [replace(copy, state=CopyState.ABSENT, detail="There is no such mailbox.")]
        rows = [Copy(copy.mailbox, one.item_id, CopyState.FOUND, copy.at, one.folder_id) for one in found]
        return [replace(copy, state=CopyState.LOOKED if rows else CopyState.ABSENT), *rows]

    async def _move(self, asked: PullBack, copy: Copy) -> list[Copy]:
        mailboxes = self.copies(asked.tenant_id)
        try:
            name = FOLDERS[asked.destination]
            there = await mailboxes.folder(copy.mailbox, name)
            if await mailboxes.folder_of(copy.mailbox, copy.item_id) != there:
                await mailboxes.move(copy.mailbox, copy.item_id, name)
        except NotFound:
            return [replace(copy, state=CopyState.ABSENT, detail=GONE)]
        return [replace(copy, state=CopyState.MOVED)]

    async def _keep(self, asked: PullBack, copy: Copy) -> list[Copy]:
        try:
            content = await self.copies(asked.tenant_id).content(copy.mailbox, copy.item_id)
        except NotFound:
            return [replace(copy, state=CopyState.ABSENT, detail=GONE)]
        return [await asyncio.to_thread(self._hold, asked, copy, content)]

    def _hold(self, asked: PullBack, copy: Copy, content: bytes) -> Copy:
        """Commit the copy to the quarantine, with the row that says so."""
        now = self.clock()
        blob = self.blobs.put([content], now)
        with self.database.write() as unit:
            trace = Traces(unit).get(asked.message_id)
            if trace is None:
                raise InvalidInput("The trace of this message is not kept any more, so its copy cannot be held.")
            held = _held(asked, copy, trace, blob, len(content), now)
            HeldMessages(unit).keep(replace(held, expires_at=now + self.held_for(unit, held)))
            kept = replace(copy, state=CopyState.KEPT, held_id=held.id, at=now)
            PullBacks(unit).put(asked.id, [kept])
        return kept

    async def _give_back(self, asked: PullBack, copy: Copy) -> list[Copy]:
        if copy.state is CopyState.HELD:
            author = Author(asked.asked_by, self.clock())
            await self.releases.release(copy.held_id, None, author)
            return [replace(copy, state=CopyState.RETURNED, detail="It is delivered anew.")]
        mailboxes = self.copies(asked.tenant_id)
        try:
            if await mailboxes.folder_of(copy.mailbox, copy.item_id) != copy.folder_id:
                await mailboxes.move(copy.mailbox, copy.item_id, copy.folder_id)
        except NotFound:
            return [replace(copy, state=CopyState.FAILED, detail="It was deleted meanwhile.")]
        return [replace(copy, state=CopyState.RETURNED)]

    def _left(self, pull_back_id: str) -> tuple[PullBack | None, list[Copy]]:
        with self.database.read() as unit:
            asked = PullBacks(unit).get(pull_back_id)
            states = TO_RETURN if asked and asked.is_return else TO_PULL
            return asked, PullBacks(unit).copies(pull_back_id, states, PORTION)

    def _note(self, asked: PullBack, after: Sequence[Copy]) -> None:
        now = self.clock()
        with self.database.write() as unit:
            PullBacks(unit).put(asked.id, [replace(one, at=now) for one in after])
            note_events(unit, asked.message_id, [one for copy in after if (one := _event(asked, copy, now))])

    def _give_up(self, pull_back_id: str) -> None:
        while True:
            asked, left = self._left(pull_back_id)
            if asked is None or not left:
                break
            detail = "Microsoft did not answer for a day; begin again."
            self._note(asked, [replace(one, state=CopyState.FAILED, detail=detail) for one in left])
        self._end(pull_back_id)

    def _end(self, pull_back_id: str) -> None:
        with self.database.write() as unit:
            PullBacks(unit).end(pull_back_id, self.clock())


def _event(asked: PullBack, copy: Copy, now: datetime) -> TraceEvent | None:
    if copy.state in (CopyState.MOVED, CopyState.HELD):
        return TraceEvent(Step.PULLED_BACK, now, f"to {asked.destination} by {asked.asked_by}", copy.mailbox)
    if copy.state is CopyState.RETURNED:
        return TraceEvent(Step.PUT_BACK, now, copy.detail, copy.mailbox)
    return None


def _held(asked: PullBack, copy: Copy, trace: MessageTrace, blob: str, size: int, now: datetime) -> Held:
    name = hashlib.sha256(f"{asked.id}/{copy.mailbox}/{copy.item_id}".encode()).hexdigest()[:32]
    envelope = Envelope(trace.mail_from, (Recipient(copy.mailbox),), body="8BITMIME")
    return Held(
        id=name, message_id=trace.id, tenant_id=asked.tenant_id, direction=Direction.INBOUND, envelope=envelope,
        blob=blob, reason=f"Taken back out of the mailbox by {asked.asked_by}.", reasons=(),
        verdict=trace.verdict.value if trace.verdict else "clean", policy_id="", policy_version=0,
        subject=trace.subject, header_from=trace.header_from, size=size, held_at=now, expires_at=now,
    )  # fmt: skip
