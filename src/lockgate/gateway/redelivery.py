"""The outbox: messages that became ours when others of their recipients were already settled, and releases.

Each record is tried until the next hop has answered for every recipient or its time is over. A crash between
the next hop's 250 and our note of it delivers twice: of the two ways to be wrong, the one that loses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from lockgate.gateway.ports import Tenants
from lockgate.gateway.relay import Relay
from lockgate.gateway.replies import in_words
from lockgate.model.clock import Clock
from lockgate.model.custody import Queued
from lockgate.model.errors import TemporaryError
from lockgate.model.lifecycle import State
from lockgate.smtp.delivery import Settlement

log = structlog.get_logger()
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)


class Outbox(Protocol):
    """The durable records behind redelivery."""

    def due(self, now: datetime, limit: int) -> Sequence[Queued]:
        """Records whose next try is due, oldest first, claimed so that no other node tries them now."""
        ...

    def content(self, blob: str) -> bytes:
        """The bytes to send."""
        ...

    def finish(self, record: Queued, states: dict[str, tuple[State, str]], at: datetime) -> None:
        """Note final states by recipient and drop those recipients from the record (all gone: the record ends)."""
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
    """Delivers what is in the outbox."""

    def __init__(self, outbox: Outbox, relay: Relay, tenants: Tenants, clock: Clock) -> None:
        self._outbox = outbox
        self._relay = relay
        self._tenants = tenants
        self._clock = clock

    async def deliver(self, record: Queued) -> Tried:
        """Try once and write down the result."""
        tried = await self._try(record)
        now = self._clock()
        if tried.waiting and now >= record.expires_at:
            late = {rcpt.address: (State.BOUNCED, tried.waiting) for rcpt in record.envelope.recipients}
            tried = Tried({**late, **tried.settled}, "")
        if tried.settled:
            self._outbox.finish(record, tried.settled, now)
        if tried.waiting:
            left = tuple(rcpt for rcpt in record.envelope.recipients if rcpt.address not in tried.settled)
            remaining = replace(record, envelope=replace(record.envelope, recipients=left))
            self._outbox.postpone(remaining, now + wait_before(record.attempts + 1), tried.waiting)
        return tried

    async def _try(self, record: Queued) -> Tried:
        tenant = self._tenants.by_id(record.tenant_id)
        if tenant is None:
            return Tried({}, "the tenant is not known here any more")
        content = self._outbox.content(record.blob)
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
