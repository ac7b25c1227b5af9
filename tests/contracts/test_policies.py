"""Policies and settings: versions, order, and of two who change the same the second is told. On both databases."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from lockgate.gateway.ports import Policies
from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Verdict
from lockgate.model.policy import Action, ActionKind, Condition, Policy, Rule, Targets
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.policies import PolicyCache, PolicyStore
from lockgate.storage.policy_drafts import PolicyDrafts
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.settings_store import SettingsCache, SettingsStore
from lockgate.storage.snapshots import keep_fresh
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import open_vault
from lockgate.tuning.policy_changes import add, keep_draft, publish, save
from tests.contracts.records import NOW, TENANT
from tests.lockgate.console.test_service_accounts_page import CONTOSO

ROOT = Author("root", NOW, "192.0.2.1")
INBOUND = Direction.INBOUND


def a_policy(identity: str, priority: int = 1) -> Policy:
    rule = Rule(
        "phishing",
        Condition(frozenset({Verdict.PHISHING, Verdict.FRAUD}), ("links.*",), 0.8),
        (Action(ActionKind.QUARANTINE), Action(ActionKind.TAG_SUBJECT, "[Warnung] ")),
    )
    targets = Targets(domains=("contoso.example",), except_users=("ada@contoso.example",))
    when_incomplete = Action(ActionKind.QUARANTINE)
    return Policy(identity, 0, identity.upper(), INBOUND, priority, True, False, targets, (rule,), when_incomplete, "x")


def order(database: Database) -> list[tuple[str, int, int]]:
    with database.read() as unit:
        found = PolicyStore(unit).current(TENANT, INBOUND).policies
    return [(policy.id, policy.priority, policy.version) for policy in found]


def test_a_policy_comes_back_as_it_was_saved(database: Database) -> None:
    with database.write() as unit:
        added = PolicyStore(unit).add(TENANT, a_policy("a"), ROOT)
    assert added == replace(a_policy("a"), version=1)
    with database.read() as unit:
        assert PolicyStore(unit).get("a") == added
        assert PolicyStore(unit).current("other", INBOUND).policies == ()
        assert PolicyStore(unit).current(TENANT, Direction.OUTBOUND).policies == ()


def test_every_save_is_a_version_that_says_who_and_when(database: Database) -> None:
    with database.write() as unit:
        store = PolicyStore(unit)
        first = store.add(TENANT, a_policy("a"), ROOT)
        second = store.save(replace(first, name="Better"), Author("eve", NOW))
        store.set_enabled("a", False, ROOT)
        assert store.set_enabled("a", False, ROOT).version == 3, "nothing to change, nothing to save"
    with database.read() as unit:
        history = PolicyStore(unit).history("a")
        acts = [(entry.act, entry.actor, entry.after.get("name")) for entry in AuditLog(unit).newest(subject="a")]
    assert [(one.policy.version, one.saved_by, one.policy.enabled) for one in history] == [
        (3, "root", False),
        (2, "eve", True),
        (1, "root", True),
    ]
    assert history[1].policy == second
    assert acts == [("policy.disable", "root", "Better"), ("policy.save", "eve", "Better"), ("policy.add", "root", "A")]


def test_of_two_who_change_the_same_version_the_second_is_told(database: Database) -> None:
    with database.write() as unit:
        seen = PolicyStore(unit).add(TENANT, a_policy("a"), ROOT)
    with database.write() as unit:
        PolicyStore(unit).save(replace(seen, name="Mine"), ROOT)
    with pytest.raises(InvalidInput, match="Somebody else"), database.write() as unit:
        PolicyStore(unit).save(replace(seen, name="Yours"), ROOT)
    with database.read() as unit:
        policy = PolicyStore(unit).get("a")
    assert policy is not None
    assert policy.name == "Mine"


def test_rolling_back_is_a_new_version_that_keeps_switch_and_place(database: Database) -> None:
    with database.write() as unit:
        store = PolicyStore(unit)
        first = store.add(TENANT, a_policy("a"), ROOT)
        store.add(TENANT, a_policy("b", 1), ROOT)
        store.save(replace(store.get("a") or first, name="Worse", rules=()), ROOT)
        store.set_enabled("a", False, ROOT)
        restored = store.roll_back("a", 1, Author("eve", NOW))
        with pytest.raises(InvalidInput, match="version 99"):
            store.roll_back("a", 99, ROOT)
    assert restored == replace(first, version=5, enabled=False, priority=2)
    with database.read() as unit:
        [entry, *_] = AuditLog(unit).newest(subject="a")
        assert PolicyStore(unit).version("a", 3).policy.name == "Worse"
    assert (entry.act, entry.actor, entry.before["name"]) == ("policy.roll-back", "eve", "Worse")


def test_a_draft_is_kept_beside_the_policy_and_never_in_force(database: Database) -> None:
    cache = PolicyCache(database)
    with database.write() as unit:
        first = PolicyStore(unit).add(TENANT, a_policy("a"), ROOT)
    cache.refresh()
    keep_draft(database, replace(first, name="Thought"), ROOT)
    keep_draft(database, replace(first, name="Second thought", enabled=False), Author("eve", NOW))
    assert not cache.refresh(), "a gateway is not told of a draft"
    with database.read() as unit:
        draft = PolicyDrafts(unit).get("a")
        assert PolicyDrafts(unit).waiting() == {"a"}
    assert draft is not None
    assert (draft.policy.name, draft.saved_by) == ("Second thought", "eve")
    published = publish(database, "a", ROOT)
    assert (published.name, published.version, published.enabled) == ("Second thought", 2, True)
    with pytest.raises(InvalidInput, match="no draft"):
        publish(database, "a", ROOT)
    with pytest.raises(InvalidInput, match="Add at least one rule"):
        keep_draft(database, replace(published, rules=()), ROOT)
    with pytest.raises(InvalidInput, match="no such policy"):
        keep_draft(database, replace(published, id="other"), ROOT)


def test_a_draft_of_an_older_version_is_not_put_in_force_unseen(database: Database) -> None:
    with database.write() as unit:
        first = PolicyStore(unit).add(TENANT, a_policy("a"), ROOT)
    keep_draft(database, replace(first, name="Thought"), ROOT)
    with database.write() as unit:
        PolicyStore(unit).save(replace(first, name="Meanwhile"), ROOT)
    with pytest.raises(InvalidInput, match="Somebody else"):
        publish(database, "a", ROOT)
    with database.read() as unit:
        assert PolicyDrafts(unit).get("a") is not None


def test_a_policy_takes_its_place_and_the_others_move(database: Database) -> None:
    with database.write() as unit:
        store = PolicyStore(unit)
        store.add(TENANT, a_policy("a", 1), ROOT)
        store.add(TENANT, a_policy("b", 99), ROOT)
        store.add(TENANT, a_policy("c", 1), ROOT)
    assert order(database) == [("c", 1, 1), ("a", 2, 2), ("b", 3, 2)]
    with database.write() as unit:
        PolicyStore(unit).reorder(TENANT, INBOUND, ["a", "c", "b"], ROOT)
    assert order(database) == [("a", 1, 3), ("c", 2, 2), ("b", 3, 2)]
    with pytest.raises(InvalidInput), database.write() as unit:
        PolicyStore(unit).reorder(TENANT, INBOUND, ["a", "c"], ROOT)


def test_a_copy_is_disabled_and_stands_behind_the_original(database: Database) -> None:
    with database.write() as unit:
        store = PolicyStore(unit)
        store.add(TENANT, a_policy("a", 1), ROOT)
        store.add(TENANT, a_policy("b", 2), ROOT)
        copied = store.copy("a", "a2", "Copy of A", ROOT)
    assert (copied.enabled, copied.rules) == (False, a_policy("a").rules)
    assert [identity for identity, _, _ in order(database)] == ["a", "a2", "b"]


def test_a_deleted_policy_is_out_of_force_and_its_versions_stay(database: Database) -> None:
    with database.write() as unit:
        store = PolicyStore(unit)
        store.add(TENANT, a_policy("a", 1), ROOT)
        store.add(TENANT, a_policy("b", 2), ROOT)
        store.delete("a", ROOT)
        assert store.get("a") is None
        assert len(store.history("a")) == 1
        with pytest.raises(InvalidInput):
            store.delete("a", ROOT)
    assert order(database) == [("b", 1, 2)]


async def test_the_gateway_learns_of_a_change_made_elsewhere(database: Database) -> None:
    cache = PolicyCache(database)
    port: Policies = cache
    assert port.current(TENANT, INBOUND).policies == ()
    assert not cache.refresh()
    with database.write() as unit:
        PolicyStore(unit).add(TENANT, a_policy("a"), ROOT)
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()

    class Watched:
        def refresh(self) -> bool:
            changed = cache.refresh()
            if changed:
                loop.call_soon_threadsafe(stopping.set)
            return changed

    async with asyncio.timeout(60):
        await keep_fresh([Watched()], stopping, every=0.01)
    assert port.current(TENANT, INBOUND).policies[0].id == "a"


def test_a_change_that_is_undone_is_never_seen(database: Database) -> None:
    cache = PolicyCache(database)
    with pytest.raises(RuntimeError), database.write() as unit:
        PolicyStore(unit).add(TENANT, a_policy("a"), ROOT)
        raise RuntimeError
    assert not cache.refresh()
    with database.read() as unit:
        assert AuditLog(unit).newest() == []


def test_settings_are_versioned_and_audited(database: Database) -> None:
    cache = SettingsCache(database)
    with database.write() as unit:
        store = SettingsStore(unit)
        assert store.get("detection") is None
        store.save("detection", {"weights": {"links.text-differs": 3.5}}, ROOT, seen=0)
        store.save("detection", {"weights": {}}, Author("eve", NOW), seen=1)
        store.save("notifications", {"to": ["ada@contoso.example"]}, ROOT, seen=0)
    with pytest.raises(InvalidInput), database.write() as unit:
        SettingsStore(unit).save("detection", {}, ROOT, seen=1)
    assert cache.refresh()
    found = cache.get("detection")
    assert found is not None
    assert (found.version, found.document, found.saved_by, found.saved_at) == (2, {"weights": {}}, "eve", NOW)
    with database.read() as unit:
        assert [one.version for one in SettingsStore(unit).history("detection")] == [2, 1]
        [newest, *_] = AuditLog(unit).newest(subject="detection")
    assert (newest.before, newest.after) == ({"weights": {"links.text-differs": 3.5}}, {"weights": {}})


def test_reviewers_are_of_the_organisation_unless_the_policy_allows_others(database: Database, tmp_path: Path) -> None:
    ask = Rule(
        "Ask", Condition(minimum_score=0.5), (Action(ActionKind.REVIEW, "dpo@contoso.example, law@firm.example"),)
    )
    asking = replace(a_policy("asks"), rules=(ask,))
    add(database, TENANT, replace(asking, id="early"), ROOT)  # no domain is known yet
    with database.write() as unit:
        ServiceAccounts(unit, open_vault(tmp_path / "key")).add(CONTOSO, ROOT)
    for save_it in (
        lambda: add(database, TENANT, asking, ROOT),
        lambda: save(database, replace(asking, id="early", version=1), ROOT),
        lambda: keep_draft(database, replace(asking, id="early", version=1), ROOT),
    ):
        with pytest.raises(InvalidInput, match=r"'law@firm\.example' in rule 'Ask' is not of the organisation"):
            save_it()
    add(database, TENANT, replace(asking, outside_reviewers=True), ROOT)
    inside = replace(ask, actions=(Action(ActionKind.CHANGE_RECIPIENT, "dpo@contoso.example"),))
    add(database, TENANT, replace(asking, id="inside", rules=(inside,)), ROOT)
