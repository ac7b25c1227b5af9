"""A text that urges to act, a link that hides where it leads, and nobody who vouches for the sender.

Why it matters: each of the three is found in honest mail; together they are how credential phishing is built.
Known false positives: first notices of a service that counts clicks through a shortener.
References: MITRE ATT&CK T1566.002.
"""

from collections.abc import Iterator

from lockgate.detection.correlation.signals import Signals, evidence_of
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category


@detector("correlation.lure-by-stranger", Category.PHISHING, weight=1.2, direction=Direction.INBOUND)
def lure_by_stranger(signals: Signals) -> Iterator[Outcome]:
    lures = signals.of("phishing.*-lure", "phishing.form-in-body", "phishing.html-form", least=1.0)
    if not lures:
        return
    hiding = signals.of(
        "link.free-host", "link.shortener", "link.open-redirect", "link.qr-code", "link.numeric-host",
        "link.disguised-address", "link.recipient-in-address", "link.text-differs",
    )  # fmt: skip
    if hiding and not signals.is_vouched_for:
        explanation = f"a lure ({lures[0].detector}) and a link that hides its target ({hiding[0].detector}) meet"
        yield Found(explanation, evidence_of((lures[0], *hiding[:2])), 1.0 if len(hiding) == 1 else 1.4)
