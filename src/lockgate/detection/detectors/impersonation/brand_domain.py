"""The sender's domain carries or resembles the name of a much-imitated brand and is not the brand's.

Why it matters: `paypa1.com`, `paypal-service.example` and `xn--pypal-4ve.com` are registered for one purpose.
Known false positives: a company whose own name contains a brand's.
References: MITRE ATT&CK T1583.001; Unicode UTS #39.
"""

from collections.abc import Iterator

from lockgate.detection.brands import all_brands, owned_domains, owns
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import registered_domain
from lockgate.detection.resemblance import resembles
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence

SHORTEST = 5


@detector("impersonation.brand-domain", Category.PHISHING, weight=3.0, direction=Direction.INBOUND)
def brand_domain(content: Content, origin: Origin) -> Iterator[Outcome]:
    domain = content.header_from.domain
    if not domain or registered_domain(domain) in owned_domains() or origin.is_internal(domain):
        return
    for brand in all_brands():
        if not brand.distinctive or owns(brand, domain):
            continue
        for own in sorted(brand.domains):
            name = own.partition(".")[0]
            how = resembles(domain, own) if len(name) >= SHORTEST and own.endswith((".com", ".de", ".org")) else ""
            if how:
                explanation = f"the sender's domain {domain} resembles {own}: {how}"
                yield Found(explanation, (Evidence("header From", content.header_from.address),))
                return
