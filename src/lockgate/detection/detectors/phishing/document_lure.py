"""A document, fax or voice message is said to wait behind a link.

Why it matters: opening a shared file asks for the sign-in of the office suite, and nobody wonders.
Known false positives: real notices of document services (their links lead to their own domain, which is not counted).
References: MITRE ATT&CK T1566.002.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lures import lure
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

TOPICS = ("document-share",)


@detector("phishing.document-lure", Category.PHISHING, weight=1.6, direction=Direction.INBOUND, topics=TOPICS)
def document_lure(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    found = lure(message, content, origin, TOPICS, enough=2)
    if found is not None:
        yield Found(f"the text offers a document behind a link: '{found.phrase}'", found.evidence, found.strength)
