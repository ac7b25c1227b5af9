"""A QR code comes with a pretext: a lure, a borrowed name, or a document that asks for nothing but scanning.

Why it matters: the telephone that scans it is outside of every protection.
Known false positives: tickets and enrolment letters (their codes lead to the sender's own pages and are no signal).
References: MITRE ATT&CK T1660.
"""

from collections.abc import Iterator

from lockgate.detection.correlation.signals import Signals, evidence_of
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category


@detector("correlation.code-with-pretext", Category.PHISHING, weight=1.2, direction=Direction.INBOUND)
def code_with_pretext(signals: Signals) -> Iterator[Outcome]:
    code = signals.of("link.qr-code")
    if not code:
        return
    pretext = signals.of("phishing.*", "impersonation.*", "fraud.payroll-change", "evasion.*", "authentication.failed")
    if pretext and not signals.is_vouched_for:
        yield Found(f"a QR code comes with a pretext ({pretext[0].detector})", evidence_of((code[0], *pretext[:2])))
