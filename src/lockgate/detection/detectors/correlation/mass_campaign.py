"""Three marks of mass mail by senders without a name: the text, the addresses and the links.

Why it matters: each is weak; a campaign shows them all, and list headers do not make it wanted.
Known false positives: small clubs with cheap domains and loud newsletters.
References: M3AAWG, "Sender Best Common Practices".
"""

from collections.abc import Iterator

from lockgate.detection.correlation.signals import Signals, evidence_of
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category


@detector("correlation.mass-campaign", Category.SPAM, weight=0.8, direction=Direction.INBOUND)
def mass_campaign(signals: Signals) -> Iterator[Outcome]:
    text = signals.of(
        "spam.classifier", "spam.advertising", "spam.forbidden-goods", "spam.opt-out-excuse", "spam.shouting"
    )
    if not text:
        return
    sender = signals.of(
        "spam.strange-sender", "spam.decorated-name", "spam.hidden-recipients", "spam.recipient-in-subject",
        "authentication.failed", "impersonation.*",
    )  # fmt: skip
    links = signals.of("link.*", "spam.foreign-links", "spam.picture-only")
    heavy = sum(group[0].weight for group in (text, sender, links) if group)
    if sender and links and heavy >= 3.2 and not signals.is_vouched_for:
        explanation = f"text ({text[0].detector}), sender ({sender[0].detector}) and links ({links[0].detector}) agree"
        yield Found(explanation, evidence_of((text[0], sender[0], links[0])))
