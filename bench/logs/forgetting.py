"""`python -m bench.logs.forgetting`: what forgetting costs, by week and by row, on both databases.

    python -m bench.logs.forgetting --rows 200000

Clicks, detections and audit entries are laid evenly over twenty weeks to come, then all but the last week is forgotten
by the product's own code: on SQLite in portions, on PostgreSQL once so and once by dropping weeks. The longest unit is
how long another writer may have to wait on SQLite.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Table, func, insert, select

from bench.logs.run import server
from lockgate.model.clock import system_clock
from lockgate.model.findings import Category, Evidence, Finding
from lockgate.storage import weeks
from lockgate.storage.engine import open_database
from lockgate.storage.forgetting import Kept, forget_log, in_portions, rows_of
from lockgate.storage.schema.audit import audit_log
from lockgate.storage.schema.clicks import clicks
from lockgate.storage.schema.traces import detections
from lockgate.storage.unit_of_work import Database, Unit

WEEK = timedelta(days=7)
WEEKS = 20
BLOCK = 10_000
EVIDENCE = tuple(Evidence("link 3", "https://login.c0ntoso.example/verify" * 3) for _ in range(4))
FOUND = (Finding("link.text-differs", Category.PHISHING, 2.5, "A link leads elsewhere than it says.", EVIDENCE),) * 3


@dataclass(slots=True)
class Longest:
    """Wraps a portion's work and remembers the longest."""

    work: Callable[[Unit], int]
    seconds: float = 0

    def __call__(self, unit: Unit) -> int:
        began = time.perf_counter()
        done = self.work(unit)
        self.seconds = max(self.seconds, time.perf_counter() - began)
        return done


def main() -> int:
    given = _arguments()
    print("| database | rows | how | rows forgotten | seconds | longest unit, ms |\n|---|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        _measure(open_database(f"sqlite:///{folder}/forgetting.db"), "SQLite", given.rows, by_week=False)
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as url:
        database = open_database(url)
        for by_week in (False, True):
            _measure(database, "PostgreSQL", given.rows, by_week=by_week)
    return 0


def _measure(database: Database, name: str, rows: int, *, by_week: bool) -> None:
    begins = system_clock()
    for number in range(WEEKS):
        with database.write() as unit:
            weeks.prepare(unit.connection, begins + number * WEEK)
    ends = begins + (WEEKS - 1) * WEEK
    for table, make in ((clicks, _click), (detections, _detection), (audit_log, _entry)):
        _fill(database, table, make, begins, rows)
        began, longest = time.perf_counter(), Longest(lambda _unit: 0)
        if by_week:
            gone = forget_log(database, (table,), Kept(WEEK), ends + WEEK)
        else:
            longest = Longest(_portion(table, ends))
            gone = in_portions(database, longest)
        seconds = time.perf_counter() - began
        how = "weeks dropped" if by_week else "in portions"
        told = f"{1000 * longest.seconds:,.0f}" if longest.seconds else ""
        print(f"| {name} | {table.name} | {how} | {gone:,} | {seconds:,.1f} | {told} |", flush=True)
        with database.read() as unit:
            left = unit.connection.execute(select(func.count()).select_from(table)).scalar_one()
        assert gone + left >= rows, (gone, left)


def _portion(table: Table, older_than: datetime) -> Callable[[Unit], int]:
    remove = rows_of(table)
    return lambda unit: remove(unit, older_than, None, frozenset())


def _fill(
    database: Database, table: Table, make: Callable[[int, datetime], dict[str, object]], begins: datetime, rows: int
) -> None:
    step = WEEKS * WEEK / rows

    def made(start: int) -> Iterator[dict[str, object]]:
        for number in range(start, min(start + BLOCK, rows)):
            yield make(number, begins + number * step)

    for start in range(0, rows, BLOCK):
        with database.write() as unit:
            unit.connection.execute(insert(table), list(made(start)))


def _click(number: int, at: datetime) -> dict[str, object]:
    person = number % 900
    return {
        "id": f"{number}-{at.timestamp()}", "at": at, "tenant_id": "t", "message_id": f"m{number}",
        "reader": f"r{person}", "rcpt_to": f"person{person}@contoso.example", "verdict": "allow", "reasons": (),
        "address": f"https://www.pages.example/{number}",
        "host": "www.pages.example", "outcome": "redirected", "method": "GET",
        "client": "192.0.2.1", "agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "trouble": "",
    }  # fmt: skip


def _detection(number: int, at: datetime) -> dict[str, object]:
    return {"message_id": f"{number}-{at.timestamp()}", "received_at": at, "tenant_id": "t", "findings": FOUND}


def _entry(number: int, at: datetime) -> dict[str, object]:
    return {
        "number": number, "at": at, "actor": "ada", "act": "policy.save", "subject": f"p{number % 50}",
        "tenant_id": "t", "peer": "192.0.2.1", "before": {"level": "high"}, "after": {"level": "low"},
        "search": frozenset({"policy", "save"}),
    }  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
