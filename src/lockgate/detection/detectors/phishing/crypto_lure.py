"""The text offers tokens, airdrops or payouts, or wants a wallet to be connected or verified.

Why it matters: a connected wallet or a typed recovery phrase is an emptied wallet; nothing can be called back.
Known false positives: newsletters about cryptocurrency from their real senders.
References: FBI IC3, "Cryptocurrency fraud report"; MITRE ATT&CK T1657.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lures import lure
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

TOPICS = ("crypto-lure",)


@detector("phishing.crypto-lure", Category.PHISHING, weight=2.2, direction=Direction.INBOUND, topics=TOPICS)
def crypto_lure(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    found = lure(message, content, origin, TOPICS, enough=3)
    if found is not None:
        yield Found(f"the text offers or endangers cryptocurrency: '{found.phrase}'", found.evidence, found.strength)
