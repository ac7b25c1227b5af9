"""The host that handed the message over is on a list of those that are blocked.

Why it matters: networks of broken-into machines and of hosts that are let to spammers send little else.
Known false positives: an address that changed hands; let such entries expire.
References: RFC 5782; MITRE ATT&CK T1583.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Outcome, detector
from lockgate.detection.listings import blocked, found
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category
from lockgate.model.reputation import Reputation, Subject


@detector("reputation.blocked-host", Category.SPAM, weight=6.0, direction=Direction.INBOUND, about=Reputation)
def blocked_host(reputation: Reputation) -> Iterator[Outcome]:
    for hit in blocked(reputation, Subject.HOST):
        yield found(hit)
