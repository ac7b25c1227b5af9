"""The outbox as `gateway.redelivery` asks for it: every call is one unit of work, and blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.model.custody import Queued
from lockgate.model.lifecycle import State
from lockgate.storage.blobs import Blobs
from lockgate.storage.outbox import Backlog, Outbox
from lockgate.storage.unit_of_work import Database

LEASE = timedelta(minutes=30)  # longer than any SMTP transaction (RFC 5321 §4.5.3.2 adds up to about 25 minutes)


@dataclass(frozen=True, slots=True)
class OutboxRecords:
    """Implements `gateway.redelivery.Outbox`."""

    database: Database
    blobs: Blobs

    def due(self, now: datetime, limit: int) -> list[Queued]:
        """Records whose next try is due, ours until the lease ends."""
        with self.database.write() as unit:
            return Outbox(unit).take_due(now, LEASE, limit)

    def content(self, blob: str) -> bytes:
        """The bytes to send; raises PermanentError when they are gone."""
        return self.blobs.get(blob)

    def keep_content(self, content: Sequence[bytes], at: datetime) -> str:
        """Write bytes durably and return their blob key."""
        return self.blobs.put(content, at)

    def finish(
        self, record: Queued, states: dict[str, tuple[State, str]], at: datetime, report: Queued | None = None
    ) -> None:
        """Note final states by recipient, and queue the report about them in the same unit of work.

        The content is deleted when nobody waits for it any more.
        """
        with self.database.write() as unit:
            outbox = Outbox(unit)
            for rcpt_to, (state, reply) in states.items():
                outbox.move(record, [rcpt_to], state, at=at, reply=reply)
            if report is not None:
                outbox.add(report)
            unneeded = outbox.finish(record)
        if unneeded:
            self.blobs.delete(unneeded)

    def postpone(self, record: Queued, until: datetime, reply: str) -> None:
        """Try again at `until`; counts one attempt."""
        with self.database.write() as unit:
            Outbox(unit).try_again(record, until, reply)

    def backlog(self) -> Backlog:
        """How much waits, and since when."""
        with self.database.read() as unit:
            return Outbox(unit).backlog()
