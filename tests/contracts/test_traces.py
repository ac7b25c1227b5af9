"""The trace and its tallies, on both databases."""

from dataclasses import replace
from datetime import timedelta

from lockgate.model.envelope import Direction
from lockgate.model.findings import DANGEROUS, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.searching import Cursor
from lockgate.storage.tallies import Kind, Tallies
from lockgate.storage.traces import TraceFilter, Traces, every
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import NOW, TENANT, a_finding, a_recipient, a_trace

HOUR = timedelta(hours=1)


async def test_a_trace_comes_back_as_it_was_given(ledger: StoredLedger, database: Database) -> None:
    trace = a_trace(recipients=(a_recipient("Ada@contoso.example"), a_recipient("bob@contoso.example", State.JUNKED)))
    nameless = replace(a_trace(direction=None, verdict=None, recipients=(), findings=(), tenant_id=""), score=None)
    await ledger.settle(Settling(trace))
    await ledger.settle(Settling(nameless))
    with database.read() as unit:
        assert Traces(unit).get(trace.id) == trace
        assert Traces(unit).get(nameless.id) == nameless
        assert Traces(unit).get("unknown") is None


async def test_the_trace_is_searched_by_every_field(ledger: StoredLedger, database: Database) -> None:
    usual = a_trace()
    recipient = replace(a_recipient("Zoe@Partner.example", State.DELETED), policy_id="policy-9")
    odd = a_trace(
        at=NOW + HOUR,
        direction=Direction.OUTBOUND,
        header_from="Boss@Contoso.example",
        subject="STRASSE Überfällig 50%_off",
        verdict=Verdict.DLP,
        recipients=(a_recipient("ada@contoso.example", State.QUARANTINED), recipient),
        findings=(a_finding("dlp.payment-card"),),
    )
    usual = replace(usual, recipients=tuple(replace(one, monitored=()) for one in usual.recipients))
    for trace in (usual, odd):
        await ledger.settle(Settling(trace))
    after = NOW + HOUR / 2
    hits = {
        odd.id: [
            TraceFilter(since=after),
            TraceFilter(direction=Direction.OUTBOUND),
            TraceFilter(address="zoe@partner.example"),
            TraceFilter(address="boss@contoso"),
            TraceFilter(words="straße überfällig"),
            TraceFilter(words="50%_off"),
            TraceFilter(verdict=Verdict.DLP),
            TraceFilter(verdicts=frozenset({Verdict.DLP, Verdict.SPAM})),
            TraceFilter(finding="dlp.payment-card"),
            TraceFilter(monitored=True),
            TraceFilter(state=State.DELETED),
            TraceFilter(policy_id="policy-9"),
            TraceFilter(policy_id="policy-9", state=State.DELETED),
            TraceFilter(message_id=odd.network_message_id),
        ],
        usual.id: [
            TraceFilter(until=after, tenant_id=TENANT),
            TraceFilter(address="mallory@evil.example"),
            TraceFilter(message_id=usual.internet_message_id),
            TraceFilter(message_id=usual.id),
            TraceFilter(state=State.RELAYED),
            TraceFilter(verdicts=DANGEROUS),
        ],
    }
    nothing = [
        TraceFilter(tenant_id="other"),
        TraceFilter(words="50x_off"),
        TraceFilter(finding="dlp"),
        TraceFilter(finding="dlp.%"),
        TraceFilter(monitored=True, state=State.RELAYED),
        TraceFilter(policy_id="policy-9", state=State.QUARANTINED),
    ]
    with database.read() as unit:
        for identity, filters in hits.items():
            for wanted in filters:
                assert [trace.id for trace in Traces(unit).search(wanted)] == [identity], wanted
        for wanted in nothing:
            assert Traces(unit).search(wanted) == [], wanted
        both = Traces(unit).search(TraceFilter(address="bounce@evil.example"))
    assert [trace.id for trace in both] == [odd.id, usual.id], "the newest comes first"


async def test_an_export_reads_everything_once_in_small_pages(ledger: StoredLedger, database: Database) -> None:
    traces = [a_trace(at=NOW + HOUR * (number // 3)) for number in range(11)]
    for trace in traces:
        await ledger.settle(Settling(trace))
    found = list(every(database, TraceFilter(), page=3))
    assert len(found) == 11
    assert {trace.id for trace in found} == {trace.id for trace in traces}
    with database.read() as unit:
        beyond = Traces(unit).search(TraceFilter(), after=Cursor(NOW, "message-0"))
    assert beyond == []


async def test_tallies_say_what_the_trace_says(ledger: StoredLedger, database: Database) -> None:
    twice = (a_finding("a.one"), a_finding("a.one"), a_finding("b.two"))
    await ledger.settle(Settling(a_trace(findings=twice)))
    await ledger.settle(Settling(a_trace(verdict=Verdict.CLEAN, findings=())))
    await ledger.settle(Settling(a_trace(at=NOW + HOUR, verdict=None, direction=None, recipients=(), findings=())))
    with database.read() as unit:
        tallies = Tallies(unit)
        all_ = tallies.between(NOW - HOUR, NOW + 2 * HOUR)
        days = tallies.between(NOW - HOUR, NOW + 2 * HOUR, kind=Kind.VERDICT, hours=24)
        targets = tallies.top(Kind.TARGET, NOW - HOUR, NOW + 2 * HOUR, limit=5)
        found = tallies.top(Kind.FINDING, NOW - HOUR, NOW + 2 * HOUR, limit=1)
        first = tallies.between(NOW - HOUR, NOW, kind=Kind.VERDICT, tenant_id=TENANT)
        assert tallies.between(NOW + 2 * HOUR, NOW + 9 * HOUR) == []
        assert tallies.between(NOW - HOUR, NOW + 2 * HOUR, tenant_id="other") == []
    counted = {(one.hour.hour, one.kind, one.value): one.count for one in all_}
    assert counted == {
        (9, Kind.VERDICT, "phishing"): 1,
        (9, Kind.VERDICT, "clean"): 1,
        (9, Kind.LATENCY, "80"): 2,
        (9, Kind.FINDING, "a.one"): 1,
        (9, Kind.FINDING, "b.two"): 1,
        (9, Kind.STATE, "relayed"): 2,
        (9, Kind.MONITORED, "quarantine"): 2,
        (10, Kind.VERDICT, ""): 1,
    }
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    assert {(one.hour, one.value, one.count) for one in days} == {
        (midnight, "phishing", 1), (midnight, "clean", 1), (midnight, "", 1),
    }  # fmt: skip
    assert targets == [("ada@contoso.example", 1)], "of dangerous messages from outside, and nobody else"
    assert found == [("a.one", 1)]
    assert [(one.value, one.direction, one.count) for one in first] == [
        ("clean", "inbound", 1),
        ("phishing", "inbound", 1),
    ]


async def test_old_traces_are_deleted_in_portions(ledger: StoredLedger, database: Database) -> None:
    for number in range(5):
        await ledger.settle(Settling(a_trace(at=NOW + HOUR * number)))
    with database.write() as unit:
        assert Traces(unit).prune(NOW + 3 * HOUR, limit=2) == 2
        assert Traces(unit).prune(NOW + 3 * HOUR, limit=2) == 1
        assert Traces(unit).prune(NOW + 3 * HOUR, limit=2) == 0
        assert len(Traces(unit).search(TraceFilter())) == 2
        assert Tallies(unit).prune(NOW + HOUR) > 0
