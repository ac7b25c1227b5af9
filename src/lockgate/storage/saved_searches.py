"""Searches that are kept under a name. Who sees one is said by `model/saved_search.py`."""

from sqlalchemy import Row, delete, func, insert, select

from lockgate.model.errors import InvalidInput
from lockgate.model.saved_search import Log, SavedSearch
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.schema.saved_searches import saved_searches
from lockgate.storage.unit_of_work import Unit

MOST = 100  # of one owner
LONGEST_NAME = 80


class SavedSearches:
    """All of them, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def all(self, log: Log | None = None) -> list[SavedSearch]:
        """Of that list, or of every one, by name."""
        query = select(saved_searches).order_by(saved_searches.c.name_folded, saved_searches.c.id)
        if log is not None:
            query = query.where(saved_searches.c.log == log.value)
        return [_saved(row) for row in self._connection.execute(query)]

    def get(self, search_id: str) -> SavedSearch | None:
        """The one with this id; None when it is gone."""
        row = self._connection.execute(select(saved_searches).where(saved_searches.c.id == search_id)).one_or_none()
        return None if row is None else _saved(row)

    def save(self, one: SavedSearch, author: Author) -> None:
        """Keep it; what its owner had under that name for that list is replaced. Raises InvalidInput."""
        if not 0 < len(one.name) <= LONGEST_NAME:
            raise InvalidInput(f"Give the search a name of at most {LONGEST_NAME} characters.")
        table = saved_searches.c
        folded = one.name.casefold()
        same = (table.owner_id == one.owner_id, table.log == one.log.value, table.name_folded == folded)
        self._connection.execute(delete(saved_searches).where(*same))
        count = select(func.count()).where(table.owner_id == one.owner_id)
        if self._connection.execute(count).scalar_one() >= MOST:
            raise InvalidInput(f"You have kept {MOST} searches already; delete one that is not used any more.")
        row = {name: getattr(one, name) for name in SavedSearch.__slots__}
        row |= {"log": one.log.value, "fields": dict(one.fields), "name_folded": folded}
        self._connection.execute(insert(saved_searches).values(row))
        self._note("search.save", one, author)

    def forget(self, one: SavedSearch, author: Author) -> None:
        """Keep it no more."""
        self._connection.execute(delete(saved_searches).where(saved_searches.c.id == one.id))
        self._note("search.forget", one, author)

    def _note(self, act: str, one: SavedSearch, author: Author) -> None:
        shared = one.shared_with if len(one.shared_with) > 1 else ""
        after = {"list": one.log.value, "search": dict(one.fields), "shared_with": one.shared_with}
        entry = AuditEntry(author.at, author.name, act, f"search {one.name}", shared, author.peer, {}, after)
        AuditLog(self._unit).record(entry)


def _saved(row: Row[tuple[object, ...]]) -> SavedSearch:
    plain = {name: row._mapping[name] for name in SavedSearch.__slots__}
    return SavedSearch(**plain | {"log": Log(plain["log"])})
