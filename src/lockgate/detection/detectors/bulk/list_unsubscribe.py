"""The message says in its header how to leave the list.

Why it matters: it tells mail that goes to many from mail that goes to one; it is no sign of danger.
Known false positives: notices of services that offer it on every mail.
References: RFC 2369 §3.2; RFC 8058.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("bulk.list-unsubscribe", Category.BULK, weight=1.5, direction=Direction.INBOUND)
def list_unsubscribe(message: Message) -> Iterator[Outcome]:
    value = message.header("List-Unsubscribe")
    if value and message.header("List-Post") is None:
        yield Found("the header says how to unsubscribe", (Evidence("header List-Unsubscribe", value),))
