"""The real differences between the databases: upsert, claiming work, finding terms. The rest is the same code."""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import Column, ColumnElement, Select, Table
from sqlalchemy.sql.dml import Insert

from lockgate.model.errors import ConfigurationError
from lockgate.storage.search_words import Alternatives


class Dialect(Protocol):
    """What differs. `keys` are the names of the columns of the primary key or of a unique constraint."""

    name: str

    def insert_or_ignore(self, table: Table, keys: tuple[str, ...]) -> Insert:
        """An INSERT that leaves an existing row as it is; its `rowcount` says whether there was none."""
        ...

    def insert_or_replace(self, table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Insert:
        """An INSERT that overwrites `columns` of an existing row with the new values."""
        ...

    def insert_or_add(
        self, table: Table, keys: tuple[str, ...], sums: tuple[str, ...], newest: tuple[str, ...] = ()
    ) -> Insert:
        """An INSERT that adds `sums` to an existing row's and overwrites `newest`."""
        ...

    def numbered(self, column: Column[int]) -> Mapping[str, ColumnElement[int]]:
        """What an INSERT says of a column that numbers its rows and is but a part of their key."""
        ...

    def claim(self, query: Select[str], of: Column[str]) -> Select[str]:
        """Lock the chosen rows for this unit and skip those that another node has locked."""
        ...

    def finds(self, column: Column[frozenset[str]], wanted: tuple[Alternatives, ...]) -> ColumnElement[bool]:
        """Rows whose terms have one of each of `wanted`, which is not empty."""
        ...


def dialect_of(name: str) -> Dialect:
    """The differences of the dialect that SQLAlchemy calls `name`."""
    match name:
        case "sqlite":
            from lockgate.storage.dialects.sqlite import Sqlite

            return Sqlite()
        case "postgresql":
            from lockgate.storage.dialects.postgresql import PostgreSql

            return PostgreSql()
        case _:
            raise ConfigurationError(f"The database '{name}' is not supported.")
