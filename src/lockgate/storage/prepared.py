"""Statements of the mail path, compiled once per process instead of once per message.

SQLAlchemy Core looks up, types and binds a statement anew each time it is executed; measured on SQLite, that was most
of what the commit of one message cost. Rule: text and types come from the same table definitions as everywhere else,
and the driver's errors are wrapped as everywhere else (`exec_driver_sql`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Dialect, Row, Select, Table, bindparam, insert
from sqlalchemy.sql.dml import Insert

from lockgate.storage import dialects
from lockgate.storage.unit_of_work import Unit

Values = Mapping[str, object]
Converter = Callable[[object], object] | None
AnyRow = Row[Any]  # a query knows its columns, this module does not
AnyQuery = Select[Any]
Placeholders = list[BindParameter[object]]
MOST = 128  # statements kept; the product has about a dozen, tests open many databases


class Prepared:
    """One statement as the driver takes it, with what turns our values into the driver's."""

    def __init__(self, statement: Insert | AnyQuery, dialect: Dialect, names: Iterable[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(names))
        self._text = str(compiled)
        self._order = compiled.positiontup
        self._converters: dict[str, Converter] = {
            name: bound.type.dialect_impl(dialect).bind_processor(dialect) for name, bound in compiled.binds.items()
        }

    def values(self, given: Values) -> tuple[object, ...] | dict[str, object]:
        """One row of values for the driver: in order or by name, as its parameters are written."""
        converted = {name: how(given[name]) if how else given[name] for name, how in self._converters.items()}
        return converted if self._order is None else tuple(converted[name] for name in self._order)

    def execute(self, unit: Unit, rows: Iterable[Values]) -> None:
        """Once per row, in order."""
        unit.connection.exec_driver_sql(self._text, [self.values(row) for row in rows])

    def find(self, unit: Unit, given: Values) -> Sequence[AnyRow]:
        """The rows as the driver has them: no column type is applied to results."""
        return unit.connection.exec_driver_sql(self._text, self.values(given)).all()


def insert_rows(unit: Unit, table: Table, rows: Iterable[Values]) -> None:
    """INSERT whole rows."""
    _insert(table, unit.connection.dialect).execute(unit, rows)


def insert_or_replace(
    unit: Unit, table: Table, keys: tuple[str, ...], columns: tuple[str, ...], rows: Iterable[Values]
) -> None:
    """`Dialect.insert_or_replace` of whole rows."""
    _replace(unit.dialect.name, table, keys, columns, unit.connection.dialect).execute(unit, rows)


def insert_or_add(
    unit: Unit,
    table: Table,
    keys: tuple[str, ...],
    sums: tuple[str, ...],
    rows: Iterable[Values],
    newest: tuple[str, ...] = (),
) -> None:
    """`Dialect.insert_or_add` of whole rows."""
    _add(unit.dialect.name, table, keys, sums, newest, unit.connection.dialect).execute(unit, rows)


def find_among(unit: Unit, query: Callable[..., AnyQuery], *wanted: Iterable[object]) -> Sequence[AnyRow]:
    """Run a query that takes sets of values; `query` is a module's function and makes `in_` of the placeholders given.

    The sets are filled up to powers of two with values that are in them, so that few statements serve all sizes.
    """
    given = [list(values) for values in wanted]
    if not all(given):
        return []
    sizes = tuple(1 << (len(values) - 1).bit_length() for values in given)
    named = {
        _name(place, number): values[min(number, len(values) - 1)]
        for place, (values, size) in enumerate(zip(given, sizes, strict=True))
        for number in range(size)
    }
    return _query(query, sizes, unit.connection.dialect).find(unit, named)


def _name(place: int, number: int) -> str:
    return f"set{place}_{number}"


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


@lru_cache(maxsize=MOST)
def _insert(table: Table, dialect: Dialect) -> Prepared:
    return Prepared(insert(table), dialect, _columns(table))


@lru_cache(maxsize=MOST)
def _replace(own: str, table: Table, keys: tuple[str, ...], columns: tuple[str, ...], dialect: Dialect) -> Prepared:
    return Prepared(dialects.dialect_of(own).insert_or_replace(table, keys, columns), dialect, _columns(table))


@lru_cache(maxsize=MOST)
def _add(
    own: str,
    table: Table,
    keys: tuple[str, ...],
    sums: tuple[str, ...],
    newest: tuple[str, ...],
    dialect: Dialect,
) -> Prepared:
    return Prepared(dialects.dialect_of(own).insert_or_add(table, keys, sums, newest), dialect, _columns(table))


@lru_cache(maxsize=MOST)
def _query(query: Callable[..., AnyQuery], sizes: tuple[int, ...], dialect: Dialect) -> Prepared:
    sets: list[Placeholders] = [
        [bindparam(_name(place, number)) for number in range(size)] for place, size in enumerate(sizes)
    ]
    return Prepared(query(*sets), dialect, ())
