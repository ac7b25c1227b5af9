"""Opens the database: SQLite with the pragmas that make a commit durable, or PostgreSQL.

Rule: nothing here depends on what is stored. SQLite runs in WAL with synchronous=FULL, so that what was
acknowledged survives a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from lockgate.model.errors import ConfigurationError
from lockgate.storage.dialects import dialect_of
from lockgate.storage.migrations.upgrade import upgrade
from lockgate.storage.unit_of_work import WRITES, Database

BUSY_SECONDS = 30  # how long a writer waits for another process's commit on SQLite
POOL = 10  # connections kept; a process has few threads that speak SQL
OVERFLOW = 20


def open_database(url: str, *, migrate: bool = True) -> Database:
    """The database at `url` (`sqlite:////path/file.db`, `postgresql://...`), brought to the present schema.

    Raises ConfigurationError when the address is not one of the two kinds or nothing answers there.
    """
    engine = _engine(_parsed(url))
    database = Database(engine, dialect_of(engine.dialect.name))
    if migrate:
        upgrade(engine)
    return database


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(f"database_url cannot be read: {error}") from error
    match parsed.get_backend_name():
        case "sqlite":
            return parsed
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ConfigurationError(f"database_url: '{other}' is not supported; use sqlite:// or postgresql://.")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url,
            pool_size=POOL,
            max_overflow=OVERFLOW,
            pool_pre_ping=True,
            json_serializer=_json,
            connect_args={"application_name": "lockgate"},
        )
    if not url.database or url.database == ":memory:":
        raise ConfigurationError("database_url: SQLite needs a file, such as sqlite:////var/lib/lockgate/lockgate.db.")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, pool_size=POOL, max_overflow=OVERFLOW, json_serializer=_json, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # the driver's own type is not public
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    """A unit that will write takes the write lock at once: upgrading later fails when somebody else wrote."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
