"""Forgetting the trace by weeks, and finding messages by terms: the same on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.storage import weeks
from lockgate.storage.audit import AuditEntry, AuditLog
from lockgate.storage.clicks import Clicks
from lockgate.storage.forgetting import Kept
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.retention import Retention, forget
from lockgate.storage.schema.audit import audit_log
from lockgate.storage.schema.traces import later_events, message_recipients, messages
from lockgate.storage.trace_notes import note_states
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import a_click, a_finding, a_recipient, a_trace

DAY = timedelta(days=1)


def kept(database: Database) -> set[str]:
    with database.read() as unit:
        return {trace.id for trace in Traces(unit).search(TraceFilter())}


async def test_old_weeks_go_whole_and_what_one_organisation_keeps_shorter_goes_by_row(
    ledger: StoredLedger, database: Database
) -> None:
    with database.write() as unit:
        first = weeks.first_kept(unit.connection, messages) or datetime.fromisoformat("2026-12-03T00:00:00+00:00")
    old, brief, new = (
        a_trace(at=first + DAY),
        a_trace(at=first + 15 * DAY, tenant_id="brief"),
        a_trace(at=first + 16 * DAY),
    )
    for trace in (old, brief, new):
        await ledger.settle(Settling(trace))
    with database.write() as unit:
        note_states(unit, old.id, ["ada@contoso.example"], State.RELEASED, first + 2 * DAY)
    keep = Retention(traces=Kept(90 * DAY, {"brief": 10 * DAY}))
    assert forget(database, keep, first + 20 * DAY).traces == 0
    assert forget(database, keep, first + 28 * DAY).traces == 1, "the brief one's, by row"
    assert kept(database) == {old.id, new.id}
    assert forget(database, keep, first + 97 * DAY + DAY / 2).traces == 1, "all of its week is older than 90 days"
    assert kept(database) == {new.id}
    with database.read() as unit:
        counted = [select(func.count()).select_from(one) for one in (message_recipients, later_events)]
        assert [unit.connection.execute(one).scalar_one() for one in counted] == [1, 0]
        if weeks.has_weeks(unit.connection):
            assert weeks.first_kept(unit.connection, messages) == first + 7 * DAY


async def test_weeks_of_every_log_are_dropped_whole(ledger: StoredLedger, database: Database) -> None:
    with database.write() as unit:
        first = weeks.first_kept(unit.connection, messages) or datetime.fromisoformat("2026-12-03T00:00:00+00:00")
        AuditLog(unit).record(AuditEntry(first + DAY, "root", "test", "x"))
        Clicks(unit).add(a_click(1, at=first + DAY))
    await ledger.settle(Settling(a_trace(at=first + DAY)))
    forgotten = forget(database, Retention(audit=10 * DAY), first + 100 * DAY)
    assert (forgotten.traces, forgotten.detections, forgotten.clicks, forgotten.audit) == (1, 1, 1, 1)
    with database.write() as unit:
        AuditLog(unit).record(AuditEntry(first + 100 * DAY, "root", "again", "x"))
        assert [entry.act for entry in AuditLog(unit).newest()] == ["again"]
        if weeks.has_weeks(unit.connection):
            kept_from = {weeks.first_kept(unit.connection, one) for one in weeks.IN_WEEKS if one is not audit_log}
            assert kept_from == {first + 7 * DAY}
            assert weeks.first_kept(unit.connection, audit_log) == first + 84 * DAY


async def test_a_message_from_beyond_the_last_week_is_kept_and_finds_its_week_later(
    ledger: StoredLedger, database: Database
) -> None:
    far = a_trace(at=datetime.fromisoformat("2031-01-01T00:00:00+00:00"))
    await ledger.settle(Settling(far))
    for _ in range(2):
        with database.write() as unit:
            weeks.prepare(unit.connection, far.received_at - DAY)
        assert kept(database) == {far.id}
        with database.read() as unit:
            if weeks.has_weeks(unit.connection):
                after = unit.connection.exec_driver_sql("SELECT count(*) FROM messages_after").scalar_one()
                assert after == 0


async def test_messages_are_found_by_the_lists_and_scanners_that_had_a_hit(
    ledger: StoredLedger, database: Database
) -> None:
    on_feed = replace(a_finding("reputation.blocked-host"), labels=("listed:blocked", "list:City feed 7"))
    feed, scanner, neither = (
        a_trace(findings=(one,)) for one in (on_feed, a_finding("malware.clamav"), a_finding("link.qr-code"))
    )
    for trace in (feed, scanner, neither):
        await ledger.settle(Settling(trace))
    with database.read() as unit:
        traces = Traces(unit)
        sources = ("City feed 7", "clamav")
        found = {one: [trace.id for trace in traces.search(TraceFilter(source=one))] for one in sources}
        assert found == {"City feed 7": [feed.id], "clamav": [scanner.id]}
        assert traces.search(TraceFilter(source="City")) == []


async def test_messages_are_found_by_words_in_any_script_and_by_what_became_of_them(
    ledger: StoredLedger, database: Database
) -> None:
    held = a_recipient("o'neil@contoso.example", State.QUARANTINED)
    japanese = a_trace(subject="請求書の確認：ＡＢＣ社", header_from="佐藤@例え.jp", recipients=(held,))
    other = a_trace(subject="Quarterly back\\slash's", header_from="sales@shop.example", verdict=None, direction=None)
    for trace in (japanese, other):
        await ledger.settle(Settling(trace))
    found_by = {
        japanese.id: ["請求書", "書の確認", "社", "abc 確認", "O'Neil"],
        other.id: ["QUARTER", "slash", "sales@shop", "shop.example"],
    }

    def found(wanted: TraceFilter) -> list[str]:
        with database.read() as unit:
            return [trace.id for trace in Traces(unit).search(wanted)]

    for identity, texts in found_by.items():
        for text in texts:
            assert found(TraceFilter(words=text)) == [identity], text
    assert found(TraceFilter(address="o'neil@contoso.example")) == [japanese.id]
    for text in ("求請", "lash", "...", "verdict:none", "x' | 'quarterly"):
        assert found(TraceFilter(words=text)) == [], text
    assert found(TraceFilter(state=State.QUARANTINED)) == [japanese.id]
    with database.write() as unit:
        note_states(unit, japanese.id, ["o'neil@contoso.example"], State.RELEASED, japanese.received_at)
    assert found(TraceFilter(state=State.QUARANTINED)) == []
    assert found(TraceFilter(state=State.RELEASED)) == [japanese.id]
    assert found(TraceFilter(words="請求書", state=State.RELEASED)) == [japanese.id]
