"""What an organisation's own notifications have to tell: kept with the feed's place, marked with the letter.

Rule: somebody is told of a message once by a notification; a notice goes into one letter, in the unit that keeps it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, distinct, func, select, update

from lockgate.model.notice import Audience, NoticeFacts
from lockgate.storage.schema.notices import automatic_senders, notices
from lockgate.storage.unit_of_work import Unit

ONCE = ("rule_id", "address", "message_id", "outcome")


@dataclass(frozen=True, slots=True)
class Desk:
    """Who is told by which notification of an organisation: what waits for one goes out together."""

    tenant_id: str
    rule_id: str
    address: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to tell somebody of, in this language."""

    desk: Desk
    audience: Audience
    language: str
    kept_at: datetime
    facts: NoticeFacts
    number: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits at a desk, since when, and the number of the newest."""

    desk: Desk
    count: int
    since: datetime
    newest: int


class Notices:
    """The notices, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def keep(self, notice: Notice) -> bool:
        """One more that waits; False when this desk knows of the message already."""
        desk, facts = notice.desk, notice.facts
        row = {
            "tenant_id": desk.tenant_id, "rule_id": desk.rule_id, "address": desk.address,
            "audience": notice.audience.value, "language": notice.language, "message_id": facts.message_id,
            "outcome": facts.outcome.value, "kept_at": notice.kept_at, "facts": facts, "letter_id": "",
        }  # fmt: skip
        statement = self._unit.dialect.insert_or_ignore(notices, ONCE)
        return self._unit.connection.execute(statement, row).rowcount > 0

    def first_of(self, rule_id: str, sender: str, at: datetime) -> bool:
        """Whether this automatic sender was not told of by this rule before, as far as is remembered; it is now."""
        statement = self._unit.dialect.insert_or_ignore(automatic_senders, ("rule_id", "sender"))
        row = {"rule_id": rule_id, "sender": sender, "at": at}
        return self._unit.connection.execute(statement, row).rowcount > 0

    def forget_senders(self, older_than: datetime) -> None:
        """Automatic senders of before may be told of again."""
        self._unit.connection.execute(delete(automatic_senders).where(automatic_senders.c.at < older_than))

    def waiting(self) -> list[Waiting]:
        """Every desk where something waits, the longest waiting first."""
        table = notices.c
        since = func.min(table.kept_at)
        query = (
            select(table.tenant_id, table.rule_id, table.address, func.count(), since, func.max(table.number))
            .where(table.letter_id == "")
            .group_by(table.tenant_id, table.rule_id, table.address)
            .order_by(since, table.rule_id, table.address)
        )
        return [
            Waiting(Desk(tenant, rule, address), count, first, newest)
            for tenant, rule, address, count, first, newest in self._unit.connection.execute(query)
        ]

    def first(self, desk: Desk, limit: int) -> list[Notice]:
        """The oldest that wait there."""
        query = select(notices).where(*_at(desk)).order_by(notices.c.number).limit(limit)
        return [
            Notice(desk, Audience(row.audience), row.language, row.kept_at, row.facts, row.number)
            for row in self._unit.connection.execute(query)
        ]

    def told(self, desk: Desk, after: int, until: int, letter_id: str, at: datetime) -> int:
        """Everything that waits there with a number behind `after`, up to `until`, is in this letter; how many."""
        numbered = (notices.c.number > after, notices.c.number <= until)
        changed = update(notices).where(*_at(desk), *numbered).values(letter_id=letter_id, told_at=at)
        return self._unit.connection.execute(changed).rowcount

    def letters_since(self, address: str, since: datetime) -> int:
        """How many letters this address was written since then."""
        table = notices.c
        query = select(func.count(distinct(table.letter_id))).where(table.address == address, table.told_at > since)
        return int(self._unit.connection.execute(query).scalar_one())

    def newest_letters(self, tenant_id: str, limit: int) -> list[str]:
        """The ids of the letters that an organisation's notifications wrote last, the newest first."""
        table = notices.c
        newest = func.max(table.told_at)
        query = select(table.letter_id).where(table.tenant_id == tenant_id, table.told_at.is_not(None))
        query = query.group_by(table.letter_id).order_by(newest.desc()).limit(limit)
        return list(self._unit.connection.execute(query).scalars())

    def drop(self, desk: Desk) -> int:
        """What waits there is told nobody any more; how much it was."""
        return self._unit.connection.execute(delete(notices).where(*_at(desk))).rowcount

    def prune(self, older_than: datetime) -> int:
        """Delete what was told before that moment; how much."""
        return self._unit.connection.execute(delete(notices).where(notices.c.told_at < older_than)).rowcount


def _at(desk: Desk) -> tuple[ColumnElement[bool], ...]:
    table = notices.c
    return (
        table.letter_id == "", table.tenant_id == desk.tenant_id, table.rule_id == desk.rule_id,
        table.address == desk.address,
    )  # fmt: skip
