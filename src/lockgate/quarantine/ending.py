"""The end of a held message's content, with its proof: it is asked for again, and the audit log says what was found.

Rule: called after the commit that took the content's key off its record. What the store would not delete is written
down as not gone, and the sweep for content without a record takes it later.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from lockgate.model.errors import PermanentError, TemporaryError
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.blobs import Blobs
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.unit_of_work import Database, Unit

PURGE = "quarantine.purge"  # the audit log's name of a proof


class Cause(StrEnum):
    """Why the content ends."""

    DELETED = "deleted"  # somebody gave it up
    EXPIRED = "expired"  # its time was over
    RELEASED = "released"  # everybody has it


@dataclass(frozen=True, slots=True)
class Endings:
    """Deletes content and proves it. Blocking."""

    database: Database
    blobs: Blobs

    def end(self, item: HeldItem, blob: str, cause: Cause, author: Author) -> None:
        """Delete what lies under `blob`, which was the content of `item`, and note whether it is gone."""
        digest = self._digest(blob)
        try:
            self.blobs.delete(blob)
            gone = self._is_gone(blob)
        except TemporaryError:
            gone = False
        held = item.held
        with self.database.write() as unit:
            now = HeldMessages(unit).get(held.id)
            after: dict[str, object] = {
                "because": cause.value, "content": blob, "sha256": digest, "size": held.size, "gone": gone,
                "record_marked": now is None or not now.held.blob,
            }  # fmt: skip
            AuditLog(unit).record(
                AuditEntry(author.at, author.name, PURGE, held.id, held.tenant_id, author.peer, {}, after)
            )

    def _digest(self, blob: str) -> str:
        """SHA-256 of the content, in hexadecimal; empty when it cannot be read any more."""
        try:
            return hashlib.sha256(self.blobs.get(blob)).hexdigest()
        except (PermanentError, TemporaryError):
            return ""

    def _is_gone(self, blob: str) -> bool:
        try:
            self.blobs.get(blob)
        except PermanentError:
            return True
        return False


def proofs(unit: Unit, held_id: str) -> list[AuditEntry]:
    """What the audit log says of the end of this message's content, the newest first."""
    return AuditLog(unit).newest(subject=held_id, act=PURGE)
