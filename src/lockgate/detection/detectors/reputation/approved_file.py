"""A file is one whose verdicts the organisation has excepted, by hash, name or kind.

Why it matters: a harmless program of one's own that a rule takes for malware would be held for ever. What detectors say
of such a file is left out; by name or kind only what they guess, because a sender chooses the name: what scanners, the
sandbox and lists know stays. It weighs nothing, and says in the trace why others are silent.
Known false positives: a name or a kind that somebody else uses too; let such entries expire.
References: MITRE ATT&CK T1036 (names that deceive).
"""

from collections.abc import Iterator

from lockgate.detection.detector import Outcome, detector
from lockgate.detection.listings import found
from lockgate.model.findings import Category
from lockgate.model.reputation import Reputation, Standing, Subject

FILES = frozenset({Subject.HASH, Subject.FILE_NAME, Subject.FILE_KIND})


@detector("reputation.approved-file", Category.INNOCENCE, weight=0.0, about=Reputation)
def approved_file(reputation: Reputation) -> Iterator[Outcome]:
    for hit in reputation.hits:
        if hit.standing is Standing.APPROVED and hit.subject in FILES:
            yield found(hit)
