"""What a sandbox was given and what it said, shared by all gateways; and the messages that wait for it.

Rule: a verdict is written once for a content, whoever asks; a wait is written before the message is held, so that a
crash in between leaves a wait without a message, which is forgotten, and never a message that nobody remembers.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, select, update

from lockgate.model.clock import Clock
from lockgate.model.scans import SandboxState
from lockgate.storage.schema.sandbox import sandbox_files, sandbox_waits
from lockgate.storage.unit_of_work import Database, Unit

FRESH = timedelta(days=30)  # then a file is run again


@dataclass(frozen=True, slots=True)
class Judged:
    """Where the sandbox stands with one content."""

    sha256: str
    task: str
    state: SandboxState
    detail: str
    submitted_at: datetime


class SandboxFiles:
    """The rows, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def find(self, sha256s: Collection[str], since: datetime) -> dict[str, Judged]:
        """What is known of these contents, not older than `since`."""
        table = sandbox_files.c
        query = select(sandbox_files).where(table.sha256.in_(sha256s), table.submitted_at >= since)
        return {row.sha256: _judged(row) for row in self._unit.connection.execute(query)}

    def submitted(self, sha256: str, task: str, at: datetime) -> None:
        """The sandbox has it under this task."""
        row = {"sha256": sha256, "task": task, "state": SandboxState.PENDING.value, "detail": "", "submitted_at": at,
               "judged_at": None}  # fmt: skip
        changed = tuple(name for name in row if name != "sha256")
        statement = self._unit.dialect.insert_or_replace(sandbox_files, ("sha256",), changed)
        self._unit.connection.execute(statement, [row])

    def judge(self, sha256: str, state: SandboxState, detail: str, at: datetime) -> None:
        """The verdict on a content that was pending."""
        table = sandbox_files.c
        pending = update(sandbox_files).where(table.sha256 == sha256, table.state == SandboxState.PENDING.value)
        self._unit.connection.execute(pending.values(state=state.value, detail=detail, judged_at=at))

    def pending(self, limit: int = 200) -> list[Judged]:
        """Contents without a verdict, the oldest first."""
        table = sandbox_files.c
        query = select(sandbox_files).where(table.state == SandboxState.PENDING.value)
        return [_judged(row) for row in self._unit.connection.execute(query.order_by(table.submitted_at).limit(limit))]

    def wait(self, message_id: str, sha256s: Collection[str], at: datetime) -> None:
        """A message is about to be held for these contents."""
        rows = [{"message_id": message_id, "sha256": sha256, "since": at} for sha256 in sha256s]
        statement = self._unit.dialect.insert_or_ignore(sandbox_waits, ("message_id", "sha256"))
        self._unit.connection.execute(statement, rows)

    def waiting(self) -> dict[str, tuple[datetime, tuple[str, ...]]]:
        """Message ids with since when and for which contents they wait."""
        found: dict[str, tuple[datetime, tuple[str, ...]]] = {}
        for row in self._unit.connection.execute(select(sandbox_waits).order_by(sandbox_waits.c.since)):
            since, contents = found.get(row.message_id, (row.since, ()))
            found[row.message_id] = (since, (*contents, row.sha256))
        return found

    def prune(self, older_than: datetime) -> int:
        """Forget contents that were handed in before that moment, and waits that are as old; how many."""
        self._unit.connection.execute(delete(sandbox_waits).where(sandbox_waits.c.since < older_than))
        old = delete(sandbox_files).where(sandbox_files.c.submitted_at < older_than)
        return self._unit.connection.execute(old).rowcount

    def settled(self, message_id: str) -> None:
        """Nobody waits for this message any more."""
        self._unit.connection.execute(delete(sandbox_waits).where(sandbox_waits.c.message_id == message_id))


class StoredSandboxMemory:
    """Implements `lookups.sandbox.Memory` for the gateways. Every method raises TemporaryError without a database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def known(self, sha256s: Sequence[str]) -> Mapping[str, tuple[SandboxState, str]]:
        """State and detail of contents that the sandbox was given."""
        found = await asyncio.to_thread(self._find, sha256s)
        return {sha256: (one.state, one.detail) for sha256, one in found.items()}

    async def submitted(self, sha256: str, task: str) -> None:
        """Remember a task."""
        await asyncio.to_thread(self._submitted, sha256, task)

    async def wait(self, message_id: str, sha256s: Sequence[str]) -> None:
        """Remember that a message waits."""
        await asyncio.to_thread(self._wait, message_id, sha256s)

    def _find(self, sha256s: Sequence[str]) -> dict[str, Judged]:
        with self._database.read() as unit:
            return SandboxFiles(unit).find(sha256s, self._clock() - FRESH)

    def _submitted(self, sha256: str, task: str) -> None:
        with self._database.write() as unit:
            SandboxFiles(unit).submitted(sha256, task, self._clock())

    def _wait(self, message_id: str, sha256s: Sequence[str]) -> None:
        with self._database.write() as unit:
            SandboxFiles(unit).wait(message_id, sha256s, self._clock())


def _judged(row: Row[tuple[object, ...]]) -> Judged:
    return Judged(row.sha256, row.task, SandboxState(row.state), row.detail, row.submitted_at)
