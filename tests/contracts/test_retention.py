"""Forgetting by kind, and the outbox as redelivery uses it, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lockgate.gateway.redelivery import Outbox as OutboxPort
from lockgate.model.envelope import Direction
from lockgate.model.errors import PermanentError
from lockgate.model.findings import Category
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.storage.audit import AuditEntry, AuditLog
from lockgate.storage.blobs import Blobs
from lockgate.storage.forgetting import Kept
from lockgate.storage.held_messages import HeldFilter, HeldMessages
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.outbox_records import LEASE, OutboxRecords
from lockgate.storage.retention import Retention, forget
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import (
    DIGEST,
    NOW,
    TENANT,
    a_finding,
    a_held,
    a_queued,
    a_settlement,
    a_trace,
    held_settling,
)

DAY = timedelta(days=1)


async def test_what_is_old_goes_and_what_is_in_hand_stays(ledger: StoredLedger, database: Database) -> None:
    old, new = a_trace(), a_trace(at=NOW + 50 * DAY)
    held = a_held(old)
    await ledger.settle(held_settling(old, held))
    await ledger.settle(Settling(new, settlements=[a_settlement(new, "ada@contoso.example")]))
    waiting = a_trace()
    await ledger.settle(Settling(waiting, queued=[a_queued(waiting)], deferred_key=(TENANT, "n", DIGEST)))
    with database.write() as unit:
        AuditLog(unit).record(AuditEntry(NOW, "root", "test", "x"))
    keep = Retention(
        traces=Kept(60 * DAY), audit=60 * DAY, settlements=60 * DAY, quarantine_records=DAY, tallies=60 * DAY
    )
    forgotten = forget(database, keep, NOW + 100 * DAY)
    assert (forgotten.traces, forgotten.settlements, forgotten.audit) == (2, 2, 1)
    assert (forgotten.quarantine_records, forgotten.outbox_records) == (0, 0), "somebody still waits for them"
    assert str(forgotten).startswith("2 traces, 2 detections, 0 data loss, 0 quarantine records")
    earlier = await ledger.earlier(TENANT, Direction.INBOUND, new.network_message_id, DIGEST)
    assert dict(earlier.settled) == {"ada@contoso.example": State.RELAYED}
    with database.write() as unit:
        assert [trace.id for trace in Traces(unit).search(TraceFilter())] == [new.id]
        messages = HeldMessages(unit)
        messages.move(held, State.QUARANTINED, State.EXPIRED, at=NOW, by="system")
        assert messages.prune(NOW + 100 * DAY) == 1
        assert messages.search(HeldFilter()) == []


async def test_an_organisation_that_wants_its_trace_kept_otherwise_has_it_so(
    ledger: StoredLedger, database: Database
) -> None:
    theirs, ours, nobodys = a_trace(tenant_id="brief"), a_trace(), a_trace(tenant_id="", direction=None)
    later = a_trace(tenant_id="long")
    for trace in (theirs, ours, nobodys, later):
        await ledger.settle(Settling(trace))
    keep = Retention(traces=Kept(60 * DAY, {"brief": 10 * DAY, "long": 300 * DAY}))
    assert forget(database, keep, NOW + 20 * DAY).traces == 1
    assert forget(database, keep, NOW + 100 * DAY).traces == 2
    with database.read() as unit:
        assert [trace.id for trace in Traces(unit).search(TraceFilter())] == [later.id]


async def test_what_was_found_goes_before_its_trace_and_data_loss_before_the_rest(
    ledger: StoredLedger, database: Database
) -> None:
    leak = replace(a_finding("dlp.template"), category=Category.DLP)
    ours, theirs = (a_trace(findings=(a_finding(), leak), tenant_id=one) for one in (TENANT, "strict"))
    for trace in (ours, theirs):
        await ledger.settle(Settling(trace))

    def found() -> dict[str, list[str]]:
        with database.read() as unit:
            traces = Traces(unit).search(TraceFilter(finding="dlp.template"))
        return {trace.tenant_id: [one.detector for one in trace.findings] for trace in traces}

    keep = Retention(detections=Kept(40 * DAY), data_loss=Kept(20 * DAY, {"strict": DAY}), traces=Kept(60 * DAY))
    both = [a_finding().detector, "dlp.template"]
    assert forget(database, keep, NOW + 2 * DAY).data_loss == 1
    assert found() == {TENANT: both, "strict": both[:1]}
    assert forget(database, keep, NOW + 21 * DAY).data_loss == 1
    assert found() == {TENANT: both[:1], "strict": both[:1]}
    assert forget(database, keep, NOW + 41 * DAY).detections == 2
    assert found() == {TENANT: [], "strict": []}, "the messages are found by what was found in them all the same"
    longer = Retention(traces=Kept(60 * DAY), detections=Kept(900 * DAY), data_loss=Kept(900 * DAY))
    await ledger.settle(Settling(a_trace(findings=(a_finding(), leak))))
    gone = forget(database, longer, NOW + 61 * DAY)
    assert (gone.traces, gone.detections, gone.data_loss) == (3, 1, 1), "nothing is left of a message without its trace"


async def test_redelivery_finishes_and_postpones(ledger: StoredLedger, database: Database, blobs: Blobs) -> None:
    trace = a_trace()
    blob = await ledger.keep_content([b"content"])
    await ledger.settle(
        Settling(trace, queued=[a_queued(trace, "ada@contoso.example", "bob@contoso.example", blob=blob)])
    )
    records = OutboxRecords(database, blobs)
    port: OutboxPort = records
    [record] = port.due(NOW, 10)
    assert port.due(NOW, 10) == []
    assert port.content(record.blob) == b"content"
    port.finish(record, {"ada@contoso.example": (State.RELAYED, "250 ok")}, NOW)
    port.postpone(record, NOW + DAY, "451 later")
    assert port.due(NOW + LEASE, 10) == []
    assert records.backlog().recipients == 1
    [again] = port.due(NOW + DAY, 10)
    assert [one.address for one in again.envelope.recipients] == ["bob@contoso.example"]
    port.finish(again, {"bob@contoso.example": (State.BOUNCED, "550 no")}, NOW)
    assert records.backlog().recipients == 0
    with pytest.raises(PermanentError):
        blobs.get(blob)
