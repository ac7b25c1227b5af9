"""The end of a message's time in quarantine: nobody asked for it, so its content goes and its record stays a while.

Rule: what a release has in hand is not touched, and the content is deleted after the commit that gives it up.
"""

from dataclasses import dataclass

from lockgate.model.clock import Clock
from lockgate.model.lifecycle import State
from lockgate.quarantine.ending import Cause, Endings
from lockgate.storage.audit import Author
from lockgate.storage.blobs import Blobs
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.unit_of_work import Database

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Expiry:
    """Gives up what is over. Blocking; safe to run at the same time elsewhere, and to run again after a crash."""

    database: Database
    blobs: Blobs
    clock: Clock

    def expire(self) -> int:
        """Expire every message whose time is over; how many recipients that were waiting got nothing."""
        total = 0
        while items := self._expiring():
            total += sum(self._give_up(item) for item in items)
        return total

    def _expiring(self) -> list[HeldItem]:
        with self.database.read() as unit:
            return HeldMessages(unit).expiring(self.clock())

    def _give_up(self, item: HeldItem) -> int:
        system = Author(SYSTEM, self.clock())
        with self.database.write() as unit:
            held = HeldMessages(unit)
            moved = held.move(item.held, State.QUARANTINED, State.EXPIRED, at=system.at, by=system.name)
            blob = held.forget_content(item.held)
        if blob:
            Endings(self.database, self.blobs).end(item, blob, Cause.EXPIRED, system)
        return len(moved)
