"""SQLite: one writer at a time, so a unit that writes has the whole database and claiming needs no lock."""

from sqlalchemy import Column, Select, Table
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.dml import Insert


class Sqlite:
    """See `Dialect`."""

    name = "sqlite"

    def insert_or_ignore(self, table: Table, keys: tuple[str, ...]) -> Insert:
        return insert(table).on_conflict_do_nothing(index_elements=list(keys))

    def insert_or_replace(self, table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Insert:
        statement = insert(table)
        new = {name: statement.excluded[name] for name in columns}
        return statement.on_conflict_do_update(index_elements=list(keys), set_=new)

    def insert_or_add(
        self, table: Table, keys: tuple[str, ...], sums: tuple[str, ...], newest: tuple[str, ...] = ()
    ) -> Insert:
        statement = insert(table)
        changed = {name: table.c[name] + statement.excluded[name] for name in sums}
        changed |= {name: statement.excluded[name] for name in newest}
        return statement.on_conflict_do_update(index_elements=list(keys), set_=changed)

    def claim(self, query: Select[str], of: Column[str]) -> Select[str]:
        del of
        return query
