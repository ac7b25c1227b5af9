"""The sender is one of our own, and that is shown.

Why it matters: colleagues write about accounts, invoices and gift cards, too.
Known false positives: an account of ours that was taken over (outbound mail is judged without this).
References: Microsoft Learn, "X-MS-Exchange-Organization-AuthAs"; RFC 7489.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderAuthentication
from lockgate.model.findings import Category, Evidence


@detector(
    "innocence.internal", Category.INNOCENCE, weight=-2.5, direction=Direction.INBOUND, about=SenderAuthentication
)
def internal(content: Content, origin: Origin, authentication: SenderAuthentication) -> Iterator[Outcome]:
    author = content.header_from
    if origin.is_internal(author.domain) and "pass" in (authentication.dmarc, authentication.compauth):
        yield Found("it comes from our own organisation", (Evidence("header From", author.address),))
