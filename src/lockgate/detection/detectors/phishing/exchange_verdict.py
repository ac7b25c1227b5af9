"""Exchange Online judged the message as phishing, spoofing or malware on its first pass.

Why it matters: Microsoft sees the same campaign at other tenants; what it did not stop by policy, it still names.
Known false positives: those of Exchange's own filter; simulations of phishing for training.
References: Microsoft Learn, "Anti-spam message headers in Microsoft 365" (field CAT).
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import ExchangeVerdict
from lockgate.model.findings import Category, Evidence

STRENGTHS = {"PHSH": 1.0, "PHISH": 1.0, "HPHISH": 1.5, "HPHSH": 1.5, "MALW": 1.5, "SPOOF": 0.8, "UIMP": 0.9,
             "DIMP": 0.9, "GIMP": 0.8, "FTBP": 0.3, "BIMP": 0.9, "INTOS": 0.9, "AMP": 1.3, "SAP": 1.0}  # fmt: skip


@detector(
    "phishing.exchange-verdict", Category.PHISHING, weight=3.5, direction=Direction.INBOUND, about=ExchangeVerdict
)
def exchange_verdict(verdict: ExchangeVerdict) -> Iterator[Outcome]:
    if verdict.category not in STRENGTHS:
        return
    evidence = (Evidence("header X-Forefront-Antispam-Report", f"CAT:{verdict.category}"),)
    yield Found(f"Exchange Online put it into the category {verdict.category}", evidence, STRENGTHS[verdict.category])
