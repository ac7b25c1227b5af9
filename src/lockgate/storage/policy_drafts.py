"""Drafts: one unsaved thought per policy, kept beside it and never in force.

Rule: no gateway reads this table. A draft names the version that it was made from; putting it in force is a save like
any other (`storage/policies.py`), in the unit that forgets the draft.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from lockgate.model.policy import Policy
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.schema.administration import policies, policy_drafts
from lockgate.storage.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """What somebody has written; `policy.version` is the version that it was made from."""

    policy: Policy
    saved_at: datetime
    saved_by: str


class PolicyDrafts:
    """The drafts, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def get(self, policy_id: str) -> PolicyDraft | None:
        """The draft of a policy; None when there is none."""
        row = self._connection.execute(
            select(policy_drafts).where(policy_drafts.c.policy_id == policy_id)
        ).one_or_none()
        return None if row is None else PolicyDraft(row.document, row.saved_at, row.saved_by)

    def waiting(self) -> frozenset[str]:
        """The policies that have a draft."""
        return frozenset(self._connection.execute(select(policy_drafts.c.policy_id)).scalars())

    def keep(self, policy: Policy, author: Author) -> None:
        """Keep this as the policy's draft, instead of the one before."""
        self._forget(policy.id)
        row = {"policy_id": policy.id, "document": policy, "saved_at": author.at, "saved_by": author.name}
        self._connection.execute(insert(policy_drafts).values(row))
        self._audit("policy.draft", policy.id, author)

    def discard(self, policy_id: str, author: Author) -> None:
        """Forget the draft; nothing happens when there is none."""
        if self._forget(policy_id):
            self._audit("policy.discard-draft", policy_id, author)

    def _forget(self, policy_id: str) -> int:
        return self._connection.execute(delete(policy_drafts).where(policy_drafts.c.policy_id == policy_id)).rowcount

    def _audit(self, act: str, policy_id: str, author: Author) -> None:
        owner = self._connection.execute(select(policies.c.tenant_id).where(policies.c.id == policy_id)).scalar_one()
        AuditLog(self._unit).record(AuditEntry(author.at, author.name, act, policy_id, owner, author.peer))
