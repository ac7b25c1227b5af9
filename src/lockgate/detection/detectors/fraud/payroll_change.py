"""Somebody wants salary to be paid to another account.

Why it matters: the fraud takes a whole salary run and is noticed at the end of the month.
Known false positives: employees who really changed banks (their own address, known to the organisation).
References: FBI IC3, PSA I-091819, "Payroll diversion".
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

TOPICS = ("payroll-change",)
LEAST = 0.2
"""Strength below which what comforts the reader has said more."""


@detector("fraud.payroll-change", Category.FRAUD, weight=2.2, direction=Direction.INBOUND, topics=TOPICS)
def payroll_change(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    said = content.said(*TOPICS)
    author = content.header_from
    if not said or origin.is_internal(author.domain) or len(content.words) > 2_500:
        return
    if message.header("List-Unsubscribe") is not None:
        return
    strength = 0.6 if len(said) == 1 else 1.0
    strength += 0.5 if covers("free_mail", author.domain) else 0.0
    strength += 0.2 if content.said("urgency") else 0.0
    strength -= 0.45 * comfort(content.wishes)
    if strength < LEAST:
        return
    explanation = f"the text wants salary to go elsewhere: '{said[0].phrase}'"
    yield Found(explanation, tuple(Evidence("text", mention.phrase) for mention in said[:4]), strength)
