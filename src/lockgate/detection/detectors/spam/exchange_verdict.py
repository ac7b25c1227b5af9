"""Exchange Online judged the message as spam on its first pass.

Why it matters: Microsoft sees the same campaign at other tenants; its level 5 is spam, 9 is certain.
Known false positives: those of Exchange's own filter.
References: Microsoft Learn, "Spam confidence level (SCL) in EOP", "Anti-spam message headers in Microsoft 365".
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import ExchangeVerdict
from lockgate.model.findings import Category, Evidence


@detector("spam.exchange-verdict", Category.SPAM, weight=2.0, direction=Direction.INBOUND, about=ExchangeVerdict)
def exchange_verdict(verdict: ExchangeVerdict) -> Iterator[Outcome]:
    level = verdict.spam_confidence
    if (level is None or level < 5) and verdict.category not in ("SPM", "HSPM"):
        return
    strength = 2.0 if (level or 0) >= 8 or verdict.category == "HSPM" else 1.5
    shown = f"SCL {level}, category {verdict.category or 'none'}"
    yield Found(
        f"Exchange Online judged it as spam ({shown})",
        (Evidence("header X-Forefront-Antispam-Report", shown),),
        strength,
    )
