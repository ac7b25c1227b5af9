"""Which mail of a tenant is still under way, on both databases."""

from dataclasses import replace
from datetime import timedelta

from lockgate.model.envelope import Direction
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.under_way import UnderWay, last_arrival, mail_under_way
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import NOW, TENANT, a_queued, a_recipient, a_trace

HOUR = timedelta(hours=1)
ADA, BOB = "ada@contoso.example", "Bob@contoso.example"


def under_way(
    database: Database, tenant_id: str = TENANT, directions: tuple[Direction, ...] = tuple(Direction)
) -> UnderWay:
    with database.read() as unit:
        return mail_under_way(unit, tenant_id, directions, NOW - HOUR)


async def test_what_was_deferred_is_under_way_until_it_was_settled(ledger: StoredLedger, database: Database) -> None:
    deferred = a_trace(recipients=(a_recipient(ADA, State.DEFERRED), a_recipient(BOB, State.DEFERRED)))
    again = replace(deferred, id="again", received_at=NOW + HOUR)
    long_ago = a_trace(at=NOW - 2 * HOUR, recipients=(a_recipient(ADA, State.DEFERRED),))
    for trace in (deferred, again, long_ago, a_trace()):
        await ledger.settle(Settling(trace))
    assert under_way(database) == UnderWay(0, 2)
    assert under_way(database, "another") == UnderWay(0, 0)
    assert under_way(database, directions=(Direction.OUTBOUND,)) == UnderWay(0, 0)
    half = replace(
        again, id="half", recipients=(a_recipient(ADA), a_recipient(BOB.lower(), State.DEFERRED)),
        received_at=NOW + 2 * HOUR,
    )  # fmt: skip
    await ledger.settle(Settling(half))
    assert under_way(database) == UnderWay(0, 1)
    await ledger.settle(Settling(replace(half, id="rest", recipients=(a_recipient(BOB.upper(), State.REFUSED),))))
    assert under_way(database) == UnderWay(0, 0)


async def test_what_is_in_the_outbox_is_under_way(ledger: StoredLedger, database: Database) -> None:
    trace = a_trace(recipients=(a_recipient(ADA, State.QUEUED),))
    await ledger.settle(Settling(trace, queued=(a_queued(trace, ADA),)))
    assert under_way(database) == UnderWay(1, 0)


async def test_the_last_arrival_is_of_the_tenant(ledger: StoredLedger, database: Database) -> None:
    for trace in (a_trace(at=NOW), a_trace(at=NOW - HOUR), a_trace(at=NOW + HOUR, tenant_id="another")):
        await ledger.settle(Settling(trace))
    with database.read() as unit:
        assert last_arrival(unit, TENANT) == NOW
        assert last_arrival(unit, "nobody") is None
