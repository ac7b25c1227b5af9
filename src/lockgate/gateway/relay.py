"""Handing a message back to its tenant: original bytes with our headers in front, one transaction per variant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Protocol

from lockgate.mime.stamping import header_line
from lockgate.model.envelope import Direction, Envelope, Recipient
from lockgate.model.headers import JUNK, MESSAGE_ID, REQUIRE_TLS, REQUIRED, RETURN
from lockgate.model.tenant import IN_SERVICE, Passage, Tenant
from lockgate.smtp.delivery import Delivery, NextHop, RecipientOutcome, Settlement, Stage
from lockgate.smtp.protocol import envelope as wire
from lockgate.smtp.protocol.replies import Reply

BEFORE_THE_MESSAGE = frozenset({Stage.CONNECT, Stage.GREETING, Stage.EHLO, Stage.STARTTLS})
_NOT_IN_WORD = re.compile(r"[^A-Za-z0-9.:\[\]_-]")
MOST_ADDRESSES = 3  # the sender waits meanwhile; RFC 5321 §5.1 asks for at least two


@dataclass(frozen=True, slots=True)
class Stamp:
    """What our headers say about one relayed copy."""

    hostname: str
    message_id: str
    peer: str
    helo: str
    at: datetime


class NextHops(Protocol):
    """Where the tenant takes mail back."""

    async def locate(self, host: str) -> Sequence[NextHop]:
        """The addresses behind the tenant's host, best first; raises TemporaryError when it cannot be resolved."""
        ...


class Sends(Protocol):
    """Outgoing SMTP; `lockgate.smtp.sender.Sender` is the real one."""

    async def send(self, next_hop: NextHop, envelope: wire.Envelope, content: Sequence[bytes]) -> Delivery:
        """One transaction; one outcome per recipient."""
        ...


def stamps(tenant: Tenant, passage: Passage, stamp: Stamp, junk: bool, *, require_tls: bool = False) -> bytes:
    """Our header fields for a returned message.

    The `Received` field is RFC 5321 §4.4's. The return secrets let the tenant's rules pass the message; outbound
    copies carry nothing else but what requires TLS, because what is on them could reach the Internet.
    """
    ours = tenant.gateway_host or stamp.hostname
    received = (
        f"from {_word(stamp.helo)} ({_word(stamp.peer)}) by {ours} (Lockgate) with ESMTPS"
        f" id {stamp.message_id}; {format_datetime(stamp.at)}"
    )
    lines = [header_line("Received", received)]
    lines += [header_line(RETURN[each.direction], each.return_secrets[0]) for each in _passed(tenant, passage)]
    if passage.direction is Direction.INBOUND:
        lines.append(header_line(MESSAGE_ID, stamp.message_id))
        if junk:
            lines.append(header_line(JUNK, passage.junk_secret))
    if require_tls:
        lines.append(header_line(REQUIRE_TLS, REQUIRED))
    return b"".join(lines)


def _passed(tenant: Tenant, passage: Passage) -> list[Passage]:
    """The directions whose routing rule must let the returned message pass.

    An outbound message whose recipient is one of the tenant after all, such as a report to its sender, comes in as a
    stranger's, and is not to be inspected a second time as inbound mail. The inbound secret is written only while the
    rule that takes it off is surely there.
    """
    passed = [passage]
    inbound = tenant.passage(Direction.INBOUND)
    if passage.direction is Direction.OUTBOUND and inbound is not None and inbound.protection in IN_SERVICE:
        passed.append(inbound)
    return passed


def _word(text: str) -> str:
    """Peer-given text reduced to what may stand in a Received field."""
    return _NOT_IN_WORD.sub("?", text)[:255]


def on_the_wire(envelope: Envelope, recipients: Sequence[Recipient]) -> wire.Envelope:
    """The same envelope in the SMTP package's words, for these recipients."""
    body = None if envelope.body is None else wire.Body(envelope.body)
    ret = None if envelope.ret is None else wire.Ret(envelope.ret)
    sender = wire.MailFrom(envelope.mail_from, None, body, envelope.smtputf8, ret, envelope.envid)
    return wire.Envelope(
        sender,
        tuple(
            wire.Recipient(
                recipient.address,
                tuple(wire.Notify(word) for word in recipient.notify.split(",")) if recipient.notify else (),
                recipient.orcpt,
            )
            for recipient in recipients
        ),
    )


class Relay:
    """Returns messages to tenants over pooled TLS connections."""

    def __init__(self, sender: Sends, next_hops: NextHops) -> None:
        self._sender = sender
        self._next_hops = next_hops

    async def send(
        self, tenant: Tenant, envelope: Envelope, recipients: Sequence[Recipient], content: Sequence[bytes]
    ) -> tuple[RecipientOutcome, ...]:
        """One outcome per recipient, in order; raises TemporaryError when the next hop's name has no address.

        A host that does not get as far as MAIL FROM has not seen the message, so the next address is tried
        (RFC 5321 §5.1).
        """
        hops = await self._next_hops.locate(tenant.next_hop)
        wanted = on_the_wire(envelope, recipients)
        outcomes = self.nowhere(envelope, recipients)
        for hop in hops[:MOST_ADDRESSES]:
            known = replace(hop, ours=tenant.gateway_host)  # the tenant's connector knows us by this name
            delivery: Delivery = await self._sender.send(known, wanted, content)
            outcomes = delivery.outcomes
            if not all(outcome.stage in BEFORE_THE_MESSAGE for outcome in outcomes):
                break
        return outcomes

    def nowhere(self, envelope: Envelope, recipients: Sequence[Recipient]) -> tuple[RecipientOutcome, ...]:
        """The outcomes when the next hop's name has no address now: temporary for everybody."""
        reply = Reply(451, "4.4.3", "The next hop cannot be found, try again later")
        return tuple(
            RecipientOutcome(recipient, reply, Stage.CONNECT, Settlement.TEMPORARY, from_next_hop=False)
            for recipient in on_the_wire(envelope, recipients).recipients
        )
