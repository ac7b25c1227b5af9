"""What administrators change at run time, apart from policies: one JSON document per name, every version kept.

Rule: the document's meaning belongs to whoever reads it (detection's overrides, notification addresses ...); here
it is only kept, numbered and audited.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, insert, select
from sqlalchemy.exc import IntegrityError

from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditEntry, AuditLog, Author, Document
from lockgate.storage.changes import Topic, bump
from lockgate.storage.schema.administration import settings_versions
from lockgate.storage.snapshots import Snapshot
from lockgate.storage.unit_of_work import Database, Unit


@dataclass(frozen=True, slots=True)
class SettingsVersion:
    """A document as it was saved."""

    name: str
    version: int
    document: Document
    saved_at: datetime
    saved_by: str


class SettingsStore:
    """The documents, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def get(self, name: str) -> SettingsVersion | None:
        """The newest version; None when it was never saved."""
        found = self.history(name, limit=1)
        return found[0] if found else None

    def history(self, name: str, limit: int = 50) -> list[SettingsVersion]:
        """Versions, the newest first."""
        table = settings_versions.c
        query = select(settings_versions).where(table.name == name).order_by(table.version.desc()).limit(limit)
        return [_version(row) for row in self._unit.connection.execute(query)]

    def newest(self) -> dict[str, SettingsVersion]:
        """The newest version of every document."""
        query = select(settings_versions).order_by(settings_versions.c.version)
        return {row.name: _version(row) for row in self._unit.connection.execute(query)}

    def save(self, name: str, document: Document, author: Author, *, seen: int) -> SettingsVersion:
        """Store a new version; `seen` is the one it was changed from, 0 for none.

        Raises InvalidInput when somebody else has saved a newer one.
        """
        before = self.get(name)
        present = before.version if before else 0
        if present != seen:
            raise InvalidInput("Somebody else has saved these settings since you opened them; look again.")
        saved = SettingsVersion(name, seen + 1, dict(document), author.at, author.name)
        row = {field: getattr(saved, field) for field in SettingsVersion.__slots__}
        try:
            self._unit.connection.execute(insert(settings_versions).values(row))
        except IntegrityError:
            raise InvalidInput("Somebody else is saving these settings at this moment; look again.") from None
        bump(self._unit, Topic.SETTINGS)
        old = before.document if before else {}
        entry = AuditEntry(author.at, author.name, "settings.save", name, "", author.peer, old, saved.document)
        AuditLog(self._unit).record(entry)
        return saved


class SettingsCache:
    """The newest documents in memory, kept fresh by `snapshots.keep_fresh`."""

    def __init__(self, database: Database) -> None:
        self._snapshot = Snapshot(database, Topic.SETTINGS, lambda unit: SettingsStore(unit).newest())

    def get(self, name: str) -> SettingsVersion | None:
        """The newest version; None when it was never saved."""
        return self._snapshot.value.get(name)

    def refresh(self) -> bool:
        """Load anew when settings were changed; whether they were. Call from a thread."""
        return self._snapshot.refresh()


def _version(row: Row[tuple[object, ...]]) -> SettingsVersion:
    return SettingsVersion(**row._mapping)
