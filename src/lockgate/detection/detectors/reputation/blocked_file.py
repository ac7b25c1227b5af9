"""A file, or a file inside an archive, has a hash that is on a list of those that are blocked.

Why it matters: a hash names exactly one content; there is nothing to weigh.
Known false positives: a hash of an empty or very common file in a careless feed.
References: OASIS STIX 2.1 §10.7; MISP, "MISP core format".
"""

from collections.abc import Iterator

from lockgate.detection.detector import Outcome, detector
from lockgate.detection.listings import blocked, found
from lockgate.model.findings import Category
from lockgate.model.reputation import Reputation, Subject


@detector("reputation.blocked-file", Category.MALWARE, weight=8.0, about=Reputation)
def blocked_file(reputation: Reputation) -> Iterator[Outcome]:
    for hit in blocked(reputation, Subject.HASH):
        yield found(hit)
