"""Brings a database to the newest revision, at start-up, when several processes may do so at once.

Rule: one transaction under a lock. PostgreSQL takes an advisory lock that ends with the transaction; SQLite's
BEGIN IMMEDIATE is the lock. A failure leaves the schema as it was: both dialects undo DDL.
"""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from lockgate.model.clock import system_clock
from lockgate.model.errors import ConfigurationError
from lockgate.storage import weeks

LOCK = 0x10C6A7E  # any number, as long as nobody else of this database uses it


def upgrade(engine: Engine) -> None:
    """Apply all missing revisions.

    Raises ConfigurationError when the database cannot be reached or was written by a newer release.
    """
    try:
        with engine.connect() as connection:
            marked = connection.execution_options(lockgate_writes=True)
            with marked.begin():
                if marked.dialect.name == "postgresql":
                    marked.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                _run(marked)
                weeks.prepare(marked, system_clock())
    except OperationalError as error:
        raise ConfigurationError(f"database_url: the database does not answer: {error.orig}") from error
    except CommandError as error:
        raise ConfigurationError(f"The database was written by a newer release: {error}") from error


def script_directory() -> ScriptDirectory:
    """Where the revisions are."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def _run(connection: Connection) -> None:
    scripts = script_directory()

    def steps(revision: object, _context: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]  # as alembic.command does

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        with environment.begin_transaction():
            environment.run_migrations()
