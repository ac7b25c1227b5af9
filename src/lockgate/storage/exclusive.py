"""A right that one process has at a time, and that is free again when its holder dies, however it dies.

On SQLite it is a lock on a file beside the database, which the system frees; on PostgreSQL an advisory lock of a
session, which the server frees (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS). Both
are blocking, and quick.
"""

import fcntl
import os
import zlib
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, func, select

from lockgate.storage.unit_of_work import Database, naming_surprises


class Exclusive(Protocol):
    """The right by its name."""

    def take(self) -> bool:
        """Whether it is ours now. Raises TemporaryError when it cannot be told."""
        ...

    def require(self) -> None:
        """Raise TemporaryError when it may be another one's meanwhile."""
        ...

    def free(self) -> None:
        """Give it back; nothing when it was not ours."""
        ...


def exclusive(database: Database, folder: Path, name: str) -> Exclusive:
    """The right called `name`, kept by the database, or by a file in `folder` when that is SQLite."""
    if database.engine.dialect.name == "postgresql":
        return AdvisoryLock(database, name)
    return FileLock(folder / f"{name}.lock")


class FileLock:
    """Implements `Exclusive` for processes of one machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """See `Exclusive`."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def require(self) -> None:
        """See `Exclusive`: the system takes it from nobody who lives."""

    def free(self) -> None:
        """See `Exclusive`."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class AdvisoryLock:
    """Implements `Exclusive` for every process that has the database; lasts as long as its connection."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._key = zlib.crc32(f"lockgate/{name}".encode())
        self._connection: Connection | None = None

    def take(self) -> bool:
        """See `Exclusive`."""
        with naming_surprises():
            connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if connection.execute(select(func.pg_try_advisory_lock(self._key))).scalar_one():
                self._connection = connection
                return True
            connection.close()
            return False

    def require(self) -> None:
        """See `Exclusive`: a connection that answers is a session that still holds its locks."""
        if self._connection is not None:
            with naming_surprises():
                self._connection.execute(select(1))

    def free(self) -> None:
        """See `Exclusive`."""
        if self._connection is not None:
            self._connection.invalidate()  # the session ends, and with it the lock, also where it hangs
            self._connection.close()
            self._connection = None
