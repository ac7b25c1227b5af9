"""The mail exchanger of every outside domain: keeps what arrives in `World.internet`, byte for byte.

Local parts steer it: `reject-550@`, `later-450@`, `later-once@` (refused the first time), `drop@` (connection cut
after DATA), `full-552@`; anything of the shape `reject-NNN@` or `later-NNN@` answers with that code.
"""

import re
from dataclasses import dataclass, field

from m365_simulator.mail_flow.listener import Peer, Transaction
from m365_simulator.mail_flow.message import Recipient
from m365_simulator.world import InternetMessage, World

_CODED = re.compile(r"(?:reject|later|full)-([45]\d\d)")


@dataclass
class InternetDoorman:
    """Takes mail for anybody."""

    world: World
    greeting: str = "ESMTP Simulated Internet"
    requires_login: bool = False
    seen: set[str] = field(default_factory=set)

    def on_mail(self, peer: Peer, transaction: Transaction) -> str:
        """Every sender is welcome."""
        del peer, transaction
        return ""

    def on_rcpt(self, peer: Peer, transaction: Transaction, recipient: Recipient) -> str:
        """Refuse where the address asks for it, and mail for a domain of a tenant."""
        del peer, transaction
        local = recipient.address.partition("@")[0].lower()
        coded = _CODED.fullmatch(local)
        if coded:
            code = coded[1]
            return f"{code} {code[0]}.1.1 <{recipient.address}>: as its name asks"
        if local == "later-once" and recipient.address.lower() not in self.seen:
            self.seen.add(recipient.address.lower())
            return "450 4.2.0 Greylisted, please try again"
        if self.world.tenant_of_domain(recipient.domain) is not None:
            return f"550 5.7.1 <{recipient.address}>: relaying denied, that is a tenant's domain"
        return ""

    async def on_message(self, peer: Peer, transaction: Transaction, content: bytes) -> str:
        """Record the message once for every recipient."""
        del peer
        envelope = transaction.envelope()
        if any(one.address.lower().startswith("drop@") for one in envelope.recipients):
            return "421 drop"
        now = self.world.clock.now()
        for recipient in envelope.recipients:
            self.world.internet.append(InternetMessage(now, envelope.mail_from, recipient.address, content))
        return f"250 2.0.0 Ok: {len(envelope.recipients)} taken"

    def authenticate(self, user: str, password: str) -> bool:
        """Nobody signs in here."""
        del user, password
        return False
