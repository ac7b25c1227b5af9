"""Sender authentication failed for the visible sender's domain.

Why it matters: DMARC says whether the domain that the reader sees stands behind the message; where it fails and SPF
and DKIM show nothing either, the sender is probably invented.
Known false positives: forwarded mail and lists without ARC; senders with a wrong SPF record.
References: RFC 7489 §6.6.2; RFC 7208 §2.6; RFC 6376; Microsoft Learn, "Composite authentication".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import SenderAuthentication
from lockgate.model.findings import Category, Evidence


@detector(
    "authentication.failed",
    Category.AUTHENTICATION,
    weight=1.8,
    direction=Direction.INBOUND,
    about=SenderAuthentication,
)
def failed(content: Content, authentication: SenderAuthentication) -> Iterator[Outcome]:
    if content.is_discussion:
        return
    shown = (
        f"spf={authentication.spf} dkim={authentication.dkim} dmarc={authentication.dmarc} "
        f"compauth={authentication.compauth or 'none'} {authentication.compauth_reason}"
    ).strip()
    evidence = (Evidence("authentication", shown),)
    if authentication.dmarc == "fail" and authentication.compauth != "pass" and authentication.arc != "pass":
        strict = authentication.dmarc_policy in ("reject", "quarantine", "oreject")
        yield Found("DMARC failed for the visible sender", evidence, 1.3 if strict else 1.0)
    elif authentication.compauth == "fail":
        yield Found("Exchange's composite authentication failed", evidence, 1.0)
    elif authentication.spf in ("fail", "softfail") and authentication.dkim != "pass":
        yield Found(f"SPF says {authentication.spf} and no signature holds", evidence, 0.6)
    elif authentication.spf == "none" and authentication.dkim == "none" and authentication.dmarc in ("none", ""):
        yield Found("nothing shows who sent it", evidence, 0.3)
