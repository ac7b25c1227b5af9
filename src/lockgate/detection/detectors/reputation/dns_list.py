"""A list in the DNS has the sending host, the sender's domain or the host of a link.

Why it matters: such lists see the mail of millions and know a campaign while it runs.
Known false positives: lists differ in care; which are asked, the organisation decides.
References: RFC 5782; RFC 6471.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Outcome, detector
from lockgate.detection.listings import DNS, found
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category
from lockgate.model.reputation import Reputation


@detector("reputation.dns-list", Category.SPAM, weight=2.2, direction=Direction.INBOUND, about=Reputation)
def dns_list(reputation: Reputation) -> Iterator[Outcome]:
    listed = [hit for hit in reputation.hits if hit.source.startswith(DNS)]
    for hit in listed:
        yield found(hit, 1.0 if len({one.source for one in listed}) == 1 else 1.5)
