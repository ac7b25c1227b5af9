"""The promises of `gateway.ports.Ledger`, on both databases."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from lockgate.gateway.ports import Ledger
from lockgate.model.envelope import Direction
from lockgate.model.errors import TemporaryError
from lockgate.model.findings import Category, Evidence, Finding
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.storage.blobs import Blobs
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.schema.custody import held as held_table
from lockgate.storage.schema.custody import settlements
from lockgate.storage.schema.traces import messages
from lockgate.storage.senders import SenderHistories
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import (
    DIGEST,
    NOW,
    TENANT,
    a_held,
    a_queued,
    a_recipient,
    a_settlement,
    a_trace,
    held_settling,
)


def rows(database: Database, table: object = messages) -> int:
    with database.read() as unit:
        return unit.connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


async def test_the_stored_ledger_is_what_the_mail_path_asks_for(ledger: StoredLedger) -> None:
    wanted: Ledger = ledger
    assert wanted is ledger


async def test_a_new_message_has_no_earlier_tries(ledger: StoredLedger) -> None:
    earlier = await ledger.earlier(TENANT, Direction.INBOUND, "never-seen", DIGEST)
    assert dict(earlier.settled) == {}
    assert earlier.deferrals == 0


async def test_settled_recipients_are_remembered_by_address_direction_and_content(ledger: StoredLedger) -> None:
    trace = a_trace()
    settled = [a_settlement(trace, "Ada@contoso.example"), a_settlement(trace, "bob@contoso.example", State.QUEUED)]
    await ledger.settle(Settling(trace, queued=[a_queued(trace, "bob@contoso.example")], settlements=settled))
    network_id = trace.network_message_id
    earlier = await ledger.earlier(TENANT, Direction.INBOUND, network_id, DIGEST)
    assert dict(earlier.settled) == {"Ada@contoso.example": State.RELAYED, "bob@contoso.example": State.QUEUED}
    assert not (await ledger.earlier(TENANT, Direction.OUTBOUND, network_id, DIGEST)).settled
    assert not (await ledger.earlier(TENANT, Direction.INBOUND, network_id, "cd" * 32)).settled
    assert not (await ledger.earlier("another-tenant", Direction.INBOUND, network_id, DIGEST)).settled


async def test_deferrals_of_one_message_are_counted(ledger: StoredLedger) -> None:
    trace = a_trace()
    key = (TENANT, trace.network_message_id, DIGEST)
    for _ in range(3):
        again = replace(a_trace(), network_message_id=trace.network_message_id)
        await ledger.settle(Settling(again, deferred_key=key))
    assert (await ledger.earlier(TENANT, Direction.INBOUND, trace.network_message_id, DIGEST)).deferrals == 3


async def test_settling_a_recipient_again_keeps_one_memory(ledger: StoredLedger, database: Database) -> None:
    trace = a_trace()
    await ledger.settle(Settling(trace, settlements=[a_settlement(trace, "ada@contoso.example", State.QUEUED)]))
    later = replace(a_trace(), network_message_id=trace.network_message_id)
    await ledger.settle(Settling(later, settlements=[a_settlement(trace, "ada@contoso.example", State.RELAYED)]))
    earlier = await ledger.earlier(TENANT, Direction.INBOUND, trace.network_message_id, DIGEST)
    assert dict(earlier.settled) == {"ada@contoso.example": State.RELAYED}
    assert rows(database, settlements) == 1


async def test_a_unit_that_cannot_be_stored_fails_alone(ledger: StoredLedger, database: Database) -> None:
    stored = a_trace()
    await ledger.settle(Settling(stored))
    units = [Settling(a_trace()) for _ in range(40)]
    units[7] = Settling(replace(a_trace(), id=stored.id))  # the id is taken
    units[23] = Settling(a_trace(at=datetime(2026, 1, 1)))  # noqa: DTZ001 - no zone: it cannot be stored
    outcomes = await asyncio.gather(*(ledger.settle(unit) for unit in units), return_exceptions=True)
    assert [number for number, outcome in enumerate(outcomes) if outcome is not None] == [7, 23]
    assert rows(database) == 1 + 38


async def test_a_unit_that_fails_leaves_nothing_behind(ledger: StoredLedger, database: Database) -> None:
    stored, trace = a_trace(), a_trace()
    held = a_held(stored)
    await ledger.settle(held_settling(stored, held))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await ledger.settle(held_settling(trace, replace(held, message_id=trace.id)))
    assert rows(database) == 1
    assert rows(database, held_table) == 1
    assert not (await ledger.earlier(TENANT, Direction.INBOUND, trace.network_message_id, DIGEST)).settled


async def test_hostile_text_is_stored_all_the_same(ledger: StoredLedger, database: Database) -> None:
    odd = "\x00 \ud800 \U0001f600 " + "é" * 30_000
    evidence = (Evidence("header Subject", "a\x00b\udfff"),)
    trace = replace(
        a_trace(subject=odd, header_from=odd, recipients=(a_recipient("x" * 5000 + "\x00@contoso.example"),)),
        network_message_id=odd,
        internet_message_id=odd,
        findings=(Finding("d", Category.SPAM, 1.0, odd, evidence),),
    )
    held = a_held(trace, "y\x00" * 400 + "@contoso.example")
    await ledger.settle(replace(held_settling(trace, held), deferred_key=(TENANT, odd, DIGEST)))
    assert (await ledger.earlier(TENANT, Direction.INBOUND, odd, DIGEST)).deferrals == 1
    assert rows(database) == 1


async def test_many_callers_are_all_told_and_all_stored(ledger: StoredLedger, database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(1000):
            group.create_task(ledger.settle(Settling(a_trace())))
    assert rows(database) == 1000


async def test_two_gateways_settle_the_same_senders_at_once(
    ledger: StoredLedger, database: Database, blobs: Blobs
) -> None:
    other = StoredLedger(database, blobs, lambda: NOW)
    async with asyncio.TaskGroup() as group:
        for number in range(600):
            trace = a_trace(header_from=f"sender-{number % 7}@partner.example")
            group.create_task((ledger if number % 2 else other).settle(Settling(trace)))
    await other.close()
    histories = SenderHistories(database)
    history = await histories.history(TENANT, "Sender-3@partner.example")
    await histories.close()
    assert history.messages == 86
    assert history.first_seen == NOW


async def test_what_was_submitted_before_closing_is_committed(database: Database, blobs: Blobs) -> None:
    ledger = StoredLedger(database, blobs, lambda: NOW)
    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(ledger.settle(Settling(a_trace())))
        await asyncio.sleep(0)
        await ledger.close()
    assert rows(database) == 50
    with pytest.raises(TemporaryError):
        await ledger.settle(Settling(a_trace()))


async def test_a_cancelled_caller_disturbs_nobody(ledger: StoredLedger, database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ledger.settle(Settling(a_trace()))) for _ in range(20)]
        await asyncio.sleep(0)
        tasks[3].cancel()
    await ledger.settle(Settling(a_trace()))
    assert rows(database) >= 20


async def test_only_mail_that_went_through_makes_a_sender_known(ledger: StoredLedger, database: Database) -> None:
    histories = SenderHistories(database)
    for state in (State.QUARANTINED, State.DELETED, State.DEFERRED, State.JUNKED, State.REFUSED):
        await ledger.settle(Settling(a_trace(recipients=(a_recipient(state=state),))))
    assert not (await histories.history(TENANT, "mallory@evil.example")).known
    later = NOW + timedelta(hours=1)
    await ledger.settle(Settling(a_trace(at=later)))
    await ledger.settle(
        Settling(a_trace(direction=Direction.OUTBOUND, recipients=(a_recipient("Mallory@evil.example"),)))
    )
    history = await histories.history(TENANT, "mallory@evil.example")
    assert (history.messages, history.wrote_to, history.first_seen) == (1, 1, later)
    assert not (await histories.history("another-tenant", "mallory@evil.example")).known
    await histories.close()


async def test_content_comes_back_byte_for_byte(ledger: StoredLedger, blobs: Blobs) -> None:
    content = [b"Subject: \xff\r\n", b"", b"\r\n.\r\n\x00"]
    key = await ledger.keep_content(content)
    assert blobs.get(key) == b"".join(content)
    assert key != await ledger.keep_content(content), "two messages never share content, so deleting one is safe"
