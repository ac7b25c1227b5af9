"""A parcel is said to wait for an address, a fee or a date, behind a link.

Why it matters: everybody waits for a parcel; the fee of two euros is a form for card data.
Known false positives: notices of real carriers (from their own domain, which is not counted) and of shops.
References: US Postal Inspection Service, "Smishing: package tracking text scams"; MITRE ATT&CK T1566.002.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lures import lure
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

TOPICS = ("delivery", "delivery-fee")


@detector("phishing.delivery-lure", Category.PHISHING, weight=2.0, direction=Direction.INBOUND, topics=TOPICS)
def delivery_lure(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    found = lure(message, content, origin, TOPICS, enough=2)
    if found is not None:
        yield Found(f"the text speaks of a parcel that waits: '{found.phrase}'", found.evidence, found.strength)
