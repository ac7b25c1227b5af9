"""The lists as people change them: entries written by hand, and feeds that replace what their source said before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.lookups.reputation_patterns import canonical, subject_of
from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Entry, Standing, Subject
from lockgate.storage.audit import Author
from lockgate.storage.reputation import ReputationStore
from lockgate.storage.unit_of_work import Database
from lockgate.tuning.feeds.reading import Format, Read, read_feed

MANUAL = "manual"
APPROVED_ONLY = frozenset({Subject.FILE_NAME, Subject.FILE_KIND})
MOST_BY_HAND = 5_000  # of one organisation


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom entries are: an organisation (empty: all), and one of its policies (empty: all)."""

    tenant_id: str = ""
    policy_id: str = ""


class Lists:
    """Changes to the lists; each is one unit with its audit entry."""

    def __init__(self, database: Database, new_id: Callable[[], str]) -> None:
        self._database = database
        self._new_id = new_id

    def made(
        self,
        written: str,
        standing: Standing,
        author: Author,
        *,
        whose: Whose,
        subject: Subject | None = None,
        note: str = "",
        expires_at: datetime | None = None,
    ) -> Entry:
        """An entry as it would stand on the list. Raises InvalidInput for what cannot stand there."""
        about = subject or subject_of(written)
        if about is None:
            raise InvalidInput(f"'{written}' is no address, domain, web address, hash or network.")
        if about in APPROVED_ONLY and standing is not Standing.APPROVED:
            raise InvalidInput("Files are blocked by name or kind in a policy's rule; on a list they are approved.")
        return Entry(
            self._new_id(), whose.tenant_id, whose.policy_id, standing, about, canonical(about, written), note.strip(),
            MANUAL, author.at, author.name, expires_at,
        )  # fmt: skip

    def add(
        self,
        written: str,
        standing: Standing,
        author: Author,
        *,
        whose: Whose,
        subject: Subject | None = None,
        note: str = "",
        expires_at: datetime | None = None,
        instead_of: str = "",
    ) -> Entry:
        """Put something on a list, in one unit with taking off the entry `instead_of`.

        Raises InvalidInput for what cannot stand there, and when that entry is gone or a feed's.
        """
        entry = self.made(
            written, standing, author, whose=whose, subject=subject, note=note, expires_at=expires_at
        )  # fmt: skip
        with self._database.write() as unit:
            store = ReputationStore(unit)
            if instead_of:
                before = _own(store, instead_of, whose.tenant_id)
                if before.source != MANUAL:
                    raise InvalidInput(f"This entry is what '{before.source}' says; it is changed there.")
                store.remove([before.id], author)
            mine = store.search(tenant_id=whose.tenant_id, source=MANUAL, limit=MOST_BY_HAND)
            if len(mine) >= MOST_BY_HAND:
                raise InvalidInput(f"There are {MOST_BY_HAND} entries already; import a feed instead.")
            store.add([entry], author)
        return entry

    def get(self, entry_id: str, tenant_id: str) -> Entry:
        """One of an organisation's entries. Raises InvalidInput when there is no such one."""
        with self._database.read() as unit:
            return _own(ReputationStore(unit), entry_id, tenant_id)

    def remove(self, entry_id: str, tenant_id: str, author: Author) -> Entry:
        """Take one of an organisation's entries off; what it was. Raises InvalidInput when there is no such one."""
        with self._database.write() as unit:
            store = ReputationStore(unit)
            gone = _own(store, entry_id, tenant_id)
            store.remove([gone.id], author)
        return gone

    def import_feed(
        self,
        content: bytes,
        written: Format,
        source: str,
        standing: Standing,
        author: Author,
        *,
        whose: Whose,
        days: int = 0,
    ) -> tuple[Read, int]:
        """Make the source's entries those of the feed; what was read, and how many entries it had before.

        Raises InvalidInput for a feed that cannot be read or has no entry: an empty answer must not empty a list.
        """
        if source in ("", MANUAL) or source.startswith("dns:"):
            raise InvalidInput("A feed has a name of its own.")
        read = read_feed(content, written)
        if not read.lines:
            raise InvalidInput("The feed has no entry that can be used; what was there before stays.")
        expires_at = author.at + timedelta(days=days) if days else None
        entries = [
            Entry(
                self._new_id(), whose.tenant_id, whose.policy_id, standing, line.subject, line.pattern, line.note,
                source, author.at, author.name, expires_at,
            )
            for line in read.lines
        ]  # fmt: skip
        with self._database.write() as unit:
            before, _ = ReputationStore(unit).replace_source(source, entries, author)
        return read, before


def _own(store: ReputationStore, entry_id: str, tenant_id: str) -> Entry:
    """The entry; another organisation's is not there."""
    found = store.get(entry_id)
    if found is None or found.tenant_id != tenant_id:
        raise InvalidInput("There is no such entry; it may have been removed already.")
    return found
