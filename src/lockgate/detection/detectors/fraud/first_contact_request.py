"""A sender whom nobody here knows asks for money or a favour, quickly or quietly, in a few lines.

Why it matters: business e-mail compromise carries no link and no file; what gives it away is that a stranger is in a
hurry.
Known false positives: new customers who ask about an invoice (no urgency, no secrecy).
References: MITRE ATT&CK T1656; Cidon et al., "High Precision Detection of Business Email Compromise", 2019.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.demands import comfort
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

LEAST = 0.2
"""Strength below which what comforts the reader has said more."""


@detector("fraud.first-contact-request", Category.FRAUD, weight=2.2, direction=Direction.INBOUND)
def first_contact_request(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    author = content.header_from
    if (history is not None and history.known) or origin.is_internal(author.domain) or content.is_discussion:
        return
    if len(content.words) > 1_500 or message.header("List-Unsubscribe") is not None:
        return
    asks = content.said_afresh("payment-request", "gift-card", "payroll-change", "bank-details-change")
    probes = content.said_afresh("availability-probe")
    presses = content.said_afresh("urgency", "secrecy")
    if not (asks and presses) and not probes:
        return
    free = covers("free_mail", author.domain)
    strength = (0.7 if asks and presses else 0.0) + (0.4 if probes else 0.0) + (0.2 if free else 0.0)
    strength += 0.2 if history is not None else 0.0
    strength -= 0.4 * comfort(content.wishes)
    if strength < LEAST:
        return
    said = (*probes, *asks, *presses)[:4]
    explanation = f"somebody unknown here writes '{said[0].phrase}' and '{said[-1].phrase}'"
    yield Found(explanation, tuple(Evidence("text", mention.phrase) for mention in said), strength)
