"""The sender's name or the subject speaks for a much-imitated brand, from a domain that is not the brand's.

Why it matters: most mass phishing puts a brand's name before an address that nobody reads.
Known false positives: resellers and event organisers who name the brand; a person whose surname is a brand's name.
References: Check Point Research, "Brand Phishing Report"; MITRE ATT&CK T1656.
"""

from collections.abc import Iterator

from lockgate.detection.brands import named_at_a_glance, named_in, owned_domains, owns
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import has_any, plain
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_ASKING = ("credential", "account-threat", "delivery", "delivery-fee", "prize-lure", "crypto-lure", "callback")
_VIA = (" via ", " über ", " door ", " tramite ", " por ", " through ")


@detector("impersonation.brand-sender", Category.PHISHING, weight=2.6, direction=Direction.INBOUND)
def brand_sender(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    name = plain(author.display_name)
    if content.is_discussion or origin.is_internal(author.domain) or has_any(f" {name} ", _VIA):
        return
    disguised = named_at_a_glance(author.display_name)
    brand = disguised or named_in(name)
    where, shown = "header From", f"{author.display_name} <{author.address}>"
    strength = 1.4 if disguised else 1.0
    if brand is None and len(content.said(*_ASKING)) >= 2:
        brand = named_in(content.subject)
        where, shown, strength = "header Subject", message.subject, 0.6
    if brand is None or owns(brand, author.domain):
        return
    if author.domain in owned_domains() and where == "header Subject":
        return
    explanation = f"the sender speaks for {brand.name} and writes from {author.domain or 'no domain at all'}"
    if content.said("credential", "account-threat", "delivery-fee", "crypto-lure", "prize-lure"):
        strength *= 1.3
    yield Found(explanation, (Evidence(where, shown),), strength, ("impersonation:brand",))
