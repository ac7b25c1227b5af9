"""The text sells pharmacy goods, sex, gambling or replicas.

Why it matters: no business partner writes about these; together with a link they are spam in every language.
Known false positives: doctors, pharmacists, and their suppliers; press reviews (long texts are counted weaker).
References: Levchenko et al., "Click Trajectories: End-to-End Analysis of the Spam Value Chain", 2011.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence

TOPICS = ("pharma", "dating", "casino")


@detector("spam.forbidden-goods", Category.SPAM, weight=1.6, direction=Direction.INBOUND, topics=TOPICS)
def forbidden_goods(content: Content) -> Iterator[Outcome]:
    said = content.said(*TOPICS)
    if not said or (content.is_discussion and len(said) < 4):
        return
    edge = content.heading_end
    in_subject = any(mention.offset < edge for mention in said)
    strength = 0.4 * len(said) + (0.8 if in_subject else 0.0)
    if len(content.words) > 6_000:
        strength *= 0.4
    evidence = tuple(Evidence("text", mention.phrase) for mention in said[:6])
    yield Found(f"the text sells forbidden goods: '{said[0].phrase}'", evidence, round(min(strength, 2.8), 2))
