"""`python -m bench.logs.run`: fills a PostgreSQL with messages and measures every way to search the trace.

    python -m bench.logs.run --rows 10000000 --folder build/bench/logs      # 12 GB, half an hour
    python -m bench.logs.run --rows 200000                                  # a minute

The rows come in by COPY, as evenly over 90 days; searches go through the product's own code. What is measured is the
page of 50 messages with their recipients, as the console asks for it, once with whatever is in the caches after the
search before ("first"), and then five times. The folder is kept, so that a second run measures without loading.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import Engine, select, text
from sqlalchemy.dialects import postgresql

from bench.logs.rows import DETECTION_COLUMNS, MESSAGE_COLUMNS, RECIPIENT_COLUMNS, Mail
from lockgate.model.envelope import Direction
from lockgate.model.findings import DANGEROUS, Verdict
from lockgate.model.lifecycle import State
from lockgate.reporting.counted_lists import OF_MESSAGES
from lockgate.storage import weeks
from lockgate.storage.engine import open_database
from lockgate.storage.schema.traces import detections, message_recipients, messages
from lockgate.storage.searching import Cursor
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.unit_of_work import Database

ENDS = datetime(2026, 11, 26, tzinfo=UTC)
DAYS = 90
TIMES = 5
LOADED = {messages: MESSAGE_COLUMNS, message_recipients: RECIPIENT_COLUMNS, detections: DETECTION_COLUMNS}
INDEX = "CREATE INDEX ix_messages_search ON messages USING gin (search)"


@dataclass(frozen=True, slots=True)
class Timed:
    """What one search took, in seconds, and how many it found."""

    name: str
    found: int
    first: float
    again: float


def main() -> int:
    given = _arguments()
    folder = Path(given.folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with server(folder) as url:
        database = open_database(url)
        if not _filled(database):
            _fill(database.engine, given.rows)
        mail = Mail(given.rows, ENDS - timedelta(days=DAYS), ENDS)
        print(_sizes(database.engine), flush=True)
        searches = _searches(mail)
        for timed in [_measure(database, name, wanted) for name, wanted in searches.items()]:
            print(_row(timed), flush=True)
        for timed in _others(database):
            print(_row(timed), flush=True)
        for name in given.plans or ("two words", "verdict malware", "all"):
            print(f"\n{name}:\n\n```\n{_plan(database, searches[name])}\n```", flush=True)
        if given.drop:
            print(_dropping(database))
        database.close()
    return 0


def _searches(mail: Mail) -> dict[str, TraceFilter]:
    common, rare = mail.words.things[5], mail.words.things[30_000]
    usual, seldom = mail.senders.things[0], mail.senders.things[150_000]
    week = {"since": ENDS - timedelta(days=40), "until": ENDS - timedelta(days=33)}
    return {
        "all": TraceFilter(),
        "direction outbound": TraceFilter(direction=Direction.OUTBOUND),
        "verdict clean": TraceFilter(verdict=Verdict.CLEAN),
        "verdict malware": TraceFilter(verdict=Verdict.MALWARE),
        "dangerous": TraceFilter(verdicts=DANGEROUS),
        "state quarantined": TraceFilter(state=State.QUARANTINED),
        "state that nobody has": TraceFilter(state=State.BOUNCED),
        "policy": TraceFilter(policy_id="policy-inbound-1"),
        "state and policy of one recipient": TraceFilter(state=State.DELETED, policy_id="policy-inbound-1"),
        "most frequent detector": TraceFilter(finding=mail.detectors.things[0]),
        "least frequent detector": TraceFilter(finding=mail.detectors.things[-1]),
        "organisation with 1 % of the mail": TraceFilter(tenant_id="00000003-1111-2222-3333-444444444444"),
        "a week, phishing": TraceFilter(verdict=Verdict.PHISHING, **week),
        "frequent sender": TraceFilter(address=usual),
        "seldom sender": TraceFilter(address=seldom),
        "part of an address": TraceFilter(address=f"@{usual.partition('@')[2]}"),
        "recipient": TraceFilter(address="person40@org0.example"),
        "one common word": TraceFilter(words=common),
        "one rare word": TraceFilter(words=rare),
        "the beginning of a word": TraceFilter(words=common[:3]),
        "two words": TraceFilter(words=f"invoice {rare[:4]}"),
        "no such word": TraceFilter(words="zzyzx"),
        "words, verdict, direction, sender": TraceFilter(
            words="invoice", verdict=Verdict.SPAM, direction=Direction.INBOUND, address=usual
        ),
        "Exchange's id": TraceFilter(message_id="00000fff-0000-4000-8000-000000000000"),
        "no such id": TraceFilter(message_id="nowhere"),
    }


def _measure(database: Database, name: str, wanted: TraceFilter) -> Timed:
    return _timed(name, lambda: len(_search(database, wanted)))


def _others(database: Database) -> Iterator[Timed]:
    old = Cursor(ENDS - timedelta(days=80), "x")
    yield _timed("a page 80 days back", lambda: len(_search(database, TraceFilter(), old)))
    for name, wanted in (
        ("facets of all", TraceFilter()), ("facets of a word", TraceFilter(words="invoice")),
        ("facets of malware", TraceFilter(verdict=Verdict.MALWARE)),
        ("facets of outbound malware of a month", TraceFilter(
            verdict=Verdict.MALWARE, direction=Direction.OUTBOUND, since=ENDS - timedelta(days=30))),
    ):  # fmt: skip
        yield _timed(name, lambda one=wanted: OF_MESSAGES.facets(database, one).rows)


def _search(database: Database, wanted: TraceFilter, after: Cursor | None = None) -> list[object]:
    with database.read() as unit:
        return list(Traces(unit).search(wanted, after=after, limit=51))


def _timed(name: str, work: Callable[[], int]) -> Timed:
    times, found = [], 0
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - began)
    return Timed(name, found, times[0], statistics.median(times[1:]))


def _row(one: Timed) -> str:
    return f"| {one.name} | {one.found:,} | {1000 * one.first:,.0f} | {1000 * one.again:,.0f} |"


def _plan(database: Database, wanted: TraceFilter) -> str:
    with database.read() as unit:
        query = Traces(unit).query(wanted).with_only_columns(messages.c.id).limit(51)
        written = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
        lines = unit.connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {written}").scalars()
        return "\n".join(line for line in lines if "never executed" not in line)


def _dropping(database: Database) -> str:
    with database.write() as unit:
        weeks_before = len(weeks.parts(unit.connection, messages))
        began = time.perf_counter()
        dropped = weeks.drop(unit.connection, (*LOADED,), ENDS - timedelta(days=DAYS - 8))
        weeks_after = len(weeks.parts(unit.connection, messages))
    seconds = time.perf_counter() - began
    return f"\nDropped {weeks_before - weeks_after} week(s) with {dropped:,} messages in {1000 * seconds:,.0f} ms."


def _filled(database: Database) -> bool:
    with database.read() as unit:
        return unit.connection.execute(select(messages.c.id).limit(1)).first() is not None


def _fill(engine: Engine, rows: int) -> None:
    with engine.begin() as connection:
        for table in weeks.IN_WEEKS:
            for part in weeks.parts(connection, table):
                connection.execute(text(f"DROP TABLE {part.name}"))
        for days in range(DAYS, -1, -14):
            weeks.prepare(connection, ENDS - timedelta(days=days))
        made = [row[0] for row in connection.execute(text(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'messages' AND indexname LIKE 'ix%'"
        ))]  # fmt: skip
        for name in [one.split()[2] for one in made]:
            connection.execute(text(f"DROP INDEX {name}"))
    mail = Mail(rows, ENDS - timedelta(days=DAYS), ENDS)
    began = time.perf_counter()
    with psycopg.connect(_plain(engine)) as connection:
        connection.execute("SET synchronous_commit = off")
        for number, texts in enumerate(mail.blocks()):
            for (table, columns), lines in zip(LOADED.items(), texts, strict=True):
                with connection.cursor().copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy:
                    copy.write(lines)
            connection.commit()
            if number % 25 == 0:
                print(f"{number * 20_000:,} rows, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET maintenance_work_mem = '1GB'"))
        connection.execute(text("SET max_parallel_maintenance_workers = 0"))
        for statement in made:
            connection.execute(text(statement.replace(" ON ONLY ", " ON ")))
            print(f"{statement.split()[2]}, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        connection.execute(text("VACUUM ANALYZE"))
    print(f"loaded in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


def _sizes(engine: Engine) -> str:
    query = """SELECT count(*), sum(pg_table_size(inhrelid)), sum(pg_indexes_size(inhrelid)), sum(reltuples)
        FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = to_regclass(:name)
        AND pg_class.relkind = 'r'"""
    told = []
    with engine.connect() as connection:
        for table in weeks.IN_WEEKS:
            parts, size, indexes, rows = connection.execute(text(query), {"name": table.name}).one()
            told.append(
                f"{table.name}: {parts} partitions, {rows:,.0f} rows, "
                f"{float(size) / 1e9:.1f} GB and {float(indexes) / 1e9:.1f} GB of indexes"
            )
    return "\n".join(told)


def _plain(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The database that LOCKGATE_BENCH_DATABASE names, else a server of our own in the folder."""
    if named := os.environ.get("LOCKGATE_BENCH_DATABASE"):
        yield named
        return
    from pgserver.postgres_server import get_server

    with get_server(folder, cleanup_mode="stop") as server:
        yield server.get_uri(database="postgres")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--folder", default="build/bench/logs")
    parser.add_argument("--plans", nargs="*", help="searches whose plans are printed")
    parser.add_argument("--drop", action="store_true", help="at the end, drop the oldest week")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
