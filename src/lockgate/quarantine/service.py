"""What administrators do with held messages: look safely, take the bytes, release, delete.

Rule: who asked and what for is in the audit log, in the commit that does it. A release only claims the recipients
here; a durable workflow delivers (`release.py`), so that a click survives every crash. Only a release that is said to
be of a false positive is feedback.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lockgate.model.clock import Clock
from lockgate.model.errors import InvalidInput
from lockgate.model.lifecycle import State
from lockgate.model.notification import Letter
from lockgate.quarantine.ending import Cause, Endings
from lockgate.quarantine.locked import locked
from lockgate.quarantine.ports import Reads, Starts
from lockgate.quarantine.preview import Preview
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.blobs import Blobs
from lockgate.storage.feedback import LARGEST, Feedback, FeedbackStore, Origin
from lockgate.storage.held_messages import HeldItem, HeldMessages
from lockgate.storage.letters import Letters
from lockgate.storage.unit_of_work import Database, Unit

Tells = Callable[[Unit, HeldItem], Letter | None]
RELEASE = "quarantine.release"  # the workflow
STRANDED_AFTER = timedelta(hours=3)  # longer than the longest pause between two tries of a release
LARGEST_ARCHIVE = 250 * 2**20  # bytes of messages; the archive is made in memory
GONE = "This message is not in quarantine any more."


@dataclass(frozen=True, slots=True)
class QuarantineService:
    """One per process."""

    database: Database
    blobs: Blobs
    clock: Clock
    new_id: Callable[[], str]
    reads: Reads
    starts: Starts

    async def preview(self, held_id: str, *, with_pictures: bool = False) -> Preview:
        """What may be shown; raises PermanentError when the bytes cannot be read, InvalidInput when they are gone."""
        return await self.reads.read(await asyncio.to_thread(self._content, held_id), with_pictures=with_pictures)

    async def content(self, held_id: str, author: Author) -> bytes:
        """The bytes as received; that somebody took them is audited. Raises InvalidInput when they are gone."""
        return await asyncio.to_thread(self._taken, held_id, author)

    async def archive(self, held_ids: Sequence[str], password: str, author: Author) -> bytes:
        """These messages as received, in one ZIP that opens with the password; that they were taken is audited.

        Raises InvalidInput when one is gone, when they are too large together, or for a password of no use.
        """
        return await asyncio.to_thread(self._archive, held_ids, password, author)

    async def release(
        self, held_id: str, recipients: Collection[str] | None, author: Author, *, false_positive: bool = False
    ) -> tuple[str, ...]:
        """Send it on to these recipients (None: all that wait); those whose release begins with this call.

        A false positive is kept as feedback too, which waits for somebody's approval; the live model learns nothing.
        """
        return await asyncio.to_thread(self._release, held_id, recipients, author, false_positive)

    async def delete(
        self, held_id: str, recipients: Collection[str] | None, author: Author, tell: Tells | None = None
    ) -> tuple[str, ...]:
        """Give it up for these recipients (None: all that wait); for whom it was deleted by this call.

        When it was for anybody, what `tell` writes of the message as it was before is kept in the same commit.
        """
        return await asyncio.to_thread(self._delete, held_id, recipients, author, tell)

    async def report_wanted(self, held_id: str, author: Author) -> None:
        """Keep that somebody wants such mail, as feedback that waits for approval; it stays held."""
        await asyncio.to_thread(self._report_wanted, held_id, author)

    def resume_stranded(self) -> int:
        """Begin releases anew whose workflow was never started or got lost; how many. Call now and then."""
        now = self.clock()
        with self.database.read() as unit:
            stranded = HeldMessages(unit).stranded(now - STRANDED_AFTER)
        for item, old_claim in stranded:
            claim = self.new_id()
            with self.database.write() as unit:
                taken = HeldMessages(unit).take_over(item.held, old_claim, claim, at=now, by="system")
            if taken:
                self._start(item.held.id, claim)
        return len(stranded)

    def _release(
        self, held_id: str, recipients: Collection[str] | None, author: Author, false_positive: bool
    ) -> tuple[str, ...]:
        claim, copy = self.new_id(), self._copy(held_id, author) if false_positive else ""
        with self.database.write() as unit:
            item = _kept(unit, held_id)
            moved = HeldMessages(unit).move(
                item.held,
                State.QUARANTINED,
                State.RELEASING,
                at=author.at,
                by=author.name,
                only=recipients,
                claim=claim,
            )
            said = {"false_positive": True} if moved and false_positive else {}
            _audit(unit, "quarantine.release", item, author, _whom(moved) | said)
            if moved and copy:
                FeedbackStore(unit).add(_said_to_be_wanted(item, self.new_id(), author, copy))
        if moved:
            self._start(held_id, claim)
        return moved

    def _report_wanted(self, held_id: str, author: Author) -> None:
        copy = self._copy(held_id, author)
        with self.database.write() as unit:
            item = _kept(unit, held_id)
            if copy:
                FeedbackStore(unit).add(_said_to_be_wanted(item, self.new_id(), author, copy, Origin.REPORT))

    def _copy(self, held_id: str, author: Author) -> str:
        """The key of a copy that may be learnt from one day; empty when it is too large."""
        content = self._content(held_id)
        return self.blobs.put([content], author.at) if len(content) <= LARGEST else ""

    def _start(self, held_id: str, claim: str) -> None:
        self.starts.start(RELEASE, f"release-{claim}", held_id, claim)

    def _delete(
        self, held_id: str, recipients: Collection[str] | None, author: Author, tell: Tells | None
    ) -> tuple[str, ...]:
        with self.database.write() as unit:
            item = _kept(unit, held_id)
            held = HeldMessages(unit)
            moved = held.move(
                item.held, State.QUARANTINED, State.DELETED, at=author.at, by=author.name, only=recipients
            )
            blob = held.forget_content(item.held)
            _audit(unit, "quarantine.delete", item, author, _whom(moved))
            if moved and tell is not None and (letter := tell(unit, item)) is not None:
                Letters(unit).add(letter)
        if blob:
            Endings(self.database, self.blobs).end(item, blob, Cause.DELETED, author)
        return moved

    def _archive(self, held_ids: Sequence[str], password: str, author: Author) -> bytes:
        with self.database.read() as unit:
            items = [_kept(unit, one) for one in dict.fromkeys(held_ids)]
        if sum(one.held.size for one in items) > LARGEST_ARCHIVE:
            raise InvalidInput(f"These are more than {LARGEST_ARCHIVE >> 20} MiB together; choose fewer.")
        packed = locked(((f"{one.held.id}.eml", self.blobs.get(one.held.blob)) for one in items), password)
        with self.database.write() as unit:
            for one in items:
                _audit(unit, "quarantine.read-source", one, author, {"archive_of": len(items)})
        return packed

    def _taken(self, held_id: str, author: Author) -> bytes:
        content = self._content(held_id)
        with self.database.write() as unit:
            _audit(unit, "quarantine.read-source", _kept(unit, held_id), author, {})
        return content

    def _content(self, held_id: str) -> bytes:
        with self.database.read() as unit:
            item = _kept(unit, held_id)
        return self.blobs.get(item.held.blob)


def _kept(unit: Unit, held_id: str) -> HeldItem:
    item = HeldMessages(unit).get(held_id)
    if item is None or not item.held.blob:
        raise InvalidInput(GONE)
    return item


def _said_to_be_wanted(
    item: HeldItem, identity: str, author: Author, copy: str, origin: Origin = Origin.RELEASE
) -> Feedback:
    """Feedback waits for somebody to approve it, and the live model does not learn from it."""
    held = item.held
    return Feedback(
        identity, author.at, author.name, origin, True, held.tenant_id, held.message_id, held.header_from,
        held.subject, copy,
    )  # fmt: skip


def _whom(recipients: Sequence[str]) -> dict[str, object]:
    return {"recipients": list(recipients)} if recipients else {}


def _audit(unit: Unit, act: str, item: HeldItem, author: Author, after: dict[str, object]) -> None:
    held = item.held
    AuditLog(unit).record(AuditEntry(author.at, author.name, act, held.id, held.tenant_id, author.peer, {}, after))
