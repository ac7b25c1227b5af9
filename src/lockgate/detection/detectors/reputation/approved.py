"""The sender is on a list of those that are approved, and sender authentication shows that it is the sender.

Why it matters: an organisation knows its partners; what they send is judged all the same, but from far below. Files
are not excused: malware stays malware.
Known false positives: a partner whose account was broken into.
References: RFC 7489; MITRE ATT&CK T1199.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Outcome, detector
from lockgate.detection.listings import found
from lockgate.model.facts import SenderAuthentication
from lockgate.model.findings import Category
from lockgate.model.reputation import Reputation, Standing, Subject

UNPROVEN = 0.1  # of the weight: anybody can write an approved address into From


@detector("reputation.approved", Category.INNOCENCE, weight=-6.0, about=Reputation)
def approved(
    content: Content, reputation: Reputation, authentication: SenderAuthentication | None
) -> Iterator[Outcome]:
    senders = {author.address.lower() for author in content.authors}
    proven = authentication is not None and "pass" in (authentication.dmarc, authentication.compauth)
    for hit in reputation.hits:
        sender = hit.subject is Subject.SENDER or (hit.subject is Subject.DOMAIN and hit.value in senders)
        if hit.standing is Standing.APPROVED and (sender or hit.subject is Subject.HOST):
            yield found(hit, 1.0 if proven or hit.subject is Subject.HOST else UNPROVEN)
