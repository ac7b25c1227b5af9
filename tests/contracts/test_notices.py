"""Notices on each database: kept once, marked with one letter, counted by address."""

from dataclasses import replace
from datetime import timedelta

from lockgate.model.lifecycle import State
from lockgate.model.notice import Audience, Outcome
from lockgate.notifications.notices.matching import facts
from lockgate.storage.feed_positions import FeedPositions
from lockgate.storage.notices import Desk, Notice, Notices
from lockgate.storage.searching import Cursor
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import NOW, TENANT, a_recipient, a_trace

DESK = Desk(TENANT, "rule", "ada@contoso.example")
HOUR = timedelta(hours=1)


def a_notice(desk: Desk = DESK, subject: str = "An odd one: \udc80") -> Notice:
    trace = a_trace(subject=subject)
    known = facts(trace, Outcome.QUARANTINED, [a_recipient(state=State.QUARANTINED)])
    return Notice(desk, Audience.ADMINISTRATORS, "en", NOW, known)


def test_a_notice_is_kept_once_and_goes_into_one_letter(database: Database) -> None:
    one, two, other = a_notice(), a_notice(), a_notice(replace(DESK, address="bob@contoso.example"))
    with database.write() as unit:
        kept = Notices(unit)
        assert [kept.keep(each) for each in (one, one, two, other)] == [True, False, True, True]
        assert kept.keep(replace(one, facts=replace(one.facts, outcome=Outcome.JUNKED)))
    with database.write() as unit:
        kept = Notices(unit)
        ada, bob = kept.waiting()
        assert (ada.desk, ada.count, ada.since, bob.count) == (DESK, 3, NOW, 1)
        [first, second] = kept.first(DESK, 2)
        assert replace(first.facts, subject="") == replace(one.facts, subject="") and second.facts.at == two.facts.at
        assert kept.told(DESK, 0, first.number, "letter-1", NOW) == 1
        assert kept.told(DESK, 0, ada.newest, "letter-2", NOW + HOUR) == 2
        assert kept.told(DESK, 0, ada.newest, "letter-3", NOW + HOUR) == 0
        assert [kept.letters_since(DESK.address, NOW - HOUR), kept.letters_since(DESK.address, NOW)] == [2, 1]
        assert kept.newest_letters(TENANT, 5) == ["letter-2", "letter-1"]
        assert kept.keep(one) is False, "also after it was told"
        assert kept.drop(other.desk) == 1 and kept.waiting() == []
        assert kept.prune(NOW + timedelta(minutes=1)) == 1


def test_an_automatic_sender_is_remembered_for_a_rule_until_it_is_forgotten(database: Database) -> None:
    with database.write() as unit:
        kept = Notices(unit)
        asked = [("r1", "a"), ("r1", "a"), ("r2", "a"), ("r1", "b")]
        assert [kept.first_of(rule, sender, NOW) for rule, sender in asked] == [True, False, True, True]
        kept.forget_senders(NOW)
        assert not kept.first_of("r1", "a", NOW)
        kept.forget_senders(NOW + HOUR)
        assert kept.first_of("r1", "a", NOW)
        FeedPositions(unit).move("notices", Cursor(NOW, ""))
        FeedPositions(unit).forget("notices")
        assert FeedPositions(unit).get("notices") is None
