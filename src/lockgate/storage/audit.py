"""The audit log: append only.

Rule: the entry is written in the unit that makes the change, so that neither is without the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select

from lockgate.model.access import Scope
from lockgate.storage.schema.audit import audit_log
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Unit

Document = Mapping[str, object]  # values that JSON knows
PAGE = 100


@dataclass(frozen=True, slots=True)
class Author:
    """Who does something, when, and from which address. `name` is an account's, or `system`."""

    name: str
    at: datetime
    peer: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. `actor` is an account's name or `system`; `act` such as `quarantine.release`; `subject` an id.

    `before` and `after` hold what changed, without secrets.
    """

    at: datetime
    actor: str
    act: str
    subject: str
    tenant_id: str = ""
    peer: str = ""  # the address that the actor came from
    before: Document = field(default_factory=dict)
    after: Document = field(default_factory=dict)
    number: int = 0


class AuditLog:
    """The entries, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    def record(self, entry: AuditEntry) -> None:
        """Append `entry`; its number is given by the database."""
        self._connection.execute(
            insert(audit_log).values(
                at=entry.at,
                actor=entry.actor,
                act=entry.act,
                subject=entry.subject,
                tenant_id=entry.tenant_id,
                peer=entry.peer,
                before=dict(entry.before),
                after=dict(entry.after),
            )
        )

    def newest(
        self, *, before: int | None = None, subject: str = "", act: str = "", limit: int = PAGE, scope: Scope = None
    ) -> list[AuditEntry]:
        """Entries, newest first. `before` is the number of the last entry of the page before; `act` a prefix."""
        conditions = within(audit_log.c.tenant_id, scope)
        query = select(audit_log).where(*conditions).order_by(audit_log.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(audit_log.c.number < before)
        if subject:
            query = query.where(audit_log.c.subject == subject)
        if act:
            query = query.where(audit_log.c.act.startswith(act, autoescape=True))
        return [AuditEntry(**row) for row in self._connection.execute(query).mappings()]

    def prune(self, older_than: datetime) -> int:
        """Delete entries from before that moment; how many there were."""
        return self._connection.execute(delete(audit_log).where(audit_log.c.at < older_than)).rowcount
