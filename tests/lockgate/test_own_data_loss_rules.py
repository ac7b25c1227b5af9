"""An organisation's own rules are kept in versions, and reach the gateway's memory."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lockgate.data_loss.own_rules import OwnDataLossRules, document_name, save_rules, saved_rules
from lockgate.model.data_loss import Need
from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.engine import open_database
from lockgate.storage.settings_store import SettingsStore
from lockgate.storage.unit_of_work import Database

ANN = Author("ann", datetime(2026, 11, 28, tzinfo=UTC))
TENANT = "t1"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'lockgate.db'}")
    yield opened
    opened.close()


def rules(count: int) -> str:
    return f'[[template]]\nid = "own.accounts"\nname = "Accounts"\nways = [["iban:{count}"]]\n'


def test_a_saved_version_is_in_force_after_a_look_and_in_the_audit_log(database: Database) -> None:
    memory = OwnDataLossRules(database)
    assert memory.rules(TENANT) is None
    for version in (1, 2):
        save_rules(database, TENANT, rules(version), ANN, seen=version - 1)
        assert memory.refresh()
        known = memory.rules(TENANT)
        assert known is not None and known.version == version
        assert known.templates[0].ways == ((Need("iban", version),),)
    assert memory.rules("t2") is None
    assert saved_rules(database, TENANT) == (rules(2), 2)
    with database.read() as unit:
        assert [entry.subject for entry in AuditLog(unit).newest()] == [document_name(TENANT)] * 2


def test_rules_of_no_use_and_rules_over_somebody_elses_are_not_saved(database: Database) -> None:
    save_rules(database, TENANT, rules(1), ANN, seen=0)
    with pytest.raises(InvalidInput, match="Somebody else"):
        save_rules(database, TENANT, rules(2), ANN, seen=0)
    with pytest.raises(InvalidInput, match="not TOML"):
        save_rules(database, TENANT, "[[", ANN, seen=1)
    assert saved_rules(database, TENANT) == (rules(1), 1)


def test_rules_that_a_newer_program_wrote_leave_those_before_them_in_force(database: Database) -> None:
    memory = OwnDataLossRules(database)
    save_rules(database, TENANT, rules(1), ANN, seen=0)
    assert memory.refresh()
    assert memory.rules(TENANT) is not None
    with database.write() as unit:
        SettingsStore(unit).save(document_name(TENANT), {"text": "[[unheard]]"}, ANN, seen=1)
    assert memory.refresh()
    known = memory.rules(TENANT)
    assert known is not None and known.version == 1
