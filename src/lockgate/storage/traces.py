"""The message trace: search, detail, and reading all of it in order.

Rule: a trace is written by the ledger and only added to later; nothing here changes one.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, Text, and_, delete, exists, or_, select, type_coerce

from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace, RecipientTrace, Step, TraceEvent
from lockgate.storage.schema.traces import later_events, message_recipients, messages
from lockgate.storage.searching import PAGE, Cursor, address_in, behind, within, words_in
from lockgate.storage.unit_of_work import Database, Unit

AnyRow = Row[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """What to look for; empty fields ask for nothing. `until` is exclusive."""

    tenant_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    direction: Direction | None = None
    address: str = ""  # a whole address or a part of one: sender, author or recipient
    words: str = ""  # all of them in the subject
    verdict: Verdict | None = None
    verdicts: frozenset[Verdict] = frozenset()  # any of these
    finding: str = ""  # the id of the detector that made one
    monitored: bool = False  # monitor-only held something back, for some recipient
    state: State | None = None  # of some recipient
    policy_id: str = ""  # that decided for some recipient
    message_id: str = ""  # ours, Exchange's network message id, or the Message-ID header
    scope: Scope = None


class Traces:
    """The trace, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._connection = unit.connection

    def search(self, wanted: TraceFilter, *, after: Cursor | None = None, limit: int = PAGE) -> list[MessageTrace]:
        """Matching messages, the newest first."""
        query = select(messages).where(*_conditions(wanted))
        query = query.order_by(messages.c.received_at.desc(), messages.c.id.desc()).limit(limit)
        if after is not None:
            query = query.where(behind(messages.c.received_at, messages.c.id, after))
        return self._traces(query)

    def finished(
        self, after: Cursor | None, until: datetime, *, limit: int = PAGE, scope: Scope = None
    ) -> list[MessageTrace]:
        """Messages finished behind `after` and before `until`, the oldest first: for those who follow the trace."""
        table = messages.c
        query = select(messages).where(table.finished_at < until, *within(table.tenant_id, scope))
        if after is not None:
            later = or_(table.finished_at > after.at, and_(table.finished_at == after.at, table.id > after.id))
            query = query.where(later)
        return self._traces(query.order_by(table.finished_at, table.id).limit(limit))

    def get(self, message_id: str) -> MessageTrace | None:
        """The message with this id of ours, later events included; None when it is not kept."""
        found = self._traces(select(messages).where(messages.c.id == message_id))
        return found[0] if found else None

    def prune(self, older_than: datetime, limit: int, *, scope: Scope = None, but: frozenset[str] = frozenset()) -> int:
        """Delete at most `limit` messages from before that moment; how many, so that the caller can go on.

        Of the organisations in scope only, and not of those in `but`.
        """
        organisation = messages.c.tenant_id
        oldest = (
            select(messages.c.id)
            .where(messages.c.received_at < older_than, organisation.not_in(but), *within(organisation, scope))
            .order_by(messages.c.received_at)
            .limit(limit)
        )
        return self._connection.execute(delete(messages).where(messages.c.id.in_(oldest))).rowcount

    def _traces(self, query: Select[tuple[object, ...]]) -> list[MessageTrace]:
        rows = self._connection.execute(query).all()
        ids = [row.id for row in rows]
        recipients, events = self._recipients(ids), self._later_events(ids)
        return [_trace(row, recipients.get(row.id, []), events.get(row.id, [])) for row in rows]

    def _recipients(self, ids: Sequence[str]) -> dict[str, list[RecipientTrace]]:
        table = message_recipients.c
        query = select(message_recipients).where(table.message_id.in_(ids)).order_by(table.message_id, table.position)
        found: dict[str, list[RecipientTrace]] = {}
        for row in self._connection.execute(query):
            plain = {name: row._mapping[name] for name in RecipientTrace.__slots__}
            one = RecipientTrace(**plain | {"state": State(plain["state"])})
            found.setdefault(row.message_id, []).append(one)
        return found

    def _later_events(self, ids: Sequence[str]) -> dict[str, list[TraceEvent]]:
        query = select(later_events).where(later_events.c.message_id.in_(ids)).order_by(later_events.c.number)
        found: dict[str, list[TraceEvent]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.message_id, []).append(TraceEvent(Step(row.step), row.at, row.detail, row.rcpt_to))
        return found


def every(database: Database, wanted: TraceFilter, *, page: int = 10 * PAGE) -> Iterator[MessageTrace]:
    """All matching messages, the newest first, one unit per page: a long export holds neither memory nor locks."""
    after: Cursor | None = None
    while True:
        with database.read() as unit:
            found = Traces(unit).search(wanted, after=after, limit=page)
        yield from found
        if len(found) < page:
            return
        after = Cursor(found[-1].received_at, found[-1].id)


def _trace(row: AnyRow, recipients: Sequence[RecipientTrace], later: Sequence[TraceEvent]) -> MessageTrace:
    plain = {name: row._mapping[name] for name in MessageTrace.__slots__ if name != "recipients"}
    plain["direction"] = Direction(plain["direction"]) if plain["direction"] else None
    plain["verdict"] = Verdict(plain["verdict"]) if plain["verdict"] else None
    trace = MessageTrace(**plain, recipients=tuple(recipients))
    return replace(trace, events=(*trace.events, *later)) if later else trace


def _conditions(wanted: TraceFilter) -> list[ColumnElement[bool]]:
    table = messages.c
    found = [*within(table.tenant_id, wanted.scope), *words_in(table.subject_folded, wanted.words)]
    if wanted.tenant_id:
        found.append(table.tenant_id == wanted.tenant_id)
    if wanted.since is not None:
        found.append(table.received_at >= wanted.since)
    if wanted.until is not None:
        found.append(table.received_at < wanted.until)
    if wanted.direction is not None:
        found.append(table.direction == wanted.direction.value)
    if wanted.verdict is not None:
        found.append(table.verdict == wanted.verdict.value)
    if wanted.verdicts:
        found.append(table.verdict.in_([one.value for one in wanted.verdicts]))
    if wanted.finding:
        found.append(_with_finding(wanted.finding))
    if wanted.message_id:
        ids = (table.id, table.network_message_id, table.internet_message_id)
        found.append(or_(*(column == wanted.message_id.strip() for column in ids)))
    if wanted.address:
        found.append(_with_address(wanted.address))
    found.extend(_of_some_recipient(wanted))
    return found


def _with_address(address: str) -> ColumnElement[bool]:
    table = messages.c
    recipient = select(message_recipients.c.message_id).where(
        address_in([message_recipients.c.rcpt_to_folded], address)
    )
    return or_(address_in([table.header_from_folded, table.mail_from_folded], address), table.id.in_(recipient))


def _with_finding(detector: str) -> ColumnElement[bool]:
    """Findings are JSON text; a quote inside a value is escaped there, so only the key itself matches."""
    text = type_coerce(messages.c.findings, Text)
    name = json.dumps(detector)
    return or_(*(text.contains(f'"detector":{space}{name}', autoescape=True) for space in ("", " ")))


def _of_some_recipient(wanted: TraceFilter) -> Iterator[ColumnElement[bool]]:
    table = message_recipients.c
    own = table.message_id == messages.c.id
    if wanted.monitored:
        yield exists().where(own, type_coerce(table.monitored, Text) != "[]")
    if wanted.state is not None and wanted.policy_id:
        yield exists().where(own, table.state == wanted.state.value, table.policy_id == wanted.policy_id)
    elif wanted.state is not None:
        yield exists().where(own, table.state == wanted.state.value)
    elif wanted.policy_id:
        yield exists().where(own, table.policy_id == wanted.policy_id)
