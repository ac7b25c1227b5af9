"""Search over the message trace, for everybody who shows it: console, API, command line.

Rule: pages are found by the last row seen, so that the thousandth costs what the first costs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.model.errors import InvalidInput
from lockgate.model.trace import MessageTrace
from lockgate.storage import traces
from lockgate.storage.searching import PAGE, Cursor, cursor_from
from lockgate.storage.traces import TraceFilter, Traces
from lockgate.storage.unit_of_work import Database

NOT_KEPT = "There is no such message in the trace; it may be older than the trace is kept."


@dataclass(frozen=True, slots=True)
class TracePage:
    """Some messages, the newest first. `older` is what to ask for the next page with; empty when this is the last."""

    traces: tuple[MessageTrace, ...]
    older: str


@dataclass(frozen=True, slots=True)
class TraceSearch:
    """The trace as it is read. Every method is one or more short units of work; blocking."""

    database: Database

    def page(self, wanted: TraceFilter, after: str = "", limit: int = PAGE) -> TracePage:
        """At most `limit` messages behind `after`; raises InvalidInput for a damaged `after`."""
        cursor = cursor_from(after) if after else None
        with self.database.read() as unit:
            found = Traces(unit).search(wanted, after=cursor, limit=limit + 1)
        shown = tuple(found[:limit])
        older = str(Cursor(shown[-1].received_at, shown[-1].id)) if len(found) > limit else ""
        return TracePage(shown, older)

    def message(self, message_id: str) -> MessageTrace:
        """One message with everything about it; raises InvalidInput when it is not kept."""
        with self.database.read() as unit:
            found = Traces(unit).get(message_id)
        if found is None:
            raise InvalidInput(NOT_KEPT)
        return found

    def every(self, wanted: TraceFilter) -> Iterator[MessageTrace]:
        """All matching messages, the newest first; a long export holds neither memory nor locks."""
        return traces.every(self.database, wanted)
