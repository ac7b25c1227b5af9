"""The end of a message's time in quarantine: nobody asked for it, so its content goes and its record stays a while.

Rule: what a release has in hand is not touched, and the content is deleted after the commit that gives it up.
"""

from dataclasses import dataclass

from lockgate.model.clock import Clock
from lockgate.model.errors import PermanentError
from lockgate.model.lifecycle import State
from lockgate.storage.audit import AuditEntry, AuditLog
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
        with self.database.write() as unit:
            held = HeldMessages(unit)
            moved = held.move(item.held, State.QUARANTINED, State.EXPIRED, at=self.clock(), by=SYSTEM)
            blob = held.forget_content(item.held)
        if blob:
            self.blobs.delete(blob)
            self._prove(item, blob)
        return len(moved)

    def _prove(self, item: HeldItem, blob: str) -> None:
        """Note in the audit log whether the content, asked for again, is gone."""
        try:
            self.blobs.get(blob)
        except PermanentError:
            gone = True
        else:
            gone = False
        after: dict[str, object] = {"content": blob, "gone": gone}
        entry = AuditEntry(self.clock(), SYSTEM, "quarantine.purge", item.held.id, item.held.tenant_id, "", {}, after)
        with self.database.write() as unit:
            AuditLog(unit).record(entry)
