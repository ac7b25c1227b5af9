"""Search and export of the trace over a real database."""

import asyncio
import csv
import io
import json
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from lockgate.model.envelope import Direction
from lockgate.model.errors import InvalidInput
from lockgate.model.lifecycle import State
from lockgate.model.settling import Settling
from lockgate.reporting.exported_lists import MESSAGES
from lockgate.reporting.exports import Form
from lockgate.reporting.summaries import Period, summary
from lockgate.reporting.trace_search import TraceSearch
from lockgate.storage.ledger import StoredLedger
from lockgate.storage.traces import TraceFilter, every
from lockgate.storage.unit_of_work import Database
from tests.contracts.conftest import blobs, database, ledger
from tests.contracts.records import NOW, a_recipient, a_trace

__all__ = ["blobs", "database", "ledger"]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/lockgate.db"


async def test_pages_hold_every_message_once_and_the_last_says_so(ledger: StoredLedger, database: Database) -> None:
    for number in range(7):
        await ledger.settle(Settling(a_trace(at=NOW + timedelta(seconds=number // 2))))
    search, seen, after = TraceSearch(database), [], ""
    for expected in (3, 3, 1):
        page = search.page(TraceFilter(), after, limit=3)
        assert len(page.traces) == expected
        seen += [trace.id for trace in page.traces]
        after = page.older
    assert not after
    assert len(set(seen)) == 7


async def test_a_message_that_is_not_kept_is_said_to_be_so(database: Database) -> None:
    with pytest.raises(InvalidInput, match="older than the trace is kept"):
        TraceSearch(database).message("unknown")
    with pytest.raises(InvalidInput, match="damaged"):
        TraceSearch(database).page(TraceFilter(), "nonsense")


async def test_csv_has_a_line_per_recipient_and_no_formula(ledger: StoredLedger, database: Database) -> None:
    recipients = (a_recipient("ada@contoso.example"), a_recipient("+bob@contoso.example", State.JUNKED))
    await ledger.settle(Settling(a_trace(subject='=HYPERLINK("http://evil.example")', recipients=recipients)))
    rows = list(
        csv.DictReader(io.StringIO("".join(MESSAGES.written(TraceSearch(database).every(TraceFilter()), Form.CSV))))
    )
    assert tuple(rows[0]) == MESSAGES.columns
    assert {row["rcpt_to"] for row in rows} == {"ada@contoso.example", "'+bob@contoso.example"}
    assert {row["subject"] for row in rows} == {'\'=HYPERLINK("http://evil.example")'}


async def test_json_lines_hold_everything(ledger: StoredLedger, database: Database) -> None:
    trace = a_trace(subject="Überweisung")
    await ledger.settle(Settling(trace))
    [line] = MESSAGES.written(TraceSearch(database).every(TraceFilter()), Form.JSONL)
    read = json.loads(line)
    assert read["subject"] == "Überweisung"
    assert read["findings"][0]["evidence"][0]["excerpt"] == "https://pay.example/login"
    assert read["recipients"][0]["state"] == "relayed"


async def test_a_summary_counts_by_direction_fate_and_target(ledger: StoredLedger, database: Database) -> None:
    await ledger.settle(Settling(a_trace()))
    await ledger.settle(Settling(a_trace(direction=Direction.OUTBOUND, recipients=(a_recipient(state=State.DELETED),))))
    await ledger.settle(Settling(a_trace(at=NOW - timedelta(days=2))))
    with database.read() as unit:
        day, week = summary(unit, NOW), summary(unit, NOW, Period.WEEK)
    assert day.messages == {Direction.INBOUND: 1, Direction.OUTBOUND: 1}
    assert day.states == {State.RELAYED: 1, State.DELETED: 1}
    assert day.dangerous == day.bars[-1].verdicts.total() == 2
    assert day.targets == (("ada@contoso.example", 1),), "only mail from outside targets anybody"
    assert [bar.verdicts.total() for bar in week.bars] == [0, 0, 0, 0, 1, 0, 2]
    assert week.bars[-1].begins == NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    assert week.targets == (("ada@contoso.example", 2),)


async def test_an_export_of_ten_times_as_much_takes_no_more_memory(ledger: StoredLedger, database: Database) -> None:
    def peak() -> tuple[int, int]:
        tracemalloc.start()
        written = MESSAGES.written(every(database, TraceFilter(), page=50), Form.CSV)
        lines = sum(text.count("\n") for text in written)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return lines, highest

    few = [a_trace(recipients=(a_recipient(),)) for _ in range(100)]
    await asyncio.gather(*(ledger.settle(Settling(one)) for one in few))
    peak()  # compiles the statements
    lines, small = peak()
    many = [a_trace(recipients=(a_recipient(),)) for _ in range(900)]
    await asyncio.gather(*(ledger.settle(Settling(one)) for one in many))
    more, large = peak()
    assert (lines, more) == (101, 1001)
    assert large < 1.5 * small, "some lines wait for each other; nothing adds up"
