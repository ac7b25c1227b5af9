"""The unit of work: the only place of the product that commits.

    with database.write() as unit:
        AuditLog(unit).record(...)
        Users(unit).add(...)

Leaving the block commits everything, an exception undoes everything; `read()` never commits. Units are
synchronous: call from a thread (`asyncio.to_thread`), never from the event loop.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lockgate.model.errors import TemporaryError
from lockgate.storage.dialects import Dialect

WRITES = "lockgate_writes"


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction. Repositories take it; nobody calls `commit` on the connection."""

    connection: Connection
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Database:
    """An open database."""

    engine: Engine
    dialect: Dialect

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A unit that is committed at the end of the block; raises TemporaryError when the database is away."""
        with naming_surprises(), self.engine.connect() as connection:
            marked = connection.execution_options(**{WRITES: True})
            with marked.begin():
                yield Unit(marked, self.dialect)

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A unit that only reads, undone at the end; raises TemporaryError when the database is away."""
        with naming_surprises(), self.engine.connect() as connection:
            yield Unit(connection, self.dialect)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def naming_surprises() -> Iterator[None]:
    """A database that is away, full, locked or restarting is a TemporaryError; a wrong statement stays what it is."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise TemporaryError(f"The database cannot be used now: {_cause(error)}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise TemporaryError(f"The database connection was lost: {_cause(error)}") from error
        raise


def _cause(error: Exception) -> str:
    """The driver's sentence, without the statement and its values: those may hold message content."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(origin).splitlines()[0] if str(origin) else type(origin).__name__
