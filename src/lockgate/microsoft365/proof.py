"""The proof before going live: one message makes the whole round through real mail flow, in each direction.

Inbound it comes from outside to a mailbox; outbound it goes from that mailbox to itself, which the prepared rule routes
as well. It has passed when our trace saw it leave for the tenant and the mailbox has it. Every copy is removed.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count

import structlog

from lockgate.microsoft365.delivered_copies import DeliveredCopies
from lockgate.microsoft365.mailboxes import Mailboxes
from lockgate.microsoft365.ports import Sleep
from lockgate.model.clock import Clock
from lockgate.model.envelope import Direction
from lockgate.model.errors import LockgateError, TemporaryError
from lockgate.model.headers import PROBE
from lockgate.model.tenant import Protection

log = structlog.get_logger()
PATIENCE = 300.0  # seconds; rules can take minutes to act (microsoft-365.md §3.4), then the probe is sent again
EVERY = 2.0  # seconds between two looks
RESEND = (5.0, 15.0, 35.0)  # seconds after which a new probe is sent: the first may have been there before the rule
AND_THEN = 60.0  # seconds from one to the next

Submit = Callable[[str, bytes], Awaitable[str]]  # recipient and content to the tenant's host; its reply
Sign = Callable[[EmailMessage], bytes]  # the message as gateways of ours know it: no policy of the tenant's holds it
Seen = Callable[[str], Awaitable[str]]  # the Message-ID of the relayed message with this subject; empty: none was


@dataclass(frozen=True, slots=True)
class Proof:
    """What the probe showed; `sentence` says where it got stuck when it did not pass."""

    direction: Direction
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Probe:
    """One message that is sent. Its names follow from the run, so that another process knows them again.

    Whether Exchange leaves the Message-ID of a message that Graph submits as it is, is not documented: the one with
    which the gateway saw it counts, and this one only for a message that the gateway has not seen.
    """

    subject: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Prober:
    """Sends probes for one tenant."""

    mailboxes: Mailboxes
    copies: DeliveredCopies
    submit: Submit
    seen: Seen
    sleep: Sleep
    clock: Clock
    gateway_host: str
    sign: Sign

    async def prove(
        self, direction: Direction, mailbox: str, nonce: str, run: str, patience: float = PATIENCE
    ) -> Proof:
        """Send probes until one has made the round or patience ends.

        The same `run` sends probes of the same names: one that went out before a crash counts, and is removed.
        """
        sent: list[Probe] = []
        waited = 0.0
        reply = ""
        try:
            while waited <= patience:
                if waited >= _due(len(sent)):
                    sent.append(self._probe(direction, run, len(sent) + 1))
                    reply = await self._send(direction, mailbox, sent[-1], nonce)
                for probe in sent:
                    if (passed := await self.seen(probe.subject)) and await self._arrived(mailbox, passed):
                        return Proof(direction, True, f"A probe went {direction} through the gateway into {mailbox}.")
                await self.sleep(EVERY)
                waited += EVERY
            return Proof(direction, False, await self._where_it_stuck(direction, mailbox, sent, reply))
        finally:
            await self._clean(direction, mailbox, run, len(sent))

    def _probe(self, direction: Direction, run: str, number: int) -> Probe:
        name = hashlib.sha256(run.encode()).hexdigest()[:16]
        message_id = f"<{name}.{direction}.{number}@{self.gateway_host}>"
        return Probe(f"Lockgate probe {direction} {name} {number}", message_id)

    async def _send(self, direction: Direction, mailbox: str, probe: Probe, nonce: str) -> str:
        sender = mailbox if direction is Direction.OUTBOUND else f"probe@{self.gateway_host}"
        message = EmailMessage(SMTP)
        message["From"] = Address("Lockgate probe", addr_spec=sender)
        message["To"] = mailbox
        message["Subject"] = probe.subject
        message["Date"] = self.clock()
        message["Message-ID"] = probe.message_id
        message[PROBE] = nonce
        message.set_content("A test of the way through the gateway.\r\n")
        if direction is Direction.OUTBOUND:
            await self.mailboxes.send_whole(mailbox, self.sign(message))
            return "sent from the mailbox"
        return await self.submit(mailbox, self.sign(message))

    async def _where_it_stuck(self, direction: Direction, mailbox: str, sent: list[Probe], reply: str) -> str:
        through = any([await self.seen(probe.subject) for probe in sent])
        delivered = any([await self._arrived(mailbox, probe.message_id) for probe in sent])
        if through:
            return f"The {direction} probe left the gateway and did not arrive in {mailbox}. Look at its message trace."
        if delivered:
            return (
                f"The {direction} probe arrived without passing the gateway: the mail flow rule does not act yet. "
                "Rules can take half an hour; apply again then."
            )
        return (
            f"The {direction} probe ({reply}) never reached the gateway. Check that Microsoft can connect to "
            f"{self.gateway_host} on port 25 and that its certificate is valid, then apply again."
        )

    async def _arrived(self, mailbox: str, message_id: str) -> bool:
        """Whether the mailbox has it; a Graph that does not answer now is asked again at the next look."""
        try:
            return bool(await self.copies.find(mailbox, message_id))
        except TemporaryError:
            return False

    async def _clean(self, direction: Direction, mailbox: str, run: str, sent: int) -> None:
        """Remove every copy, also of probes that a process before this one has sent.

        What cannot be removed now stays: it is harmless, and no reason to fail a proof.
        """
        try:
            for number in count(1):
                probe = self._probe(direction, run, number)
                names = {probe.message_id, await self.seen(probe.subject)} - {""}
                found = [copy for one in names for copy in await self.copies.find(mailbox, one)]
                if not found and number > sent:
                    return
                for copy in found:
                    await self.copies.delete(mailbox, copy.item_id)
        except LockgateError as error:
            log.warning("a probe message was not removed", mailbox=mailbox, run=run, cause=str(error))


def _due(sent: int) -> float:
    """Seconds after which the next probe is sent when `sent` are on their way."""
    return (0.0, *RESEND)[sent] if sent <= len(RESEND) else RESEND[-1] + AND_THEN * (sent - len(RESEND))


def after_proof(protection: Protection) -> Protection:
    """What a prepared direction becomes when its probe has passed."""
    return Protection.LIVE if protection is Protection.PREPARING else protection
