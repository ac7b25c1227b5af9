"""Hits on reputation lists as findings: which count, and the labels by which policies name them.

An entry for one policy speaks through its label alone, because a message may have recipients under several policies.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found
from lockgate.model.findings import Evidence
from lockgate.model.reputation import Hit, Reputation, Standing, Subject

DNS = "dns:"  # how the source of a list in the DNS begins


def blocked(reputation: Reputation, *subjects: Subject) -> Iterator[Hit]:
    """Hits on lists of what is blocked, lists in the DNS left out."""
    for hit in reputation.hits:
        if hit.standing is Standing.BLOCKED and hit.subject in subjects and not hit.source.startswith(DNS):
            yield hit


def found(hit: Hit, strength: float = 1.0) -> Found:
    """One sign. Where the entry is for one policy its strength is nothing and its label says which."""
    who = "the organisation" if hit.source == "manual" else hit.source
    said = f": {hit.note}" if hit.note else ""
    labels = (f"listed:{hit.standing}", f"list:{hit.source}")
    if hit.policy_id:
        labels = (f"listed:{hit.standing}:{hit.policy_id}", *labels[1:])
    return Found(
        f"{hit.value} is {hit.standing} by {who}{said}",
        (Evidence(f"list {hit.source}", f"{hit.subject} {hit.pattern}"),),
        0.0 if hit.policy_id else strength,
        labels,
    )
