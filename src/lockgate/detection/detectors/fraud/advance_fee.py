"""A stranger offers a fortune: an inheritance, a donation, a fund that waits for its beneficiary.

Why it matters: the fees asked for later are the fraud; the first message only has to be answered.
Known false positives: texts about this fraud; charities (they do not speak of next of kin and barristers).
References: US Secret Service, "Advance fee fraud"; Ultrascan, "419 Advance Fee Fraud Statistics".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category, Evidence

ENOUGH = 3


TOPICS = ("advance-fee", "lottery")


@detector("fraud.advance-fee", Category.FRAUD, weight=1.5, topics=TOPICS)
def advance_fee(content: Content) -> Iterator[Outcome]:
    said = content.said(*TOPICS)
    if len(said) < ENOUGH or (content.is_discussion and len(said) < 2 * ENOUGH):
        return
    dense = len(said) / max(len(content.words) / 1_000, 1.0)
    strength = min(1.0 + 0.45 * (len(said) - ENOUGH), 4.5) * min(1.0, dense / 2)
    explanation = f"{len(said)} phrases of advance-fee fraud, such as '{said[0].phrase}' and '{said[1].phrase}'"
    yield Found(explanation, tuple(Evidence("text", mention.phrase) for mention in said[:8]), round(strength, 2))
