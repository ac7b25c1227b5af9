"""Databases for the contract suites: every test runs over SQLite and over a real PostgreSQL.

Rule: where PostgreSQL cannot be had the suite fails; LOCKGATE_SKIP_POSTGRES=1 says that somebody means it.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text

from lockgate.storage.blobs import Blobs, open_blobs
from lockgate.storage.engine import open_database
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import NOW

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL of our own, `{}` standing for the name of the database."""
    if os.environ.get("LOCKGATE_SKIP_POSTGRES"):
        pytest.skip("LOCKGATE_SKIP_POSTGRES is set")
    from pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="lockgate-postgresql-"))
    try:
        with get_server(folder, cleanup_mode="stop") as server:
            yield server.get_uri(database="{}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """A migrated database that tests are copied from: a copy takes a tenth of the time of a migration."""
    _run(postgresql_server, "CREATE DATABASE template_lockgate")
    open_database(postgresql_server.format("template_lockgate")).close()
    return "template_lockgate"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind; the PostgreSQL one is migrated already."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/lockgate.db"
    return _new_database(request, request.getfixturevalue("postgresql_template"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind without a single table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/lockgate.db"
    return _new_database(request, "template0")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    opened = open_database(database_url)
    yield opened
    opened.close()


def _new_database(request: pytest.FixtureRequest, template: str) -> str:
    server: str = request.getfixturevalue("postgresql_server")
    name = f"test_{os.getpid()}_{next(NUMBERS)}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return server.format(name)


def _run(server: str, statement: str) -> None:
    url = server.format("postgres").replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """Content in a folder."""
    return open_blobs(str(tmp_path / "blobs"))


@pytest_asyncio.fixture
async def ledger(database: Database, blobs: Blobs) -> AsyncIterator[StoredLedger]:
    """The mail path's memory over the database."""
    opened = StoredLedger(database, blobs, lambda: NOW)
    yield opened
    await opened.close()
