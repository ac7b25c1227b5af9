"""The sender claims to be the recipient.

Why it matters: extortion mail "sent from your own account" is meant to prove a break-in that never was.
Known false positives: people who mail themselves notes (authenticated, and without a demand).
References: CERT-EU, "Sextortion scams"; RFC 5322 §3.6.2.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderAuthentication
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("impersonation.sent-to-itself", Category.FRAUD, weight=0.9, direction=Direction.INBOUND)
def sent_to_itself(
    message: Message, content: Content, origin: Origin, authentication: SenderAuthentication | None
) -> Iterator[Outcome]:
    address = content.header_from.address.lower()
    recipients = {given.lower() for given in origin.rcpt_tos} | {to.address.lower() for to in message.to}
    if "@" not in address or address not in recipients or len(recipients) > 3:
        return
    if authentication is not None and "pass" in (authentication.dmarc, authentication.compauth):
        return
    yield Found(f"{address} seems to write to itself", (Evidence("header From", address),))
