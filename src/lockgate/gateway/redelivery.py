"""The outbox: messages that became ours when others of their recipients were already settled, and releases.

Each record is tried until the next hop has answered for every recipient or its time is over. A crash between
the next hop's 250 and our note of it delivers twice: of the two ways to be wrong, the one that loses nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from lockgate.gateway import bounce
from lockgate.gateway.disposition import Keeping
from lockgate.gateway.ports import Tenants
from lockgate.gateway.relay import Relay, Stamp, stamps
from lockgate.gateway.replies import from_words, in_words
from lockgate.mime.stamping import without_headers
from lockgate.model import headers as ours
from lockgate.model.clock import Clock
from lockgate.model.custody import Queued
from lockgate.model.envelope import Envelope, Recipient
from lockgate.model.errors import TemporaryError
from lockgate.model.lifecycle import State
from lockgate.smtp.delivery import Settlement

log = structlog.get_logger()
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
AT_ONCE = 10
_FINE = (State.RELAYED, "")


class Outbox(Protocol):
    """The durable records behind redelivery."""

    def due(self, now: datetime, limit: int) -> Sequence[Queued]:
        """Records whose next try is due, oldest first, claimed so that no other node tries them now."""
        ...

    def content(self, blob: str) -> bytes:
        """The bytes to send."""
        ...

    def keep_content(self, content: Sequence[bytes], at: datetime) -> str:
        """Write bytes durably and return their blob key."""
        ...

    def finish(
        self, record: Queued, states: dict[str, tuple[State, str]], at: datetime, report: Queued | None = None
    ) -> None:
        """Note final states by recipient and drop those recipients from the record (all gone: the record ends).

        `report` is a new record, added in the same unit of work.
        """
        ...

    def postpone(self, record: Queued, until: datetime, reply: str) -> None:
        """Try again at `until`; counts one attempt."""
        ...


@dataclass(frozen=True, slots=True)
class Tried:
    """What one try came to."""

    settled: dict[str, tuple[State, str]]
    waiting: str  # the reply that makes us wait; empty when nobody waits


class Redelivery:
    """Delivers what is in the outbox, and reports to the sender what could not be delivered in the end."""

    def __init__(
        self, outbox: Outbox, relay: Relay, tenants: Tenants, clock: Clock, new_id: Callable[[], str], keeping: Keeping
    ) -> None:
        self._outbox = outbox
        self._relay = relay
        self._tenants = tenants
        self._clock = clock
        self._new_id = new_id
        self._keeping = keeping

    async def keep_delivering(self, pause: float) -> None:
        """For ever: deliver what is due; look again after `pause` seconds when little was."""
        while True:
            taken = 0
            try:
                records = await asyncio.to_thread(self._outbox.due, self._clock(), AT_ONCE)
                taken = len(records)
                async with asyncio.TaskGroup() as tasks:
                    for record in records:
                        tasks.create_task(self._deliver_or_leave(record))
            except TemporaryError as error:
                log.warning("the outbox cannot be read now", cause=str(error))
            if taken < AT_ONCE:
                await asyncio.sleep(pause)

    async def _deliver_or_leave(self, record: Queued) -> None:
        """A record that cannot be dealt with stays where it is: its lease ends and it is tried again."""
        try:
            await self.deliver(record)
        except Exception:
            log.exception("an outbox record could not be dealt with", record=record.id, message=record.message_id)

    async def deliver(self, record: Queued) -> Tried:
        """Try once and write down the result."""
        tried = await self._try(record)
        now = self._clock()
        over = bool(tried.waiting) and now >= record.expires_at
        if over:
            late = {rcpt.address: (State.BOUNCED, tried.waiting) for rcpt in record.envelope.recipients}
            tried = Tried({**late, **tried.settled}, "")
        if tried.settled:
            report = await asyncio.to_thread(self._report, record, tried.settled, now, over=over)
            await asyncio.to_thread(self._outbox.finish, record, tried.settled, now, report)
        if tried.waiting:
            left = tuple(rcpt for rcpt in record.envelope.recipients if rcpt.address not in tried.settled)
            remaining = replace(record, envelope=replace(record.envelope, recipients=left))
            until = now + wait_before(record.attempts + 1)
            await asyncio.to_thread(self._outbox.postpone, remaining, until, tried.waiting)
        return tried

    def _report(
        self, record: Queued, settled: Mapping[str, tuple[State, str]], now: datetime, *, over: bool
    ) -> Queued | None:
        """A record that tells the sender whom the message did not reach; None when nobody is to be told."""
        failed = [rcpt for rcpt in record.envelope.recipients if settled.get(rcpt.address, _FINE)[0] is State.BOUNCED]
        wanted = [rcpt for rcpt in failed if bounce.wants_report(record.envelope, rcpt)]
        tenant = self._tenants.by_id(record.tenant_id)
        passage = tenant.passage(record.direction) if tenant else None
        if not wanted or tenant is None or passage is None:
            return None
        told = []
        for rcpt in wanted:
            last = from_words(settled[rcpt.address][1])
            told.append(bounce.expired(rcpt, last) if over and not last.is_permanent else bounce.refused(rcpt, last))
        # What the sender gets back must not hold our secrets, which the queued content does.
        original, _ = without_headers(self._outbox.content(record.blob), ours.ALL)
        hostname, number = self._keeping.hostname, self._new_id()
        written = bounce.report(record.envelope, told, b"".join(original), hostname, number, now)
        stamped = stamps(tenant, passage, Stamp(hostname, number, hostname, hostname, now), junk=False)
        blob = self._outbox.keep_content([stamped, written], now)
        envelope = Envelope("", (Recipient(record.envelope.mail_from, notify="NEVER"),))
        until = now + self._keeping.outbox
        return Queued(number, record.message_id, record.tenant_id, record.direction, envelope, blob, False, now, until)

    async def _try(self, record: Queued) -> Tried:
        tenant = self._tenants.by_id(record.tenant_id)
        if tenant is None:
            return Tried({}, "the tenant is not known here any more")
        content = await asyncio.to_thread(self._outbox.content, record.blob)
        try:
            outcomes = await self._relay.send(tenant, record.envelope, record.envelope.recipients, [content])
        except TemporaryError as error:
            return Tried({}, str(error))
        settled: dict[str, tuple[State, str]] = {}
        waiting = ""
        for outcome in outcomes:
            reply = in_words(outcome.reply)
            match outcome.settlement:
                case Settlement.DELIVERED:
                    settled[outcome.rcpt_to] = (State.JUNKED if record.junk else State.RELAYED, reply)
                case Settlement.PERMANENT:
                    settled[outcome.rcpt_to] = (State.BOUNCED, reply)
                case Settlement.TEMPORARY | Settlement.UNKNOWN:
                    waiting = reply
        return Tried(settled, waiting)


def wait_before(attempt: int) -> timedelta:
    """The pause before this attempt: doubling from half a minute to half an hour (RFC 5321 §4.5.4.1 asks for at least
    that pace in the long run)."""
    doublings = min(max(attempt - 1, 0), 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
