"""Delivers what was released, once: one try at a time, under the claim that the release took.

Rule: only recipients that the claim has in hand are delivered to, so two who release at once do it once. A crash
between the next hop's 250 and our note of it delivers twice: of the two ways to be wrong, the one that loses nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lockgate.model.clock import Clock
from lockgate.model.custody import Held
from lockgate.model.errors import TemporaryError
from lockgate.model.lifecycle import State
from lockgate.model.trace import Step, TraceEvent
from lockgate.quarantine.ending import Cause, Endings
from lockgate.quarantine.ports import Delivers, Delivery, Outcome
from lockgate.storage.audit import Author
from lockgate.storage.blobs import Blobs
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.trace_notes import note_events
from lockgate.storage.unit_of_work import Database

SYSTEM = "system"


class Tried(StrEnum):
    """What one try came to."""

    DONE = "done"  # nobody is in hand any more
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Releases:
    """The steps of the workflow. Each may run again after a crash."""

    database: Database
    blobs: Blobs
    clock: Clock
    delivers: Delivers

    async def attempt(self, held_id: str, claim: str) -> Tried:
        """Try to deliver to everybody whom the claim has in hand, and write down what was answered."""
        item, addresses = await asyncio.to_thread(self._in_hand, held_id, claim)
        if item is None or not addresses:
            return Tried.DONE
        held = item.held
        content = await asyncio.to_thread(self.blobs.get, held.blob)
        recipients = [one for one in held.envelope.recipients if one.address in addresses]
        try:
            outcomes = dict(await self.delivers.deliver(held, recipients, content))
        except TemporaryError as error:
            outcomes = {address: Outcome(Delivery.LATER, str(error)) for address in addresses}
        await asyncio.to_thread(self._note, item, claim, outcomes)
        return Tried.LATER if any(one.delivery is Delivery.LATER for one in outcomes.values()) else Tried.DONE

    async def give_back(self, held_id: str, claim: str) -> None:
        """Nobody answered for days: what is still in hand waits in quarantine again."""
        item, _ = await asyncio.to_thread(self._in_hand, held_id, claim)
        if item is not None:
            reply = "The organisation's mail host did not take it; release it again."
            await asyncio.to_thread(self._move, item.held, claim, State.QUARANTINED, None, reply)

    def _in_hand(self, held_id: str, claim: str) -> tuple[HeldItem | None, tuple[str, ...]]:
        """The message and whom this claim has in hand; taking over from itself says that the release is alive."""
        with self.database.write() as unit:
            item = HeldMessages(unit).get(held_id)
            if item is None:
                return None, ()
            addresses = HeldMessages(unit).take_over(item.held, claim, claim, at=self.clock(), by=SYSTEM)
        return item, addresses

    def _note(self, item: HeldItem, claim: str, outcomes: dict[str, Outcome]) -> None:
        held = item.held
        for address, outcome in outcomes.items():
            match outcome.delivery:
                case Delivery.DELIVERED:
                    self._move(held, claim, State.RELEASED, address, outcome.reply, outcome.changed)
                case Delivery.REFUSED:
                    self._move(held, claim, State.QUARANTINED, address, outcome.reply)
                case Delivery.LATER:
                    pass
        with self.database.write() as unit:
            blob = HeldMessages(unit).forget_content(held)
        if blob:
            author = Author(SYSTEM, self.clock())
            Endings(self.database, self.blobs).end(item, blob, Cause.RELEASED, author)

    def _move(
        self, held: Held, claim: str, then: State, address: str | None, reply: str, changed: Sequence[str] = ()
    ) -> None:
        only, now = None if address is None else (address,), self.clock()
        with self.database.write() as unit:
            moved = HeldMessages(unit).move(
                held, State.RELEASING, then, at=now, by=SYSTEM, only=only, had_claim=claim, reply=reply
            )
            if moved:
                told = [TraceEvent(Step.CHANGED, now, one, address or "") for one in changed]
                note_events(unit, held.message_id, told)
