"""SQLite: one writer at a time, so a unit that writes has the whole database and claiming needs no lock."""

from collections.abc import Mapping

from sqlalchemy import Column, ColumnElement, Select, Table, Text, and_, func, or_, select, type_coerce
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.dml import Insert

from lockgate.storage.search_words import Alternatives


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

    def numbered(self, column: Column[int]) -> Mapping[str, ColumnElement[int]]:
        return {column.name: select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()}

    def claim(self, query: Select[str], of: Column[str]) -> Select[str]:
        del of
        return query

    def finds(self, column: Column[frozenset[str]], wanted: tuple[Alternatives, ...]) -> ColumnElement[bool]:
        text = type_coerce(column, Text)
        return and_(
            *(
                or_(*(text.contains(f" {one.text}{'' if one.begins else ' '}", autoescape=True) for one in any_of))
                for any_of in wanted
            )
        )
