"""PostgreSQL: many writers; a claim locks rows and passes by those that others hold (SKIP LOCKED)."""

from collections.abc import Mapping

from sqlalchemy import Column, ColumnElement, Select, Table, Text, cast, literal
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlalchemy.sql.dml import Insert

from lockgate.storage.schema.column_types import lexeme
from lockgate.storage.search_words import Alternatives, Term


class PostgreSql:
    """See `Dialect`."""

    name = "postgresql"

    def insert_or_ignore(self, table: Table, keys: tuple[str, ...]) -> Insert:
        statement = insert(table).on_conflict_do_nothing(index_elements=list(keys))
        return statement.execution_options(preserve_rowcount=True)  # which SQLAlchemy else forgets with the cursor

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
        del column  # a sequence of its own
        return {}

    def claim(self, query: Select[str], of: Column[str]) -> Select[str]:
        return query.with_for_update(skip_locked=True, of=of)

    def finds(self, column: Column[frozenset[str]], wanted: tuple[Alternatives, ...]) -> ColumnElement[bool]:
        query = " & ".join(f"({' | '.join(map(_asked, any_of))})" for any_of in wanted)
        return column.bool_op("@@")(cast(literal(query, Text), TSQUERY))


def _asked(term: Term) -> str:
    return lexeme(term.text) + (":*" if term.begins else "")
