"""The text advertises: miracle cures, loans, quick money, limited offers, services for the website.

Why it matters: several such phrases in a message that nobody asked for are advertising; bulk senders that one can
leave are judged as bulk, not here.
Known false positives: newsletters and offers of suppliers (counted weaker when they say how to unsubscribe).
References: CAN-SPAM Act, 15 U.S.C. §7704; Regulation (EU) 2016/679 and Directive 2002/58/EC §13.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

GROUPS = ("health-miracle", "loan", "get-rich", "marketing-pitch", "b2b-pitch", "prize-lure")
ENOUGH = 3


@detector("spam.advertising", Category.SPAM, weight=1.1, direction=Direction.INBOUND, topics=GROUPS)
def advertising(message: Message, content: Content) -> Iterator[Outcome]:
    groups = {name: content.said(name) for name in GROUPS}
    said = [mention for mentions in groups.values() for mention in mentions]
    if len(said) < ENOUGH or content.is_discussion:
        return
    leavable = message.header("List-Unsubscribe") is not None
    dense = 1.0 if len(content.words) < 3_000 else 0.5
    edge = content.heading_end
    in_subject = sum(mention.offset < edge for mention in said)
    heavy = max(len(mentions) for name, mentions in groups.items() if name != "marketing-pitch")
    strength = (0.25 * len(said) + 0.4 * min(in_subject, 2) + 0.3 * min(heavy, 4)) * dense * (0.4 if leavable else 1.0)
    evidence = tuple(Evidence("text", mention.phrase) for mention in said[:6])
    yield Found(f"the text advertises: '{said[0].phrase}', '{said[1].phrase}'", evidence, round(min(strength, 3.0), 2))
