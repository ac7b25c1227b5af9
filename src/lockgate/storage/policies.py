"""Policies: every save is a new version with who and when; old versions stay, because decisions name them.

Rule: whoever saves names the version that they changed. Of two who change the same version the second is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, and_, delete, insert, select, update

from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.policy import Policy, PolicySet
from lockgate.storage.audit import AuditEntry, AuditLog, Author, Document
from lockgate.storage.changes import Topic, bump
from lockgate.storage.schema.administration import policies, policy_drafts, policy_versions
from lockgate.storage.snapshots import Snapshot
from lockgate.storage.unit_of_work import Database, Unit

AnyRow = Row[tuple[object, ...]]
_DOCUMENT: TypeAdapter[Policy] = TypeAdapter(Policy)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of a policy with its history."""

    policy: Policy
    saved_at: datetime
    saved_by: str


class PolicyStore:
    """The policies, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        """The policies in force, in priority order."""
        table = policies.c
        rows = self._connection.execute(
            _in_force().where(table.tenant_id == tenant_id, table.direction == direction.value)
        )
        return PolicySet(tenant_id, direction, _ordered([row.document for row in rows]))

    def all_current(self) -> dict[tuple[str, Direction], PolicySet]:
        """The policies in force of all tenants and directions."""
        found: dict[tuple[str, Direction], list[Policy]] = {}
        for row in self._connection.execute(_in_force()):
            found.setdefault((row.tenant_id, Direction(row.direction)), []).append(row.document)
        return {key: PolicySet(*key, _ordered(documents)) for key, documents in found.items()}

    def get(self, policy_id: str) -> Policy | None:
        """The version in force; None when there is no such policy any more."""
        row = self._connection.execute(_in_force().where(policies.c.id == policy_id)).one_or_none()
        return None if row is None else row.document

    def history(self, policy_id: str) -> list[PolicyVersion]:
        """All versions, the newest first; also of a policy that was deleted."""
        table = policy_versions.c
        query = select(policy_versions).where(table.policy_id == policy_id).order_by(table.version.desc())
        return [PolicyVersion(row.document, row.saved_at, row.saved_by) for row in self._connection.execute(query)]

    def version(self, policy_id: str, number: int) -> PolicyVersion:
        """One version, also of a policy that was deleted. Raises InvalidInput when there is no such version."""
        table = policy_versions.c
        query = select(policy_versions).where(table.policy_id == policy_id, table.version == number)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise InvalidInput(f"There is no such policy, or not in version {number}.")
        return PolicyVersion(row.document, row.saved_at, row.saved_by)

    def add(self, tenant_id: str, policy: Policy, author: Author) -> Policy:
        """Store a new policy as version 1; those from its priority on move down one place."""
        others = self.current(tenant_id, policy.direction).policies
        place = min(max(policy.priority, 1), len(others) + 1)
        added = replace(policy, version=1, priority=place)
        self._connection.execute(
            insert(policies).values(
                id=policy.id, tenant_id=tenant_id, direction=policy.direction.value, version=1, deleted=False
            )
        )
        self._write(added, author)
        self._audit("policy.add", tenant_id, policy.id, author, {}, _document(added))
        ids = [other.id for other in others]
        self.reorder(tenant_id, policy.direction, [*ids[: place - 1], policy.id, *ids[place - 1 :]], author)
        return added

    def save(self, policy: Policy, author: Author, *, act: str = "policy.save") -> Policy:
        """Store a change of version `policy.version`; the new version. Direction and priority stay as they are.

        Raises InvalidInput when the policy is gone or somebody else has saved a newer version.
        """
        before = self.get(policy.id)
        if before is None:
            raise InvalidInput("This policy was deleted by somebody else.")
        saved = replace(policy, version=before.version + 1, direction=before.direction, priority=before.priority)
        self._advance(policy, saved)
        self._write(saved, author)
        self._audit(act, self.tenant_of(policy.id), policy.id, author, _document(before), _document(saved))
        return saved

    def roll_back(self, policy_id: str, number: int, author: Author) -> Policy:
        """Save what version `number` said as a new version; whether it is switched on, and its place, stay as they are.

        Raises InvalidInput when there is no such version, or the policy is gone.
        """
        present, old = self._existing(policy_id), self.version(policy_id, number).policy
        restored = replace(old, version=present.version, enabled=present.enabled)
        return self.save(restored, author, act="policy.roll-back")

    def set_enabled(self, policy_id: str, enabled: bool, author: Author) -> Policy:
        """Switch a policy on or off; raises InvalidInput when it is gone."""
        policy = self._existing(policy_id)
        if policy.enabled == enabled:
            return policy
        return self.save(replace(policy, enabled=enabled), author, act="policy.enable" if enabled else "policy.disable")

    def copy(self, policy_id: str, new_id: str, name: str, author: Author) -> Policy:
        """A disabled copy behind the original; raises InvalidInput when that is gone."""
        policy = self._existing(policy_id)
        copied = replace(policy, id=new_id, name=name, enabled=False, priority=policy.priority + 1)
        return self.add(self.tenant_of(policy_id), copied, author)

    def reorder(self, tenant_id: str, direction: Direction, ids: Sequence[str], author: Author) -> None:
        """Give the policies the order of `ids`; a policy whose place changes gets a new version.

        Raises InvalidInput when `ids` are not exactly the present policies: somebody else has changed them.
        """
        present = {policy.id: policy for policy in self.current(tenant_id, direction).policies}
        if sorted(ids) != sorted(present):
            raise InvalidInput("The policies have changed since this page was shown; look again.")
        for place, policy_id in enumerate(ids, start=1):
            policy = present[policy_id]
            if policy.priority != place:
                moved = replace(policy, version=policy.version + 1, priority=place)
                self._advance(policy, moved)
                self._write(moved, author)
                after = {"priority": place}
                self._audit("policy.move", tenant_id, policy_id, author, {"priority": policy.priority}, after)

    def delete(self, policy_id: str, author: Author) -> None:
        """Take a policy out of force; its versions stay. Raises InvalidInput when it is gone already."""
        policy = self._existing(policy_id)
        tenant_id = self.tenant_of(policy_id)
        self._connection.execute(update(policies).where(policies.c.id == policy_id).values(deleted=True))
        self._connection.execute(delete(policy_drafts).where(policy_drafts.c.policy_id == policy_id))
        bump(self._unit, Topic.POLICIES)
        self._audit("policy.delete", tenant_id, policy_id, author, _document(policy), {})
        left = [other.id for other in self.current(tenant_id, policy.direction).policies]
        self.reorder(tenant_id, policy.direction, left, author)

    def _existing(self, policy_id: str) -> Policy:
        policy = self.get(policy_id)
        if policy is None:
            raise InvalidInput("There is no such policy any more.")
        return policy

    def tenant_of(self, policy_id: str) -> str:
        """The organisation of a policy that there is, or was."""
        query = select(policies.c.tenant_id).where(policies.c.id == policy_id)
        return str(self._connection.execute(query).scalar_one())

    def _advance(self, seen: Policy, new: Policy) -> None:
        table = policies.c
        changed = self._connection.execute(
            update(policies)
            .where(table.id == seen.id, table.version == seen.version, table.deleted.is_(False))
            .values(version=new.version)
        ).rowcount
        if changed == 0:
            raise InvalidInput("Somebody else has saved this policy since you opened it; look at the newer version.")

    def _write(self, policy: Policy, author: Author) -> None:
        self._connection.execute(
            insert(policy_versions).values(
                policy_id=policy.id,
                version=policy.version,
                document=policy,
                saved_at=author.at,
                saved_by=author.name,
            )
        )
        bump(self._unit, Topic.POLICIES)

    def _audit(
        self, act: str, tenant_id: str, policy_id: str, author: Author, before: Document, after: Document
    ) -> None:
        entry = AuditEntry(author.at, author.name, act, policy_id, tenant_id, author.peer, before, after)
        AuditLog(self._unit).record(entry)


class PolicyCache:
    """Implements `gateway.ports.Policies`: answers from memory, kept fresh by `snapshots.keep_fresh`."""

    def __init__(self, database: Database) -> None:
        self._snapshot = Snapshot(database, Topic.POLICIES, lambda unit: PolicyStore(unit).all_current())

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        """See `gateway.ports.Policies`."""
        return self._snapshot.value.get((tenant_id, direction)) or PolicySet(tenant_id, direction, ())

    def refresh(self) -> bool:
        """Load anew when policies were changed; whether they were. Call from a thread."""
        return self._snapshot.refresh()


def _in_force() -> Select[tuple[object, ...]]:
    return select(policies.c.tenant_id, policies.c.direction, policy_versions.c.document).where(
        and_(policy_versions.c.policy_id == policies.c.id, policy_versions.c.version == policies.c.version),
        policies.c.deleted.is_(False),
    )


def _ordered(found: Sequence[Policy]) -> tuple[Policy, ...]:
    return tuple(sorted(found, key=lambda policy: (policy.priority, policy.id)))


def _document(policy: Policy) -> Document:
    document: Document = _DOCUMENT.dump_python(policy, mode="json")
    return document
