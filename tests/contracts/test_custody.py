"""Quarantine and outbox: who has a message in hand, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lockgate.model.custody import Held, Queued
from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.model.trace import Step
from lockgate.storage.blobs import Blobs
from lockgate.storage.held_messages import HeldFilter, HeldMessages
from lockgate.storage.held_words import HeldWords, WordKeys
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.orphans import sweep_orphans
from lockgate.storage.outbox import Outbox
from lockgate.storage.schema.custody import held_words
from lockgate.storage.searching import Cursor, cursor_from
from lockgate.storage.traces import Traces
from lockgate.storage.unit_of_work import Database
from lockgate.storage.vault import open_vault, rotate
from tests.contracts.records import NOW, TENANT, a_held, a_queued, a_recipient, a_trace, held_settling

ADA, BOB, EVE = "ada@contoso.example", "bob@contoso.example", "eve@contoso.example"
LATER = NOW + timedelta(minutes=5)


async def hold(ledger: StoredLedger, *addresses: str, content: bytes = b"Subject: x\r\n\r\n") -> Held:
    recipients = tuple(a_recipient(address, State.QUARANTINED) for address in addresses or (ADA,))
    trace = a_trace(recipients=recipients)
    held = a_held(trace, *addresses, blob=await ledger.keep_content([content]))
    await ledger.settle(held_settling(trace, held))
    return held


async def queue(ledger: StoredLedger, *addresses: str) -> Queued:
    trace = a_trace(recipients=tuple(a_recipient(address, State.QUEUED) for address in addresses))
    queued = a_queued(trace, *addresses, blob=await ledger.keep_content([b"x"]))
    await ledger.settle(Settling(trace, queued=[queued]))
    return queued


def claim(database: Database, held: Held, name: str, only: tuple[str, ...] | None = None) -> tuple[str, ...]:
    with database.write() as unit:
        return HeldMessages(unit).move(
            held, State.QUARANTINED, State.RELEASING, at=LATER, by="root", only=only, claim=name
        )


async def test_a_held_message_comes_back_as_it_was_given(ledger: StoredLedger, database: Database) -> None:
    held = await hold(ledger, ADA, BOB)
    with database.read() as unit:
        item = HeldMessages(unit).get(held.id)
        assert HeldMessages(unit).get("unknown") is None
    assert item is not None
    assert item.held == held
    assert item.in_state(State.QUARANTINED) == (ADA, BOB)


async def test_of_many_who_release_at_once_one_gets_the_recipients(ledger: StoredLedger, database: Database) -> None:
    held = await hold(ledger, ADA, BOB)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: claim(database, held, f"claim-{number}"), range(8)))
    assert sorted(map(len, won)) == [0] * 7 + [2]


async def test_some_recipients_are_released_and_the_others_stay(ledger: StoredLedger, database: Database) -> None:
    held = await hold(ledger, ADA, BOB, EVE)
    assert claim(database, held, "claim-1", (BOB,)) == (BOB,)
    assert set(claim(database, held, "claim-2")) == {ADA, EVE}


async def test_only_the_claim_that_has_it_in_hand_finishes_a_release(ledger: StoredLedger, database: Database) -> None:
    held = await hold(ledger, ADA)
    claim(database, held, "claim-1")
    finish: Callable[[HeldMessages, str], tuple[str, ...]] = lambda messages, had: messages.move(  # noqa: E731
        held, State.RELEASING, State.RELEASED, at=LATER, by="root", had_claim=had, reply="250 ok"
    )
    with database.write() as unit:
        assert finish(HeldMessages(unit), "claim-of-somebody-else") == ()
        assert finish(HeldMessages(unit), "claim-1") == (ADA,)
        assert finish(HeldMessages(unit), "claim-1") == ()
    with database.read() as unit:
        trace = Traces(unit).get(held.message_id)
    assert trace is not None
    assert trace.recipients[0].state is State.RELEASED
    assert (trace.events[-1].step, trace.events[-1].detail) == (Step.RELEASED, "by root 250 ok")


async def test_a_step_that_the_lifecycle_does_not_know_is_refused(ledger: StoredLedger, database: Database) -> None:
    held = await hold(ledger, ADA)
    with database.write() as unit, pytest.raises(ValueError, match="never becomes"):
        HeldMessages(unit).move(held, State.QUARANTINED, State.RELEASED, at=LATER, by="root")


async def test_a_stranded_release_is_taken_over_once(ledger: StoredLedger, database: Database) -> None:
    held = await hold(ledger, ADA, BOB)
    claim(database, held, "claim-of-the-dead", (ADA,))
    with database.write() as unit:
        messages = HeldMessages(unit)
        assert messages.stranded(LATER) == [], "it was touched at that moment"
        [(item, old)] = messages.stranded(LATER + timedelta(seconds=1))
        assert (item.held.id, old) == (held.id, "claim-of-the-dead")
        assert messages.take_over(item.held, old, "claim-new", at=LATER, by="system") == (ADA,)
        assert messages.take_over(item.held, old, "claim-newer", at=LATER, by="system") == ()


async def test_content_is_forgotten_when_nobody_waits_for_it(
    ledger: StoredLedger, database: Database, blobs: Blobs
) -> None:
    held = await hold(ledger, ADA, BOB)
    with database.write() as unit:
        messages = HeldMessages(unit)
        messages.move(held, State.QUARANTINED, State.DELETED, at=LATER, by="root", only=(ADA,))
        assert messages.forget_content(held) == "", "Bob's copy is still held"
        messages.move(held, State.QUARANTINED, State.DELETED, at=LATER, by="root")
        assert messages.forget_content(held) == held.blob
    assert sweep_orphans(database, blobs, NOW + timedelta(days=365 * 100)) == 1


async def test_content_that_another_record_names_is_kept(
    ledger: StoredLedger, database: Database, blobs: Blobs
) -> None:
    held = await hold(ledger, ADA)
    trace = a_trace()
    twin = replace(a_held(trace, BOB), blob=held.blob)
    await ledger.settle(held_settling(trace, twin))
    with database.write() as unit:
        messages = HeldMessages(unit)
        messages.move(held, State.QUARANTINED, State.DELETED, at=LATER, by="root")
        assert messages.forget_content(held) == ""
    assert sweep_orphans(database, blobs, NOW + timedelta(days=365 * 100)) == 0
    assert blobs.get(twin.blob)


async def test_what_is_over_is_found_but_not_while_it_is_being_released(
    ledger: StoredLedger, database: Database
) -> None:
    over, released = await hold(ledger, ADA), await hold(ledger, ADA, BOB)
    claim(database, released, "claim-1", (ADA,))
    with database.read() as unit:
        messages = HeldMessages(unit)
        assert messages.expiring(over.expires_at - timedelta(microseconds=1)) == []
        assert [item.held.id for item in messages.expiring(over.expires_at)] == [over.id]


async def test_the_quarantine_is_searched_by_every_field(ledger: StoredLedger, database: Database) -> None:
    trace = replace(
        a_trace(subject="Rechnung ÜBERFÄLLIG 100%", at=NOW + timedelta(hours=1), direction=Direction.OUTBOUND),
        header_from="Boss@Contoso.example",
    )
    odd = replace(a_held(trace, "Zoe@Partner.example"), verdict="dlp", policy_id="policy-9")
    await ledger.settle(held_settling(trace, odd))
    usual = await hold(ledger, ADA, BOB)
    claim(database, usual, "claim-1", (BOB,))
    after = NOW + timedelta(minutes=30)
    hits = {
        odd.id: [
            HeldFilter(since=after),
            HeldFilter(direction=Direction.OUTBOUND),
            HeldFilter(address="zoe@partner.example"),
            HeldFilter(address="PARTNER"),
            HeldFilter(address="boss@contoso.example"),
            HeldFilter(words="überfällig rechnung"),
            HeldFilter(words="100%"),
            HeldFilter(verdict="dlp"),
            HeldFilter(policy_id="policy-9"),
            HeldFilter(message_id=trace.id),
        ],
        usual.id: [
            HeldFilter(until=after),
            HeldFilter(state=State.RELEASING),
            HeldFilter(address=BOB, tenant_id=TENANT),
            HeldFilter(words="invoice"),
        ],
    }
    with database.read() as unit:
        messages = HeldMessages(unit)
        for identity, filters in hits.items():
            for wanted in filters:
                assert [item.held.id for item in messages.search(wanted)] == [identity], wanted
        for nothing in (HeldFilter(words="rech%ung"), HeldFilter(tenant_id="other"), HeldFilter(address="z_e@")):
            assert messages.search(nothing) == [], nothing
        assert messages.waiting() == (2, NOW)
        assert messages.waiting_since(NOW, after, NOW - timedelta(hours=1)) == (2, 1, 2)


async def test_pages_follow_each_other_without_gap_or_repetition(ledger: StoredLedger, database: Database) -> None:
    ids = {(await hold(ledger)).id for _ in range(7)}
    seen: list[str] = []
    after: Cursor | None = None
    with database.read() as unit:
        while page := HeldMessages(unit).search(HeldFilter(), after=after, limit=3):
            seen += [item.held.id for item in page]
            after = cursor_from(str(Cursor(page[-1].held.held_at, page[-1].held.id)))
    assert len(seen) == 7
    assert set(seen) == ids


async def test_a_queued_message_is_taken_by_one_node_at_a_time(ledger: StoredLedger, database: Database) -> None:
    queued = [await queue(ledger, ADA, BOB) for _ in range(6)]

    def take(_: int) -> list[str]:
        with database.write() as unit:
            return [one.id for one in Outbox(unit).take_due(LATER, timedelta(minutes=10), limit=2)]

    with ThreadPoolExecutor(6) as pool:
        taken = [identity for got in pool.map(take, range(6)) for identity in got]
    while more := take(0):
        taken += more
    assert sorted(taken) == sorted(one.id for one in queued)
    with database.write() as unit:
        again = Outbox(unit).take_due(LATER + timedelta(minutes=10), timedelta(minutes=10))
    assert len(again) == 6, "the leases of dead nodes end"
    assert next(one for one in again if one.id == queued[0].id) == queued[0]


async def test_recipients_leave_the_outbox_one_by_one(ledger: StoredLedger, database: Database, blobs: Blobs) -> None:
    queued = await queue(ledger, ADA, BOB, EVE)
    with database.write() as unit:
        outbox = Outbox(unit)
        assert outbox.move(queued, [ADA], State.RELAYED, at=LATER, reply="250 ok") == (ADA,)
        assert outbox.move(queued, [ADA], State.BOUNCED, at=LATER, reply="550 no") == ()
        assert outbox.finish(queued) == ""
        outbox.try_again(queued, LATER + timedelta(minutes=1), "451 later")
        assert outbox.take_due(LATER, timedelta(minutes=1)) == []
        [left] = outbox.take_due(LATER + timedelta(minutes=1), timedelta(minutes=1))
        assert [one.address for one in left.envelope.recipients] == [BOB, EVE]
        assert (left.attempts, left.last_reply) == (1, "451 later")
        assert (outbox.backlog().recipients, outbox.backlog().oldest) == (2, NOW)
        outbox.move(queued, [BOB, EVE], State.BOUNCED, at=LATER, reply="550 no")
        assert outbox.finish(queued) == queued.blob
        assert outbox.take_due(LATER + timedelta(days=9), timedelta(minutes=1)) == []
        assert outbox.prune(NOW + timedelta(days=30)) == 1
    with database.read() as unit:
        trace = Traces(unit).get(queued.message_id)
    assert trace is not None
    assert [one.state for one in trace.recipients] == [State.RELAYED, State.BOUNCED, State.BOUNCED]
    assert [event.step for event in trace.events[-3:]] == [Step.REDELIVERED, Step.BOUNCED, Step.BOUNCED]


async def test_held_mail_is_found_by_whole_words_under_every_key_until_its_content_ends(
    ledger: StoredLedger, database: Database, tmp_path: Path
) -> None:
    first, second = await hold(ledger), await hold(ledger)
    keys = WordKeys(open_vault(tmp_path / "key"))
    with database.write() as unit:
        assert [held_id for held_id, _ in HeldWords(unit).unread(10)] == [first.id, second.id]
        assert HeldWords(unit).note(first.id, keys.tokens("Ihre Überweisung: 4111 1111 1111 1111, 会議の資料"))
        assert not HeldWords(unit).note(first.id, keys.tokens("again"))
    with database.write() as unit:
        keys = WordKeys(rotate(tmp_path / "key"))
        HeldWords(unit).note(second.id, keys.tokens("Überweisung abgelehnt"))

    def found(text: str, keys: WordKeys) -> set[str]:
        with database.read() as unit:
            return {one.held.id for one in HeldMessages(unit).search(HeldFilter(said=keys.asked(text)))}

    assert found("überweisung", keys) == {first.id, second.id}
    assert found("4111 Überweisung", keys) == found("資料", keys) == {first.id}
    assert found("weisung", keys) == found("Überweisung nowhere", keys) == found("!", keys) == set()
    assert found("überweisung", WordKeys(open_vault(tmp_path / "another"))) == set()
    with database.write() as unit:
        stored = " ".join(map(str, unit.connection.execute(select(held_words.c.words)).scalars()))
        assert "4111" not in stored and "weisung" not in stored
        HeldMessages(unit).move(first, State.QUARANTINED, State.DELETED, at=LATER, by="root")
        HeldMessages(unit).forget_content(first)
        assert list(unit.connection.execute(select(held_words.c.held_id)).scalars()) == [second.id]
        assert not HeldWords(unit).note(first.id, keys.tokens("too late"))
    assert found("überweisung", keys) == {second.id}
