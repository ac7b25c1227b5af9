"""The weeks that logs are cut into on PostgreSQL: made ahead of time, and dropped whole when their time is over.

`<table>_before` takes what is older than the first week and `<table>_after` what is newer than the last, so that a
commit never finds no place for its rows. Every partition is a plain range: with a DEFAULT partition PostgreSQL could
not read the weeks one after the other, the newest first, which lets a search stop early. SQLite has no weeks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, text

from lockgate.storage.schema.audit import audit_log
from lockgate.storage.schema.clicks import clicks
from lockgate.storage.schema.column_types import HOUR, to_moment, to_number
from lockgate.storage.schema.traces import (
    data_loss_findings,
    detections,
    later_events,
    message_recipients,
    messages,
)

WEEK = 7 * 24 * HOUR
AHEAD = 8  # weeks that are there before their time; more are made when half of them are left
IN_WEEKS: dict[Table, str] = {  # and the column with the moment that counts
    messages: "received_at", message_recipients: "received_at", later_events: "received_at", detections: "received_at",
    data_loss_findings: "received_at", clicks: "at", audit_log: "at",
}  # fmt: skip
PATIENCE = "SET LOCAL lock_timeout = '3s'"  # mail must not queue up behind us: better to try again on the next day
_BOUNDS = re.compile(r"FROM \('?(MINVALUE|-?\d+)'?\) TO \('?(MAXVALUE|-?\d+)'?\)")


@dataclass(frozen=True, slots=True)
class Part:
    """A partition that holds [begins, ends), in the numbers of `Moment`; None is without a bound."""

    name: str
    begins: int | None
    ends: int | None


def has_weeks(connection: Connection) -> bool:
    """Whether this database is one that is cut into weeks."""
    return connection.dialect.name == "postgresql"


def prepare(connection: Connection, now: datetime) -> None:
    """Make the weeks to come. Call in a transaction; two at once wait for each other."""
    if not has_weeks(connection):
        return
    this = _beginning(to_number(now))
    for table in IN_WEEKS:
        found = parts(connection, table)
        if not found:
            _run(connection, f"CREATE TABLE {table.name}_before PARTITION OF {table.name} {_values(None, this)}")
            _run(connection, f"CREATE TABLE {table.name}_after PARTITION OF {table.name} {_values(this, None)}")
            _extend(connection, table, this, this + AHEAD * WEEK)
        elif (end := found[-1].begins) is not None and end < this + AHEAD // 2 * WEEK:
            _run(connection, PATIENCE)
            _extend(connection, table, end, this + AHEAD * WEEK)


def drop(connection: Connection, tables: Sequence[Table], older_than: datetime) -> int:
    """Drop the weeks of these tables that had ended by then; how many rows of the first were in them."""
    if not has_weeks(connection):
        return 0
    limit, dropped = to_number(older_than), 0
    for table in tables:
        found = parts(connection, table)
        over = [one for one in found if one.begins is not None and one.ends is not None and one.ends <= limit]
        if not over:
            continue
        _run(connection, PATIENCE)
        if table is tables[0]:
            dropped = sum(_count(connection, one) for one in over)
        for one in over:
            _run(connection, f"DROP TABLE {one.name}")
        before = f"{table.name}_before"
        _run(connection, f"ALTER TABLE {table.name} DETACH PARTITION {before}")
        _run(connection, f"ALTER TABLE {table.name} ATTACH PARTITION {before} {_values(None, over[-1].ends)}")
    return dropped


def first_kept(connection: Connection, table: Table) -> datetime | None:
    """Where the first week of a table begins: what is older was never in one. None where there are no weeks."""
    found = parts(connection, table) if has_weeks(connection) else []
    return next((to_moment(one.begins) for one in found if one.begins is not None), None)


def parts(connection: Connection, table: Table) -> list[Part]:
    """The partitions of a table, the oldest first."""
    query = text(
        "SELECT child.relname, pg_get_expr(child.relpartbound, child.oid) FROM pg_inherits"
        " JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = to_regclass(:parent)"
    )
    found = (_part(name, bound) for name, bound in connection.execute(query, {"parent": table.name}))
    return sorted(found, key=lambda one: -1 if one.begins is None else one.begins)


def _part(name: str, bound: str) -> Part:
    match = _BOUNDS.search(bound)
    if match is None:
        raise RuntimeError(f"The partition {name} is not one of ours: {bound}")
    begins, ends = (None if value.endswith("VALUE") else int(value) for value in match.groups())
    return Part(name, begins, ends)


def _extend(connection: Connection, table: Table, begins: int, ends: int) -> None:
    """Cut weeks off the partition without an end, with what is in it already."""
    after = f"{table.name}_after"
    _run(connection, f"ALTER TABLE {table.name} DETACH PARTITION {after}")
    for week in range(begins, ends, WEEK):
        name = f"{table.name}_w{week // WEEK}"
        _run(connection, f"CREATE TABLE {name} PARTITION OF {table.name} {_values(week, week + WEEK)}")
    columns = ", ".join(f'"{one.name}"' for one in table.columns)
    moved = f"DELETE FROM {after} WHERE {IN_WEEKS[table]} < {ends} RETURNING {columns}"  # noqa: S608 - numbers and names of ours
    _run(connection, f"WITH moved AS ({moved}) INSERT INTO {table.name} ({columns}) SELECT {columns} FROM moved")  # noqa: S608
    _run(connection, f"ALTER TABLE {table.name} ATTACH PARTITION {after} {_values(ends, None)}")


def _values(begins: int | None, ends: int | None) -> str:
    low, high = "MINVALUE" if begins is None else begins, "MAXVALUE" if ends is None else ends
    return f"FOR VALUES FROM ({low}) TO ({high})"


def _beginning(number: int) -> int:
    return number - number % WEEK


def _count(connection: Connection, one: Part) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {one.name}").scalar_one())  # noqa: S608 - a name of ours


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
