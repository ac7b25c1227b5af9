"""Lists for other programs: CSV (RFC 4180) or JSON Lines, written as they are read: neither rows nor locks add up.

Rule: what a sender wrote never becomes a formula in a spreadsheet: a cell that begins like one gets an apostrophe
(OWASP, CSV Injection). That somebody took an export is in the audit log before its first line is written.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from lockgate.model.saved_search import Log
from lockgate.storage.audit import AuditEntry, AuditLog, Author
from lockgate.storage.unit_of_work import Database, Unit

Record = TypeVar("Record")
Place = TypeVar("Place")
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # full width too
AT_ONCE = 500  # rows of one unit of work
CHUNK = 16_384  # characters that are handed on at once


class Form(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        return "text/csv; charset=utf-8" if self is Form.CSV else "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Shape(Generic[Record]):
    """How a record is written: as lines of a table, and whole as JSON. `brief` are the columns for people."""

    columns: tuple[str, ...]
    brief: tuple[str, ...]
    rows: Callable[[Record], Iterable[Sequence[object]]]
    as_json: Callable[[Record], Mapping[str, object]]

    def written(self, records: Iterable[Record], form: Form) -> Iterator[str]:
        """Everything, some lines at a time."""
        return _chunks(self._csv(records) if form is Form.CSV else self._json_lines(records))

    def shown(self, record: Record) -> list[tuple[object, ...]]:
        """Its lines, cut down to `brief`."""
        places = [self.columns.index(one) for one in self.brief]
        return [tuple(row[place] for place in places) for row in self.rows(record)]

    def _csv(self, records: Iterable[Record]) -> Iterator[str]:
        yield _line(self.columns)
        for record in records:
            yield from map(_line, self.rows(record))

    def _json_lines(self, records: Iterable[Record]) -> Iterator[str]:
        for record in records:
            yield json.dumps(self.as_json(record), ensure_ascii=False) + "\n"


def every(
    database: Database, find: Callable[[Unit, Place | None, int], Sequence[Record]], place: Callable[[Record], Place]
) -> Iterator[Record]:
    """All that `find` finds, one short unit of work per page; `place` is where the next page begins behind."""
    after: Place | None = None
    while True:
        with database.read() as unit:
            found = find(unit, after, AT_ONCE)
        yield from found
        if len(found) < AT_ONCE:
            return
        after = place(found[-1])


def note_export(
    database: Database, author: Author, log: Log, form: Form, asked: Mapping[str, str], tenant_id: str
) -> None:
    """Say in the audit log who takes what."""
    act = f"export.{log.value}"
    after = {"form": form.value, "search": {name: value for name, value in asked.items() if value}}
    with database.write() as unit:
        AuditLog(unit).record(AuditEntry(author.at, author.name, act, log.value, tenant_id, author.peer, after=after))


def harmless(cell: object) -> str:
    """The cell, which no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(BEGINS_A_FORMULA) else text


def _line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(map(harmless, cells))
    return text.getvalue()


def _chunks(lines: Iterable[str]) -> Iterator[str]:
    waiting, length = [], 0
    for line in lines:
        waiting.append(line)
        length += len(line)
        if length >= CHUNK:
            yield "".join(waiting)
            waiting, length = [], 0
    yield "".join(waiting)
