"""Reputation lists on both databases: added, replaced by source, removed, expired, and audited."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lockgate.model.errors import InvalidInput
from lockgate.model.reputation import Entry, Standing, Subject
from lockgate.storage.audit import AuditLog, Author
from lockgate.storage.reputation import ReputationCache, ReputationStore
from lockgate.storage.unit_of_work import Database
from lockgate.tuning.feeds.reading import Format
from lockgate.tuning.lists import Lists, Whose
from tests.contracts.records import NOW, TENANT

ROOT = Author("root", NOW)
ENTRY = Entry("1", TENANT, "", Standing.BLOCKED, Subject.DOMAIN, "bad.example", "kit", "manual", NOW, "root")


def test_an_entry_is_kept_once_and_the_newer_note_and_end_count(database: Database) -> None:
    later = replace(ENTRY, id="2", note="other", expires_at=NOW + timedelta(days=1))
    with database.write() as unit:
        ReputationStore(unit).add([ENTRY], ROOT)
        ReputationStore(unit).add([later], ROOT)
    with database.read() as unit:
        (found,) = ReputationStore(unit).search()
        assert (found.note, found.expires_at, found.id) == ("other", later.expires_at, "1")
        assert ReputationStore(unit).search(tenant_id="other") == []
        assert [entry.act for entry in AuditLog(unit).newest()] == ["reputation.add"] * 2


def test_a_feed_replaces_what_its_source_said_and_nothing_else(database: Database) -> None:
    ids = iter("abcdefgh")
    lists = Lists(database, lambda: next(ids))
    lists.add("foe@bad.example", Standing.BLOCKED, ROOT, whose=Whose(TENANT), note="by hand")
    lists.import_feed(
        b"one.example\ntwo.example\n", Format.PLAIN, "feed", Standing.BLOCKED, ROOT, whose=Whose(), days=7
    )
    read, before = lists.import_feed(b"two.example\n*@*\n", Format.PLAIN, "feed", Standing.BLOCKED, ROOT, whose=Whose())
    assert (len(read.lines), before, read.skipped) == (1, 2, 1)
    with database.read() as unit:
        patterns = [entry.pattern for entry in ReputationStore(unit).search()]
    assert patterns == ["foe@bad.example", "two.example"]


def test_an_empty_feed_empties_no_list(database: Database) -> None:
    lists = Lists(database, lambda: "x")
    lists.import_feed(b"one.example\n", Format.PLAIN, "feed", Standing.BLOCKED, ROOT, whose=Whose())
    with pytest.raises(InvalidInput, match="stays"):
        lists.import_feed(b"# nothing\n", Format.PLAIN, "feed", Standing.BLOCKED, ROOT, whose=Whose())
    with database.read() as unit:
        assert ReputationStore(unit).count("feed") == 1


def test_expired_entries_are_not_in_force_and_are_forgotten(database: Database) -> None:
    with database.write() as unit:
        ReputationStore(unit).add([ENTRY, replace(ENTRY, id="2", pattern="old.example", expires_at=NOW)], ROOT)
    cache = ReputationCache(database, NOW)
    assert [entry.pattern for entry in cache.entries] == ["bad.example"]
    with database.write() as unit:
        assert ReputationStore(unit).prune(NOW) == 1
        assert ReputationStore(unit).remove(["1", "gone"], ROOT) == 1
    assert cache.refresh()
    assert cache.entries == ()
