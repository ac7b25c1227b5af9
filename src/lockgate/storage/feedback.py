"""What people said of messages, until somebody has looked at it and it may be learnt from.

Rule: nothing here reaches the model that judges. `lockgate model train --reviewed` reads what was approved, and an
administrator decides whether the new model is used. Each record keeps a copy of its message.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row, delete, insert, select, update

from lockgate.model.access import Scope
from lockgate.storage.audit import Author
from lockgate.storage.schema.feedback import feedback
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Unit

LARGEST = 2_000_000
"""Bytes of a message of which a copy is kept; the classifier looks at its beginning only."""


class Origin(StrEnum):
    """How somebody said it."""

    RELEASE = "release"  # out of quarantine: it was wanted
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One message and what was said of it. `reviewed_by` is empty until somebody approved it."""

    id: str
    at: datetime
    by: str
    origin: Origin
    wanted: bool
    tenant_id: str
    message_id: str
    header_from: str
    subject: str
    blob: str
    reviewed_by: str = ""
    reviewed_at: datetime | None = None


class FeedbackStore:
    """The records, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    def add(self, one: Feedback) -> None:
        """Keep it."""
        self._connection.execute(insert(feedback).values({name: getattr(one, name) for name in Feedback.__slots__}))

    def all(self, *, approved: bool | None = None, scope: Scope = None) -> list[Feedback]:
        """Newest first; `approved` limits to those that were, or were not yet."""
        query = select(feedback).where(*within(feedback.c.tenant_id, scope)).order_by(feedback.c.at.desc())
        if approved is not None:
            query = query.where(feedback.c.reviewed_by != "" if approved else feedback.c.reviewed_by == "")
        return [_read(row) for row in self._connection.execute(query)]

    def get(self, identity: str) -> Feedback | None:
        """One of them."""
        row = self._connection.execute(select(feedback).where(feedback.c.id == identity)).one_or_none()
        return None if row is None else _read(row)

    def approve(self, identity: str, author: Author) -> bool:
        """It may be learnt from; whether this changed anything."""
        wanted = update(feedback).where(feedback.c.id == identity, feedback.c.reviewed_by == "")
        return self._connection.execute(wanted.values(reviewed_by=author.name, reviewed_at=author.at)).rowcount > 0

    def remove(self, identity: str) -> bool:
        """Forget it; whether it was there. Its copy is the caller's to delete."""
        return self._connection.execute(delete(feedback).where(feedback.c.id == identity)).rowcount > 0

    def prune(self, older_than: datetime) -> int:
        """Forget what was said before that moment; copies go with the next sweep for orphans."""
        return self._connection.execute(delete(feedback).where(feedback.c.at < older_than)).rowcount


def _read(row: Row[tuple[object, ...]]) -> Feedback:
    given = {name: row._mapping[name] for name in Feedback.__slots__}
    return Feedback(**{**given, "origin": Origin(given["origin"])})
