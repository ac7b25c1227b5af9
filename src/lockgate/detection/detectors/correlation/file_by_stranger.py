"""A file that cannot be looked into, or that acts by itself, from somebody whom nothing vouches for.

Why it matters: a locked archive or a page with a form is harmless among acquaintances and the whole attack from others.
Known false positives: authorities and payroll services that send locked files to new recipients.
References: MITRE ATT&CK T1566.001, T1027.013.
"""

from collections.abc import Iterator

from lockgate.detection.correlation.signals import Signals, evidence_of
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category


@detector("correlation.file-by-stranger", Category.PHISHING, weight=1.0, direction=Direction.INBOUND)
def file_by_stranger(signals: Signals) -> Iterator[Outcome]:
    files = signals.of(
        "file.encrypted-archive", "file.lying-extension", "file.dangerous-*", "phishing.html-form",
        "malware.html-smuggling", "malware.office-fetches", "malware.pdf-actions",
    )  # fmt: skip
    if not files:
        return
    doubts = signals.of(
        "authentication.failed", "impersonation.*", "phishing.*-lure", "fraud.*", "evasion.*", "spam.strange-sender"
    )
    if doubts and not signals.is_vouched_for:
        explanation = f"a doubtful file ({files[0].detector}) comes from a doubtful sender ({doubts[0].detector})"
        yield Found(explanation, evidence_of((files[0], *doubts[:2])))
