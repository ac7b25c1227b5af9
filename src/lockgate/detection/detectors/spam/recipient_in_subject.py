"""The subject or the greeting names the recipient's mail address.

Why it matters: a sender who knows the person knows the name; a list of addresses knows only addresses.
Known false positives: notices of one's own systems about a mailbox.
References: APWG, "Phishing Activity Trends Report".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("spam.recipient-in-subject", Category.SPAM, weight=2.0, direction=Direction.INBOUND)
def recipient_in_subject(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    if content.is_discussion or origin.is_internal(content.header_from.domain):
        return
    recipients = {address.lower() for address in origin.rcpt_tos} | {to.address.lower() for to in message.to}
    beginning = content.words[:1_500]
    for address in sorted(recipient for recipient in recipients if "@" in recipient):
        local = address.partition("@")[0]
        if address in content.subject:
            yield Found(f"the subject names {address}", (Evidence("header Subject", message.subject),))
        elif address in beginning and any(
            f"{hello} {address}" in beginning for hello in ("dear", "hello", "hi", "hallo", "bonjour")
        ):
            yield Found(f"the greeting names {address}", (Evidence("text", address),), 0.9)
        elif ("." in local or local in ROLES) and _greeted(f"{local},", beginning[:400]):
            yield Found(f"the greeting names {local}", (Evidence("text", local),), 0.6)


def _greeted(name: str, text: str) -> bool:
    return name in text and any(
        f"{hello} {name}" in text for hello in ("dear", "hello", "hi", "hallo", "bonjour", "hola", "olá")
    )


ROLES = frozenset({"info", "admin", "support", "sales", "accounting", "contact", "office", "finance", "procurement"})
