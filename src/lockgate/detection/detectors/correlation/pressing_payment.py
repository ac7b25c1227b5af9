"""Somebody who is not who he seems asks for money or data, and presses.

Why it matters: business e-mail compromise has no link and no file; it is made of a name, a wish and a hurry.
Known false positives: an executive who writes from a private address (add it to the person's addresses).
References: FBI IC3, "Business Email Compromise: The $55 Billion Scam"; MITRE ATT&CK T1657.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.correlation.signals import Signals, evidence_of
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence

LEAST = 1.5
"""Log-odds of both together; two weak signs that happen to meet are no third one."""


@detector("correlation.pressing-payment", Category.FRAUD, weight=1.5, direction=Direction.INBOUND)
def pressing_payment(signals: Signals, content: Content) -> Iterator[Outcome]:
    masks = signals.of("impersonation.*", "fraud.hijacked-thread", "fraud.false-answer", "evasion.ambiguous-sender")
    if not masks:
        return
    wishes = signals.of(
        "fraud.bank-details-change",
        "fraud.payroll-change",
        "fraud.gift-card-request",
        "fraud.first-contact-request",
        "fraud.impostors-wish",
    )
    pressed = content.said("urgency", "secrecy", "availability-probe")
    if wishes and masks[0].weight + wishes[0].weight >= LEAST and not signals.is_vouched_for:
        explanation = f"a doubtful sender ({masks[0].detector}) asks for money ({wishes[0].detector})"
        press = (Evidence("text", pressed[0].phrase),) if pressed else ()
        yield Found(explanation, (*evidence_of((masks[0], wishes[0])), *press), 1.3 if pressed else 1.0)
