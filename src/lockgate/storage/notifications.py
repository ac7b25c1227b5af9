"""What administrators are told: written in the unit that makes it true, so that neither is without the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, select, update

from lockgate.model.access import Scope
from lockgate.model.notification import Notification, NotificationKind
from lockgate.storage.schema.notifications import notifications
from lockgate.storage.searching import within
from lockgate.storage.unit_of_work import Unit

PAGE = 100


@dataclass(frozen=True, slots=True)
class Told:
    """A notification with its number and the mail that it went out in; `letter_id` is empty before."""

    number: int
    notification: Notification
    letter_id: str


class Notifications:
    """The notifications, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def tell(self, notification: Notification) -> bool:
        """Keep it, unless one with its key is there already; whether it is new."""
        row = {name: getattr(notification, name) for name in Notification.__slots__}
        row |= {"kind": notification.kind.value, "letter_id": ""}
        statement = self._unit.dialect.insert_or_ignore(notifications, ("key",))
        return self._unit.connection.execute(statement, row).rowcount > 0

    def newest(self, *, before: int | None = None, limit: int = PAGE, scope: Scope = None) -> list[Told]:
        """Newest first; `before` is the last number of the page before."""
        conditions = within(notifications.c.tenant_id, scope)
        query = select(notifications).where(*conditions).order_by(notifications.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(notifications.c.number < before)
        return [_told(row) for row in self._unit.connection.execute(query)]

    def unmailed(self, since: datetime, limit: int = PAGE) -> list[Told]:
        """What is in no mail yet, oldest first. What is older than `since` is not news any more."""
        table = notifications.c
        query = select(notifications).where(table.letter_id == "", table.at >= since).order_by(table.number)
        return [_told(row) for row in self._unit.connection.execute(query.limit(limit))]

    def mailed(self, numbers: Sequence[int], letter_id: str) -> int:
        """Note the mail that they go out in; for how many this is the first one."""
        table = notifications.c
        changed = update(notifications).where(table.number.in_(numbers), table.letter_id == "")
        return self._unit.connection.execute(changed.values(letter_id=letter_id)).rowcount

    def prune(self, older_than: datetime) -> int:
        """Delete those from before that moment; how many there were."""
        return self._unit.connection.execute(delete(notifications).where(notifications.c.at < older_than)).rowcount


def _told(row: Row[tuple[object, ...]]) -> Told:
    plain = {name: row._mapping[name] for name in Notification.__slots__}
    plain["kind"] = NotificationKind(plain["kind"])
    return Told(row.number, Notification(**plain), row.letter_id)
