"""A well-known service writes from its own domain, and authentication shows it.

Why it matters: real notices of banks, shops and services use the same words as their imitations; the domain tells them
apart, when it is shown to be true.
Known false positives: abuse of a real service's own mail, such as invoices sent through a payment service.
References: RFC 7489; RFC 6376.
"""

from collections.abc import Iterator

from lockgate.detection.brands import owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import listed
from lockgate.detection.organisations import registered_domain
from lockgate.model.envelope import Direction
from lockgate.model.facts import SenderAuthentication
from lockgate.model.findings import Category, Evidence

ANYBODY_MAY_WRITE = frozenset({"onmicrosoft.com", "sharepoint.com", "outlook.com", "t-online.de", "laposte.net"})


@detector(
    "innocence.authenticated-brand",
    Category.INNOCENCE,
    weight=-1.5,
    direction=Direction.INBOUND,
    about=SenderAuthentication,
)
def authenticated_brand(content: Content, authentication: SenderAuthentication) -> Iterator[Outcome]:
    domain = registered_domain(content.header_from.domain)
    if authentication.dmarc != "pass":
        return
    if domain in owned_domains() and domain not in listed("free_mail") | ANYBODY_MAY_WRITE:
        yield Found(f"{domain} writes itself", (Evidence("header From", content.header_from.address),))
