"""Facets on both databases: every field is counted over what the others leave, of the newest rows only."""

from datetime import timedelta

import pytest

from lockgate.model.clicks import ClickOutcome
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.reporting import facets
from lockgate.reporting.counted_lists import OF_AUDIT, OF_CLICKS, OF_HELD, OF_MESSAGES
from lockgate.reporting.facets import Facets
from lockgate.storage.audit import AuditEntry, AuditFilter, AuditLog
from lockgate.storage.clicks import ClickFilter, Clicks
from lockgate.storage.held_messages import HeldFilter
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.traces import TraceFilter
from lockgate.storage.unit_of_work import Database
from tests.contracts.records import (
    NOW,
    TENANT,
    a_click,
    a_finding,
    a_held,
    a_recipient,
    a_trace,
    held_settling,
)  # fmt: skip

DAY = timedelta(days=1)


def told(counted: Facets) -> dict[str, dict[str, int]]:
    return {one.field: {value.value: value.count for value in one.values} for one in counted.facets}


async def test_messages_are_counted_by_field_over_what_the_other_fields_leave(
    ledger: StoredLedger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        verdict = Verdict.SPAM if number % 3 == 0 else Verdict.PHISHING
        found = (a_finding("link.qr-code"), a_finding("link.qr-code"))[: number % 3]
        await ledger.settle(Settling(a_trace(at=NOW + number * DAY, verdict=verdict, findings=found)))
    nobodys = a_trace(verdict=None, direction=None, tenant_id="other", recipients=(), findings=())
    await ledger.settle(Settling(nobodys))
    every = OF_MESSAGES.facets(database, TraceFilter())
    assert (every.rows, every.cut) == (7, False)
    counts = told(every)
    assert counts["verdict"] == {"phishing": 4, "spam": 2} and counts["direction"] == {"inbound": 6}
    assert counts["finding"] == {"link.qr-code": 4}, "a message counts once"
    assert counts["tenant"] == {TENANT: 6, "other": 1} and counts["policy"] == {"policy-1": 6}
    assert counts["state"] == {"relayed": 6, "monitored": 6}
    assert list(counts["day"].items())[:2] == [("2026-03-07", 1), ("2026-03-06", 1)]

    spam = told(OF_MESSAGES.facets(database, TraceFilter(verdict=Verdict.SPAM, since=NOW + DAY)))
    assert spam["verdict"] == {"phishing": 4, "spam": 1}, "of the days that were chosen, whatever the verdict"
    assert spam["day"] == {"2026-03-05": 1, "2026-03-02": 1}, "of the verdict that was chosen, whatever the day"
    assert spam["tenant"] == {TENANT: 1} and "finding" not in spam
    assert told(OF_MESSAGES.facets(database, TraceFilter(scope=frozenset({"other"})))) == {
        "tenant": {"other": 1}, "day": {"2026-03-02": 1},
    }  # fmt: skip

    monkeypatch.setattr(facets, "MOST", 2)
    newest = OF_MESSAGES.facets(database, TraceFilter())
    assert (newest.rows, newest.cut) == (2, True)
    assert told(newest)["day"] == {"2026-03-07": 1, "2026-03-06": 1}


async def test_held_messages_are_counted_by_why_and_for_whom(ledger: StoredLedger, database: Database) -> None:
    states = {"ada@contoso.example": State.QUARANTINED, "Ben@Contoso.example": State.QUARANTINED}
    for number, addresses in enumerate((("ada@contoso.example",), tuple(states))):
        direction = (Direction.INBOUND, Direction.OUTBOUND)[number]
        recipients = tuple(a_recipient(one, states[one]) for one in addresses)
        trace = a_trace(at=NOW + number * DAY, direction=direction, recipients=recipients)
        await ledger.settle(held_settling(trace, a_held(trace, *addresses)))
    counts = told(OF_HELD.facets(database, HeldFilter()))
    assert counts["direction"] == {"inbound": 1, "outbound": 1} and counts["state"] == {"quarantined": 2}
    assert counts["address"] == {"ada@contoso.example": 2, "ben@contoso.example": 1}
    assert counts["reason"] == {"Policy 'Default' quarantines phishing.": 2}
    assert counts["finding"] == {"links.text-differs": 2} and counts["verdict"] == {"phishing": 2}
    narrowed = OF_HELD.facets(database, HeldFilter(reason="Policy 'Default' quarantines phishing.", address="ben@"))
    assert told(narrowed)["direction"] == {"outbound": 1} and told(narrowed)["address"] == counts["address"]
    assert OF_HELD.facets(database, HeldFilter(reason="Another.")).rows == 0


def test_clicks_and_acts_are_counted(database: Database) -> None:
    acts = (("ada", "policy.save"), ("ada", "policy.save"), ("bob", "quarantine.release"))
    with database.write() as unit:
        for number in range(12):
            outcome = ClickOutcome.WARNED if number == 3 else ClickOutcome.REDIRECTED
            Clicks(unit).add(a_click(number, host=f"{number % 10}.example", outcome=outcome))
        for actor, act in acts:
            AuditLog(unit).record(AuditEntry(NOW, actor, act, "x", TENANT))
    clicks = OF_CLICKS.facets(database, ClickFilter(outcome=ClickOutcome.REDIRECTED))
    assert clicks.rows == 11 and told(clicks)["outcome"] == {"redirected": 11, "warned": 1}
    [site] = [one for one in clicks.facets if one.field == "site"]
    assert [one.value for one in site.values[:2]] == ["0.example", "1.example"] and site.others == 1
    assert (len(site.values), site.values[0].count, site.values[-1].count) == (8, 2, 1)
    audit = told(OF_AUDIT.facets(database, AuditFilter(actor="ADA")))
    assert audit["act"] == {"policy.save": 2} and audit["actor"] == {"ada": 2, "bob": 1}
