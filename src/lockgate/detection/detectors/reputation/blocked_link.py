"""A link leads to an address or a domain that is on a list of those that are blocked.

Why it matters: feeds know pages of campaigns within minutes; the final address is compared, and the written one too.
Known false positives: a shared host that was listed for one of its pages; such entries should be addresses.
References: OASIS STIX 2.1; MISP, "MISP core format".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Outcome, detector
from lockgate.detection.listings import blocked, found
from lockgate.model.findings import Category
from lockgate.model.reputation import Reputation, Subject


@detector("reputation.blocked-link", Category.PHISHING, weight=8.0, about=Reputation)
def blocked_link(content: Content, reputation: Reputation) -> Iterator[Outcome]:
    senders = {author.address.lower() for author in content.authors}
    for hit in blocked(reputation, Subject.URL, Subject.DOMAIN):
        if hit.value not in senders:
            yield found(hit)
