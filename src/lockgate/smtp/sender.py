"""Sends one message to one next hop over a pooled connection and tells each recipient's outcome.

The rule: `send` returns a `Delivery` for whatever the network does; it raises only when it is cancelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .delivery import Delivery, NextHop, RecipientOutcome, Settlement, Stage
from .outgoing import Broken, Outgoing
from .pool import Pool
from .protocol.client import ClientTransaction
from .protocol.envelope import Envelope, Recipient
from .protocol.extensions import Message, refusal
from .protocol.replies import Reply
from .tls import TlsFacts

NO_ANSWER = Reply(451, "4.4.2", "Connection to the next hop was lost")
MAY_HAVE_ARRIVED = Reply(451, "4.4.2", "Next hop did not confirm the message; it may have arrived")


@dataclass(frozen=True, slots=True)
class _Round:
    """What one transaction brought."""

    outcomes: tuple[RecipientOutcome, ...]
    tls: TlsFacts | None
    reused: bool
    reached: bool
    """The conversation came to its end; a next transaction can be tried."""


class Sender:
    """Front door for outgoing mail. `pool` keeps the connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def send(self, next_hop: NextHop, envelope: Envelope, content: Sequence[bytes]) -> Delivery:
        """Relay `content` (chunks that together are the message, CRLF line ends) to every recipient.

        A next hop that takes only so many recipients at once (`452 4.5.3`, or RCPTMAX) gets the others in further
        transactions, as long as each makes progress (RFC 5321 §4.5.3.1.10).
        """
        settled: dict[int, RecipientOutcome] = {}
        left = list(range(len(envelope.recipients)))
        latest: _Round | None = None
        while left:
            recipients = tuple(envelope.recipients[index] for index in left)
            latest = await self._round(next_hop, replace(envelope, recipients=recipients), content)
            settled.update(zip(left, latest.outcomes, strict=False))
            if not latest.reached:
                break
            delivered = any(outcome.settlement is Settlement.DELIVERED for outcome in latest.outcomes)
            left = [index for index in left if index not in settled or (delivered and _one_too_many(settled[index]))]
        outcomes = tuple(
            settled.get(index) or _local(recipient, NO_ANSWER, Stage.CONNECT)
            for index, recipient in enumerate(envelope.recipients)
        )
        return Delivery(next_hop, outcomes, latest.tls if latest else None, latest.reused if latest else False)

    async def _round(self, next_hop: NextHop, envelope: Envelope, content: Sequence[bytes]) -> _Round:
        """One transaction. A kept connection that dies without a word of answer is tried once more, freshly."""
        fresh = False
        while True:
            try:
                async with self._pool.connection(next_hop, fresh=fresh) as outgoing:
                    reused = outgoing.messages > 0
                    outcomes = await self._transact(outgoing, envelope, content)
                    if outcomes is not None:
                        return _Round(outcomes, outgoing.tls, reused, outgoing.usable)
                    if not reused:
                        outcomes = tuple(_local(one, NO_ANSWER, Stage.MAIL_FROM) for one in envelope.recipients)
                        return _Round(outcomes, outgoing.tls, reused, reached=False)
                    fresh = True
            except Broken as broken:
                outcomes = tuple(_local(one, broken.reply, broken.stage) for one in envelope.recipients)
                return _Round(outcomes, None, reused=False, reached=False)

    async def _transact(
        self, outgoing: Outgoing, envelope: Envelope, content: Sequence[bytes]
    ) -> tuple[RecipientOutcome, ...] | None:
        """Outcomes, or None when the connection was dead before the message had begun."""
        extensions = outgoing.machine.extensions
        most = extensions.max_recipients
        if most is not None and len(envelope.recipients) > most:
            envelope = replace(envelope, recipients=envelope.recipients[:most])
        message = Message(envelope, content)
        refused = refusal(message, extensions)
        if refused is not None:
            return tuple(_local(one, refused, Stage.LOCAL) for one in envelope.recipients)
        broken: Broken | None = None
        try:
            await outgoing.transact(message)
        except Broken as error:
            outgoing.abort()
            if not outgoing.heard and not outgoing.content_handed_over:
                return None
            broken = error
        except BaseException:
            outgoing.abort()
            raise
        transaction = outgoing.machine.transaction
        if transaction is None:
            raise AssertionError("a transaction was submitted")
        return tuple(
            _outcome(transaction, index, recipient, broken, handed_over=outgoing.content_handed_over)
            for index, recipient in enumerate(envelope.recipients)
        )


def _outcome(
    transaction: ClientTransaction, index: int, recipient: Recipient, broken: Broken | None, *, handed_over: bool
) -> RecipientOutcome:
    """The first refusal on a recipient's way decides; without one, the final reply does."""
    way = (
        (Stage.MAIL_FROM, transaction.mail),
        (Stage.RCPT_TO, transaction.recipients[index]),
        (Stage.DATA, transaction.data),
        (Stage.CONTENT, transaction.content),
    )
    for stage, reply in way:
        if reply is not None and (not reply.is_positive or stage is Stage.CONTENT):
            return RecipientOutcome(recipient, reply, stage, _settlement(reply), from_next_hop=True)
    if broken is not None and handed_over:
        return RecipientOutcome(recipient, MAY_HAVE_ARRIVED, Stage.CONTENT, Settlement.UNKNOWN, from_next_hop=False)
    reached = [stage for stage, reply in way if reply is not None]
    return _local(recipient, broken.reply if broken else NO_ANSWER, reached[-1] if reached else Stage.MAIL_FROM)


def _settlement(reply: Reply) -> Settlement:
    if reply.is_positive:
        return Settlement.DELIVERED
    return Settlement.TEMPORARY if reply.is_temporary else Settlement.PERMANENT


def _local(recipient: Recipient, reply: Reply, stage: Stage) -> RecipientOutcome:
    return RecipientOutcome(recipient, reply, stage, _settlement(reply), from_next_hop=False)


def _one_too_many(outcome: RecipientOutcome) -> bool:
    """RFC 5321 §4.5.3.1.10: 452 at RCPT says that the transaction is full, not that the recipient is bad."""
    return outcome.stage is Stage.RCPT_TO and outcome.reply.code == 452 and outcome.reply.enhanced in ("", "4.5.3")
