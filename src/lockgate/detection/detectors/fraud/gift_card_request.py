"""Somebody asks to buy gift cards and to send their codes.

Why it matters: codes are money that cannot be called back; no business pays with them.
Known false positives: a shop's own offer of gift cards (it does not ask for codes).
References: FTC, "Gift card scams"; FBI IC3 annual report.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.demands import comfort
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

TOPICS = ("gift-card-request",)
LEAST = 0.2
"""Strength below which what comforts the reader has said more."""


@detector("fraud.gift-card-request", Category.FRAUD, weight=3.5, topics=TOPICS)
def gift_card_request(message: Message, content: Content) -> Iterator[Outcome]:
    asked = content.said_afresh(*TOPICS)
    if not asked or message.header("List-Unsubscribe") is not None or len(content.words) > 3_000:
        return
    pressed = content.said_afresh("urgency", "secrecy", "availability-probe")
    evidence = tuple(Evidence("text", mention.phrase) for mention in (*asked, *pressed)[:4])
    wanted = content.demand is not None and content.demand.is_of_cards
    strength = (1.0 if wanted and pressed else 0.8 if wanted or pressed else 0.4) - 0.3 * comfort(content.wishes)
    if strength >= LEAST:
        yield Found("the text asks to buy gift cards", evidence, round(strength, 2))
