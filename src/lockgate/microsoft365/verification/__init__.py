"""Settings in Microsoft 365 that could get in the way: what each means, and the exact fix. Reads, never changes.

`CHECKLIST` can be shown before there is any access; `verify` answers the same questions from what was gathered. One
module per area; each has its `CHECKS`, and a new check is one more entry there.
"""

from lockgate.microsoft365.verification import connectors, domains, organisation, other_products, rules, spam_policies
from lockgate.microsoft365.verification.evidence import Evidence, Unread
from lockgate.microsoft365.verification.gathering import gather
from lockgate.microsoft365.verification.question import Asked, Check, Outcome, Question
from lockgate.microsoft365.verification.sender_policy import TextRecords

ASKED: tuple[Asked, ...] = (
    *connectors.CHECKS,
    *spam_policies.CHECKS,
    *rules.CHECKS,
    *other_products.CHECKS,
    *domains.CHECKS,
    *organisation.CHECKS,
)
CHECKLIST: tuple[Question, ...] = tuple(one.question for one in ASKED)


def verify(evidence: Evidence) -> tuple[Check, ...]:
    """Every question of the checklist, in its order, answered from the evidence."""
    return tuple(one.check(evidence) for one in ASKED)


__all__ = [
    "ASKED", "CHECKLIST", "Check", "Evidence", "Outcome", "Question", "TextRecords", "Unread", "gather", "verify",
]  # fmt: skip
