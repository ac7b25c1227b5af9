"""A supplier is said to have a new bank account.

Why it matters: invoice fraud hijacks a real conversation and changes one number; the loss is the invoice's sum.
Known false positives: suppliers who really changed banks; the text then deserves a telephone call all the same.
References: FBI IC3 annual report; Europol, "Invoice fraud"; MITRE ATT&CK T1657.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.demands import comfort
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

TOPICS = ("bank-details-change",)
LEAST = 0.2
"""Strength below which what comforts the reader has said more."""


@detector("fraud.bank-details-change", Category.FRAUD, weight=2.0, direction=Direction.INBOUND, topics=TOPICS)
def bank_details_change(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    on_pages = content.page_mentions.get("bank-details-change", ())
    said = content.said(*TOPICS) or on_pages
    author = content.header_from
    if not said or origin.is_internal(author.domain) or message.header("List-Unsubscribe") is not None:
        return
    pays = content.said("payment-request")
    strength = 0.6 + 0.4 * min(len(said) - 1, 2) + (0.4 if pays else 0.0)
    strength += 0.3 if covers("free_mail", author.domain) else 0.0
    strength -= 0.5 * comfort(content.wishes)
    if strength < LEAST:
        return
    explanation = f"the text announces another bank account: '{said[0].phrase}'"
    yield Found(explanation, tuple(Evidence("text", mention.phrase) for mention in (*said, *pays)[:4]), strength)
