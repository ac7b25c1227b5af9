"""Which mailboxes no policy acts for, and policies begun at the command line, over a real database."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lockgate.bootstrap.parts import Parts, open_parts
from lockgate.commands.app import app
from lockgate.model.directory import CONTACT, DirectoryGroup, DirectoryUser
from lockgate.model.envelope import Direction
from lockgate.model.policy import Policy, Targets
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import Reach
from lockgate.policy.starting import starting_policy
from lockgate.settings import Settings
from lockgate.storage.audit import Author
from lockgate.storage.changes import Topic, bump
from lockgate.storage.directory import DirectoryStore
from lockgate.storage.directory_cache import DirectoryCache
from lockgate.storage.policies import PolicyStore
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.tuning.policy_coverage import Cover, Inventory, inventory
from tests.lockgate.console.test_service_accounts_page import CONTOSO

IN, OUT = Direction.INBOUND, Direction.OUTBOUND
TENANT = CONTOSO.tenant_id
PEOPLE = [
    DirectoryUser(one, one.title(), f"{one}@contoso.example", (f"{one}@contoso.example",), mailbox_type=kind)
    for one, kind in (("ada", "User"), ("ben", "User"), ("cyd", "Shared"), ("outside", CONTACT))
]
BOTH = replace(CONTOSO, directions=dict.fromkeys(Direction, Protection.LIVE))


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    """An organisation of three mailboxes, of which two are in a group, and nothing that protects them."""
    monkeypatch.setenv("LOCKGATE_DATA_DIRECTORY", str(tmp_path))
    with open_parts(Settings(data_directory=tmp_path)) as opened:
        with opened.database.write() as unit:
            ServiceAccounts(unit, opened.vault).add(BOTH, author(opened))
            store = DirectoryStore(unit, TENANT)
            store.put_users(PEOPLE, 1)
            store.put_groups([DirectoryGroup("g", "Pilots", "pilots@contoso.example", "security", ())], 1)
            store.change_members({("g", "ada"): True, ("g", "cyd"): True}, 1)
            bump(unit, Topic.DIRECTORY)
        yield opened


def author(parts: Parts) -> Author:
    return Author("ada", parts.clock())


def put(parts: Parts, *policies: Policy) -> None:
    with parts.database.write() as unit:
        for one in policies:
            PolicyStore(unit).add(TENANT, replace(one, enabled=True), author(parts))


def told(parts: Parts, reach: Reach | None = None) -> Inventory:
    directory = DirectoryCache(parts.database)
    directory.refresh()
    account = replace(BOTH, reach=reach or Reach())
    with parts.database.read() as unit:
        return inventory(
            unit, account, lambda one: directory.profile(TENANT, one), covers=frozenset(Cover) - {Cover.PROTECTED}
        )


def rows(found: Inventory) -> set[tuple[str, Direction, Cover]]:
    return {(one.address.partition("@")[0], one.direction, one.cover) for one in found.rows}


def test_who_has_no_policy_or_one_that_only_monitors_is_listed_by_direction(parts: Parts) -> None:
    group = starting_policy("for-group", IN, "Pilots", Targets(groups=("g",), except_users=("cyd@contoso.example",)))
    watch = replace(starting_policy("watch", OUT, "Watch", Targets(everyone=True)), monitor_only=True)
    put(parts, group, watch)
    found = told(parts)
    assert found.mailboxes == 3, "a contact has no mailbox"
    assert found.counts == {(IN, Cover.PROTECTED): 1, (IN, Cover.NONE): 2, (OUT, Cover.MONITORED): 3}
    watched = {(one, OUT, Cover.MONITORED) for one in ("ada", "ben", "cyd")}
    assert rows(found) == {("ben", IN, Cover.NONE), ("cyd", IN, Cover.NONE), *watched}
    assert {one.policy for one in found.rows} == {"", "Watch"}


def test_who_is_outside_of_the_pilot_is_not_covered_whatever_policies_say(parts: Parts) -> None:
    put(parts, *(starting_policy(way, way, "All", Targets(everyone=True)) for way in Direction))
    assert rows(told(parts)) == set()
    for reach in (
        Reach(group="pilots@contoso.example"),
        Reach(people=("ada@contoso.example", "cyd@contoso.example")),
        Reach(people=("pilots@contoso.example",)),
    ):
        assert rows(told(parts, reach)) == {("ben", way, Cover.NOT_ROUTED) for way in Direction}
    assert len(told(parts, Reach(domains=("elsewhere.example",))).rows) == 6
    assert rows(told(parts, Reach(of_policies=True))) == rows(told(parts, Reach(domains=("contoso.example",)))) == set()


def test_a_policy_is_begun_and_the_inventory_read_at_the_command_line(parts: Parts) -> None:
    made = run("policy", "new", "Ben alone", "--direction", "outbound", "--user", "BEN@contoso.example")
    policy_id = made.stdout.strip()
    with parts.database.read() as unit:
        saved = PolicyStore(unit).get(policy_id)
    assert saved is not None and not saved.enabled and saved.targets.users == ("ben@contoso.example",)
    assert saved.rules == starting_policy("", OUT).rules and saved.priority == 1
    run("policy", "enable", policy_id)
    listed = json.loads(run("policy", "coverage", "--direction", "outbound", "--json").stdout)
    assert {one["address"] for one in listed["rows"]} == {"ada@contoso.example", "cyd@contoso.example"}
    assert {"direction": "outbound", "cover": "protected", "mailboxes": 1} in listed["counts"]
    assert "ben@contoso.example" in run("policy", "coverage", "--cover", "protected").stdout


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result
