"""The proof before going live: one message makes the whole round through real mail flow, in each direction.

Inbound it comes from outside to a mailbox; outbound it goes from that mailbox to itself, which the prepared rule routes
as well. It has passed when our trace saw it leave for the tenant and the mailbox has it. Every copy is removed.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import structlog

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
Seen = Callable[[str], Awaitable[bool]]  # whether our trace has a relayed message with this subject


@dataclass(frozen=True, slots=True)
class Proof:
    """What the probe showed; `sentence` says where it got stuck when it did not pass."""

    direction: Direction
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Prober:
    """Sends probes for one tenant."""

    mailboxes: Mailboxes
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
        name = f"Lockgate probe {direction} {hashlib.sha256(run.encode()).hexdigest()[:16]}"
        subjects: list[str] = []
        waited = 0.0
        reply = ""
        try:
            while waited <= patience:
                if waited >= _due(len(subjects)):
                    subjects.append(f"{name} {len(subjects) + 1}")
                    reply = await self._send(direction, mailbox, subjects[-1], nonce)
                for subject in subjects:
                    if await self.seen(subject) and await self._arrived(mailbox, subject):
                        return Proof(direction, True, f"A probe went {direction} through the gateway into {mailbox}.")
                await self.sleep(EVERY)
                waited += EVERY
            return Proof(direction, False, await self._where_it_stuck(direction, mailbox, subjects, reply))
        finally:
            await self._clean(mailbox, name)

    async def _send(self, direction: Direction, mailbox: str, subject: str, nonce: str) -> str:
        sender = mailbox if direction is Direction.OUTBOUND else f"probe@{self.gateway_host}"
        probe = EmailMessage(SMTP)
        probe["From"] = Address("Lockgate probe", addr_spec=sender)
        probe["To"] = mailbox
        probe["Subject"] = subject
        probe["Date"] = self.clock()
        probe["Message-ID"] = f"<{secrets.token_hex(12)}@{self.gateway_host}>"
        probe[PROBE] = nonce
        probe.set_content("A test of the way through the gateway.\r\n")
        if direction is Direction.OUTBOUND:
            await self.mailboxes.send_whole(mailbox, self.sign(probe))
            return "sent from the mailbox"
        return await self.submit(mailbox, self.sign(probe))

    async def _where_it_stuck(self, direction: Direction, mailbox: str, subjects: list[str], reply: str) -> str:
        through = any([await self.seen(subject) for subject in subjects])
        delivered = any([await self._arrived(mailbox, subject) for subject in subjects])
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

    async def _arrived(self, mailbox: str, subject: str) -> bool:
        """Whether the mailbox has it; a Graph that does not answer now is asked again at the next look."""
        try:
            return bool(await self.mailboxes.find(mailbox, subject))
        except TemporaryError:
            return False

    async def _clean(self, mailbox: str, name: str) -> None:
        """Remove every copy. What cannot be removed now stays: it is harmless, and no reason to fail a proof."""
        try:
            for found in await self.mailboxes.find(mailbox, name):
                await self.mailboxes.remove(mailbox, found.id)
        except LockgateError as error:
            log.warning("a probe message was not removed", mailbox=mailbox, subject=name, cause=str(error))


def _due(sent: int) -> float:
    """Seconds after which the next probe is sent when `sent` are on their way."""
    return (0.0, *RESEND)[sent] if sent <= len(RESEND) else RESEND[-1] + AND_THEN * (sent - len(RESEND))


def after_proof(protection: Protection) -> Protection:
    """What a prepared direction becomes when its probe has passed."""
    return Protection.LIVE if protection is Protection.PREPARING else protection
