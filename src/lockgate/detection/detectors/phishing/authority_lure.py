"""A tax office, court or health insurer is said to refund or to fine, behind a link.

Why it matters: authorities are obeyed, and write letters, not links.
Known false positives: notices of tax software and of accountants.
References: HMRC, "Examples of HMRC related phishing emails"; MITRE ATT&CK T1566.002.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lures import lure
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

TOPICS = ("tax-and-authority",)


@detector("phishing.authority-lure", Category.PHISHING, weight=1.8, direction=Direction.INBOUND, topics=TOPICS)
def authority_lure(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    found = lure(message, content, origin, TOPICS, enough=2)
    if found is not None:
        yield Found(f"the text speaks for an authority: '{found.phrase}'", found.evidence, found.strength)
