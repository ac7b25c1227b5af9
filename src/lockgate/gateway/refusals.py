"""What was refused at the door, shown in the trace, without letting a stranger fill it.

At most `PER_MINUTE` refusals of one address are recorded in a minute; all of them are counted in the metrics.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from lockgate.gateway.arrival import PeerFacts, Refusal
from lockgate.gateway.ports import Ledger, Settling
from lockgate.gateway.replies import in_words, of_refusal
from lockgate.mime.headers import HeaderBlock
from lockgate.model.clock import Clock
from lockgate.model.envelope import Envelope
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace, RecipientTrace, Step, TraceEvent

log = structlog.get_logger()
PER_MINUTE = 20
ADDRESSES = 10_000


class RefusalLog:
    """Writes refusals to the trace."""

    def __init__(
        self, ledger: Ledger, clock: Clock, new_id: Callable[[], str], count: Callable[[str], None] = lambda _: None
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._new_id = new_id
        self._count = count
        self._recent: dict[str, tuple[datetime, int]] = {}

    async def record(
        self, refusal: Refusal, peer: PeerFacts, envelope: Envelope, header: HeaderBlock | None = None, size: int = 0
    ) -> None:
        """Note one refusal; never raises, because the refusal itself stands without it."""
        self._count(refusal.enhanced)
        log.info("refused", peer=str(peer), cause=refusal.cause, mail_from=envelope.mail_from)
        if not self._may_record(peer.address):
            return
        try:
            await self._ledger.settle(Settling(self._trace(refusal, peer, envelope, header, size)))
        except Exception:
            log.exception("a refusal could not be recorded")

    def _may_record(self, address: str) -> bool:
        now = self._clock()
        since, count = self._recent.get(address, (now, 0))
        if (now - since).total_seconds() >= 60:
            since, count = now, 0
        if len(self._recent) >= ADDRESSES:
            self._recent.clear()
        self._recent[address] = (since, count + 1)
        return count < PER_MINUTE

    def _trace(
        self, refusal: Refusal, peer: PeerFacts, envelope: Envelope, header: HeaderBlock | None, size: int
    ) -> MessageTrace:
        now = self._clock()
        reply = in_words(of_refusal(refusal))
        state = State.REFUSED if refusal.code >= 500 else State.DEFERRED
        recipients = tuple(
            RecipientTrace(rcpt.address, state, refusal.cause, reply=reply) for rcpt in envelope.recipients
        )

        def first(name: str) -> str:
            return next(iter(header.values(name)), "")[:500] if header else ""

        return MessageTrace(
            id=self._new_id(),
            tenant_id=refusal.tenant_id,
            direction=refusal.direction,
            received_at=now,
            finished_at=now,
            peer=str(peer),
            mail_from=envelope.mail_from,
            header_from=first("From"),
            subject=first("Subject"),
            internet_message_id=first("Message-ID"),
            network_message_id=refusal.network_message_id,
            size=size,
            verdict=None,
            score=None,
            reply=reply,
            findings=(),
            recipients=recipients,
            events=(TraceEvent(Step.REFUSED_AT_DOOR, now, refusal.cause),),
        )
