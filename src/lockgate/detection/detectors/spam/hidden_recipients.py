"""The message names nobody as its recipient, or somebody else.

Why it matters: mail to thousands is sent with one envelope; writing to a person names the person.
Known false positives: announcements that are sent as blind copies to protect the recipients.
References: RFC 5322 §3.6.3; Apache SpamAssassin, rule UNDISC_RECIPS.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("spam.hidden-recipients", Category.SPAM, weight=0.9, direction=Direction.INBOUND)
def hidden_recipients(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    if content.is_discussion or message.header("List-Unsubscribe") is not None:
        return
    if origin.is_internal(content.header_from.domain):
        return
    if not any("@" in mailbox.address for mailbox in (*message.to, *message.cc)):
        shown = message.header("To") or "no To field"
        yield Found("the message names no recipient", (Evidence("header To", shown),))
