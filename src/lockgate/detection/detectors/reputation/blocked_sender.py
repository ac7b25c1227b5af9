"""The sender, or the sender's domain, is on a list of those that are blocked.

Why it matters: somebody decided it, or a feed that somebody trusts; no judgement of ours stands above that.
Known false positives: entries that are wrong or old; each names its source and may expire.
References: MISP, "MISP core format"; OASIS STIX 2.1.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Outcome, detector
from lockgate.detection.listings import blocked, found
from lockgate.model.findings import Category
from lockgate.model.reputation import Reputation, Subject


@detector("reputation.blocked-sender", Category.SPAM, weight=8.0, about=Reputation)
def blocked_sender(content: Content, reputation: Reputation) -> Iterator[Outcome]:
    senders = {author.address.lower() for author in content.authors}
    for hit in blocked(reputation, Subject.SENDER, Subject.DOMAIN):
        if hit.value in senders or hit.subject is Subject.SENDER:
            yield found(hit)
