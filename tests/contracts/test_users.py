"""Accounts, sessions and the first administrator's code, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lockgate.model.access import EVERYWHERE
from lockgate.model.errors import InvalidInput
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.sessions import CODE_LIFETIME, IDLE, LONGEST, BootstrapCodes, Sessions
from lockgate.storage.unit_of_work import Database
from lockgate.storage.users import FAILURES, LOCKED, Role, Users
from tests.contracts.records import NOW

ROOT = Author("root", NOW, "192.0.2.1")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def root(database: Database) -> str:
    with database.write() as unit:
        return Users(unit).add("id-1", "Root", "hash", Role.ADMIN, ROOT).id


def test_an_account_is_found_whatever_the_case_and_a_name_is_taken_once(database: Database, root: str) -> None:
    with database.read() as unit:
        account = Users(unit).by_name("  rOOt ")
    assert account is not None
    assert (account.name, account.enabled, account.created_at) == ("Root", True, NOW)
    assert account.access.roles == {EVERYWHERE: Role.ADMIN}
    assert "hash" not in repr(account)
    with pytest.raises(InvalidInput, match="already"), database.write() as unit:
        Users(unit).add("id-2", "ROOT", "hash", Role.VIEWER, ROOT)


def test_guessing_locks_an_account_for_a_while(database: Database, root: str) -> None:
    with database.write() as unit:
        users = Users(unit)
        for _ in range(FAILURES - 1):
            users.note_failure(root, NOW)
        users.note_success(root, NOW)
        for _ in range(FAILURES):
            account = users.get(root)
            assert account is not None
            assert not account.is_locked(NOW)
            users.note_failure(root, NOW)
        account = users.get(root)
    assert account is not None
    assert account.is_locked(NOW + LOCKED - MINUTE)
    assert not account.is_locked(NOW + LOCKED)


def test_the_last_administrator_stays(database: Database, root: str) -> None:
    with pytest.raises(InvalidInput, match="last administrator"), database.write() as unit:
        Users(unit).set_role(root, Role.VIEWER, ROOT)
    with pytest.raises(InvalidInput, match="last administrator"), database.write() as unit:
        Users(unit).set_enabled(root, False, ROOT)
    with database.write() as unit:
        users = Users(unit)
        users.add("id-2", "Eve", "hash", Role.ADMIN, ROOT)
        users.set_role(root, Role.VIEWER, ROOT)
        assert [(one.name, one.access.roles[EVERYWHERE]) for one in users.all()] == [
            ("Eve", Role.ADMIN), ("Root", Role.VIEWER),
        ]  # fmt: skip
        acts = [entry.act for entry in AuditLog(unit).newest(act="account.")]
    assert acts == ["account.role", "account.add", "account.add"]


def test_roles_hold_in_the_organisations_that_they_were_given_for(database: Database, root: str) -> None:
    with database.write() as unit:
        users = Users(unit)
        users.add("id-2", "Eve", "hash", Role.ANALYST, ROOT, ["tenant-a", "tenant-b"])
        users.set_role("id-2", Role.ADMIN, ROOT, "tenant-b")
        users.set_role("id-2", None, ROOT, "tenant-a")
        users.set_role("id-2", Role.VIEWER, ROOT, "tenant-c")
    with database.read() as unit:
        account = Users(unit).get("id-2")
        [entry] = AuditLog(unit).newest(act="account.role", limit=1)
    assert account is not None
    access = account.access
    assert access.scope() == frozenset({"tenant-b", "tenant-c"})
    assert access.scope(Role.ANALYST) == frozenset({"tenant-b"})
    assert access.may(Role.ADMIN, "tenant-b") and not access.may(Role.VIEWER, "tenant-a")
    assert not access.may(Role.VIEWER, "") and not access.may_everywhere(Role.VIEWER)
    assert entry.after == {"roles": {"tenant-b": "admin", "tenant-c": "viewer"}}
    with pytest.raises(InvalidInput, match="last administrator"), database.write() as unit:
        Users(unit).set_role("id-2", Role.ADMIN, ROOT, "tenant-c")
        Users(unit).set_role(root, None, ROOT)


def test_a_session_lives_while_it_is_used(database: Database, root: str) -> None:
    with database.write() as unit:
        opened = Sessions(unit).open(root, "192.0.2.1", NOW)
    with database.write() as unit:
        sessions = Sessions(unit)
        found = sessions.find(opened.token, NOW + IDLE - MINUTE)
        assert found is not None
        assert (found.account.id, found.csrf_token) == (root, opened.csrf_token)
        assert found.is_stale(NOW + IDLE - MINUTE)
        sessions.touch(opened.token, NOW + IDLE - MINUTE)
        assert sessions.find(opened.token, NOW + IDLE + MINUTE) is not None
        assert sessions.find(opened.token, NOW + 2 * IDLE) is None
        sessions.touch(opened.token, NOW + LONGEST)
        assert sessions.find(opened.token, NOW + LONGEST) is None, "however busy, it ends"
        assert sessions.find("another token", NOW) is None
        sessions.close(opened.token)
        assert sessions.find(opened.token, NOW) is None


def test_a_new_password_or_a_shut_account_ends_its_sessions(database: Database, root: str) -> None:
    with database.write() as unit:
        users, sessions = Users(unit), Sessions(unit)
        users.add("id-2", "Eve", "hash", Role.ADMIN, ROOT)
        first = sessions.open(root, "", NOW)
        users.set_password(root, "better hash", ROOT)
        assert sessions.find(first.token, NOW) is None
        second = sessions.open(root, "", NOW)
        users.set_enabled(root, False, ROOT)
        assert sessions.find(second.token, NOW) is None
        users.set_enabled(root, True, ROOT)
        assert sessions.find(second.token, NOW) is None
        sessions.open(root, "", NOW)
        assert sessions.prune(NOW + IDLE) == 1


def test_the_first_code_works_once_even_when_tried_at_once(database: Database) -> None:
    with database.write() as unit:
        replaced = BootstrapCodes(unit).issue(NOW)
        code = BootstrapCodes(unit).issue(NOW)
    assert code is not None
    assert replaced is not None

    def redeem(_: int) -> bool:
        with database.write() as unit:
            return BootstrapCodes(unit).redeem(f" {code}\n", NOW + MINUTE)

    with database.write() as unit:
        assert not BootstrapCodes(unit).redeem(replaced, NOW)
        assert not BootstrapCodes(unit).redeem(code, NOW + CODE_LIFETIME)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(redeem, range(4))) == [False, False, False, True]


def test_there_is_no_first_code_once_somebody_has_an_account(database: Database) -> None:
    with database.write() as unit:
        code = BootstrapCodes(unit).issue(NOW)
        Users(unit).add("id-1", "Root", "hash", Role.ADMIN, ROOT)
        assert code is not None
        assert not BootstrapCodes(unit).redeem(code, NOW)
        assert BootstrapCodes(unit).issue(NOW) is None
