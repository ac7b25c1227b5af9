"""A message from outside names one of the organisation's own domains as its sender and is not authenticated.

Why it matters: "from a colleague" is believed; where the domain's DMARC policy is `none`, Exchange delivers it.
Known false positives: an application or service that sends for the organisation without being in its SPF record.
References: RFC 7489; microsoft.com, "Anti-spoofing protection in EOP".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderAuthentication
from lockgate.model.findings import Category, Evidence


@detector(
    "impersonation.own-domain", Category.PHISHING, weight=3.0, direction=Direction.INBOUND, about=SenderAuthentication
)
def own_domain(content: Content, origin: Origin, authentication: SenderAuthentication) -> Iterator[Outcome]:
    author = next((author for author in content.authors if origin.is_internal(author.domain)), None)
    if author is None:
        return
    if "pass" in (authentication.dmarc, authentication.compauth):
        return
    if authentication.spf == "pass" and origin.is_internal(authentication.spf_domain):
        return  # SPF speaks for the envelope's domain, which may be the attacker's own
    explanation = f"{author.address} is an address of ours, and nothing shows that the message is"
    shown = f"spf={authentication.spf} dkim={authentication.dkim} dmarc={authentication.dmarc}"
    yield Found(explanation, (Evidence("header From", author.address), Evidence("authentication", shown)))
