"""The text says that an account must be verified, updated or rescued, and gives a link.

Why it matters: urging somebody to a forged sign-in page is what most phishing consists of.
Known false positives: sign-in notices of real services (their links lead to their own domain, which is not counted).
References: MITRE ATT&CK T1566.002, T1598.003.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lures import lure
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import Message

TOPICS = ("credential", "account-threat")


@detector("phishing.credential-lure", Category.PHISHING, weight=2.4, direction=Direction.INBOUND, topics=TOPICS)
def credential_lure(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    found = lure(message, content, origin, TOPICS, enough=2)
    if found is not None:
        yield Found(f"the text urges to rescue an account: '{found.phrase}'", found.evidence, found.strength)
