"""Tables and migrations say the same, on both databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from lockgate.model.errors import ConfigurationError
from lockgate.storage.engine import open_database
from lockgate.storage.migrations import make
from lockgate.storage.schema import all_tables
from lockgate.storage.unit_of_work import Database


def of_both(_thing: object, name: str | None, _kind: str, _reflected: bool, _compare_to: object) -> bool:
    """Weeks and the indexes of search terms are PostgreSQL's alone."""
    own = r"_w\d+$|_before$|_after$|^ix_(messages_search|audit_log_search|held_words_words)$"
    return re.search(own, name or "") is None


def test_the_migrated_schema_is_the_schema_of_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        options = {"compare_type": True, "include_object": of_both}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, all_tables()) == []


def test_the_initial_revision_was_written_anew_after_the_last_change_of_a_table() -> None:
    assert make.FILE.read_text(encoding="utf-8") == make.initial_revision(), f"run: python -m {make.__name__}"


def test_opening_at_once_from_several_processes_migrates_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(open_database, [empty_database_url] * 4))
    for one in opened:
        one.close()


def test_opening_a_migrated_database_again_changes_nothing(database: Database, database_url: str) -> None:
    open_database(database_url).close()


def test_a_database_of_a_newer_release_is_left_alone(database: Database, database_url: str) -> None:
    with database.write() as unit:
        unit.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer release"):
        open_database(database_url)


def test_an_address_that_is_no_database_is_explained(tmp_path: Path) -> None:
    for url in ("mysql://localhost/x", "nonsense", "sqlite://", "postgresql://127.0.0.1:1/x"):
        with pytest.raises(ConfigurationError, match="database_url"):
            open_database(url)
