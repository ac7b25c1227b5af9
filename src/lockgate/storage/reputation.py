"""Reputation lists: entries added, replaced by source, removed, expired; each change is audited in its own unit."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, delete, func, or_, select

from lockgate.model.reputation import Entry, Standing, Subject
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.changes import Topic, bump
from lockgate.storage.schema.reputation import reputation_entries
from lockgate.storage.snapshots import Snapshot
from lockgate.storage.unit_of_work import Database, Unit

AT_ONCE = 500
SHOWN = 20  # entries that an audit entry names


class ReputationStore:
    """The entries, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def search(
        self,
        *,
        tenant_id: str | None = None,
        standing: Standing | None = None,
        subject: Subject | None = None,
        source: str = "",
        words: str = "",
        limit: int = 500,
    ) -> list[Entry]:
        """Entries in order of their patterns; empty arguments ask for nothing."""
        table = reputation_entries.c
        conditions: list[ColumnElement[bool]] = []
        if tenant_id is not None:
            conditions.append(table.tenant_id == tenant_id)
        if standing is not None:
            conditions.append(table.standing == standing.value)
        if subject is not None:
            conditions.append(table.subject == subject.value)
        if source:
            conditions.append(table.source == source)
        if words:
            conditions.append(table.pattern.contains(words.lower(), autoescape=True))
        query = select(reputation_entries).where(*conditions).order_by(table.pattern, table.id).limit(limit)
        return [_entry(row) for row in self._unit.connection.execute(query)]

    def count(self, source: str = "") -> int:
        """How many there are."""
        query = select(func.count()).select_from(reputation_entries)
        return int(
            self._unit.connection.execute(
                query.where(reputation_entries.c.source == source) if source else query
            ).scalar_one()
        )

    def in_force(self, now: datetime) -> list[Entry]:
        """Everything that has not expired."""
        expires = reputation_entries.c.expires_at
        query = select(reputation_entries).where(or_(expires.is_(None), expires > now))
        return [_entry(row) for row in self._unit.connection.execute(query)]

    def add(self, entries: Sequence[Entry], author: Author) -> int:
        """Store entries; one that is there already gets the new note and end. How many were given."""
        statement = self._unit.dialect.insert_or_replace(
            reputation_entries,
            keys=("tenant_id", "policy_id", "standing", "subject", "pattern", "source"),
            columns=("note", "expires_at", "added_at", "added_by"),
        )
        rows = [_row(entry) for entry in entries]
        for start in range(0, len(rows), AT_ONCE):
            self._unit.connection.execute(statement, rows[start : start + AT_ONCE])
        self._changed("reputation.add", author, entries)
        return len(rows)

    def replace_source(self, source: str, entries: Sequence[Entry], author: Author) -> tuple[int, int]:
        """Make the source's entries exactly these; how many were there before and how many are there now."""
        before = self.count(source)
        self._unit.connection.execute(delete(reputation_entries).where(reputation_entries.c.source == source))
        self.add(entries, author)
        return before, len(entries)

    def remove(self, ids: Sequence[str], author: Author) -> int:
        """Delete entries; how many were there."""
        gone = [one for one in map(self.get, ids) if one is not None]
        for start in range(0, len(gone), AT_ONCE):
            chosen = [one.id for one in gone[start : start + AT_ONCE]]
            self._unit.connection.execute(delete(reputation_entries).where(reputation_entries.c.id.in_(chosen)))
        if gone:
            self._changed("reputation.remove", author, gone)
        return len(gone)

    def prune(self, now: datetime) -> int:
        """Forget what has expired; how many entries that was."""
        query = delete(reputation_entries).where(reputation_entries.c.expires_at <= now)
        gone = self._unit.connection.execute(query).rowcount
        if gone:
            bump(self._unit, Topic.REPUTATION)
        return gone

    def get(self, entry_id: str) -> Entry | None:
        """The entry with this id; None when it is gone."""
        query = select(reputation_entries).where(reputation_entries.c.id == entry_id)
        row = self._unit.connection.execute(query).one_or_none()
        return None if row is None else _entry(row)

    def _changed(self, act: str, author: Author, entries: Sequence[Entry]) -> None:
        bump(self._unit, Topic.REPUTATION)
        named = [f"{one.standing.value} {one.subject.value} {one.pattern}" for one in entries[:SHOWN]]
        organisations = sorted({one.tenant_id for one in entries})
        detail = {"entries": len(entries), "first": named, "source": entries[0].source if entries else ""}
        tenant_id = organisations[0] if len(organisations) == 1 else ""
        AuditLog(self._unit).record(
            AuditEntry(author.at, author.name, act, "reputation", tenant_id, author.peer, {}, detail)
        )


class ReputationCache:
    """All entries in force in memory, kept fresh by `snapshots.keep_fresh`."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._snapshot = Snapshot(database, Topic.REPUTATION, lambda unit: tuple(ReputationStore(unit).in_force(now)))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Those in force; the same object until something changes."""
        return self._snapshot.value

    def refresh(self) -> bool:
        """Load anew when the lists were changed; whether they were. Call from a thread."""
        return self._snapshot.refresh()


def _row(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in Entry.__slots__} | {
        "standing": entry.standing.value,
        "subject": entry.subject.value,
    }


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    plain = dict(row._mapping)
    plain |= {"standing": Standing(str(plain["standing"])), "subject": Subject(str(plain["subject"]))}
    return Entry(**plain)
