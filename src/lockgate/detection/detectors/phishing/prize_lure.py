"""The reader has been chosen for a reward, a survey or a prize, behind a link.

Why it matters: surveys with a prize collect card data for "shipping"; the brand they name knows nothing of it.
Known false positives: raffles of real shops among their customers (their links lead to their own domain).
References: FTC, "Fake prize, sweepstakes, and lottery scams"; MITRE ATT&CK T1566.002.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lures import lure
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

TOPICS = ("prize-lure", "lottery")


@detector("phishing.prize-lure", Category.PHISHING, weight=2.2, direction=Direction.INBOUND, topics=TOPICS)
def prize_lure(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    found = lure(message, content, origin, TOPICS, enough=2)
    if found is not None:
        yield Found(f"the text promises a reward: '{found.phrase}'", found.evidence, found.strength)
