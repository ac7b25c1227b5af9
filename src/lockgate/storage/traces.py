"""The message trace: search, detail, and reading all of it in order.

Rule: a trace is written by the ledger and only added to later; nothing here changes one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, delete, exists, false, or_, select, type_coerce

from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.findings import Finding, Verdict
from lockgate.model.lifecycle import State
from lockgate.model.trace import MessageTrace, RecipientTrace, Step, TraceEvent
from lockgate.storage.dialects import Dialect
from lockgate.storage.schema.column_types import MICROSECOND
from lockgate.storage.schema.traces import data_loss_findings, detections, later_events, message_recipients, messages
from lockgate.storage.search_words import Alternatives, Facet, Term, asked_address, asked_words, labels_among
from lockgate.storage.searching import PAGE, Cursor, behind, within
from lockgate.storage.unit_of_work import Database, Unit

AnyRow = Row[tuple[object, ...]]
FOUND = (detections, data_loss_findings)
AnyColumns = Any  # a query knows its columns


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """What to look for; empty fields ask for nothing. `until` is exclusive."""

    tenant_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    direction: Direction | None = None
    address: str = ""  # a whole one, or words of one: sender, author or recipient
    words: str = ""  # all of them, or their beginnings, in the subject and the addresses
    verdict: Verdict | None = None
    verdicts: frozenset[Verdict] = frozenset()  # any of these
    finding: str = ""  # the id of the detector that made one
    template: str = ""  # the id of a data loss template
    source: str = ""  # a list, feed or scanner that had a hit: `manual`, the name of a feed, `dns:...`, `clamav` ...
    monitored: bool = False  # monitor-only held something back, for some recipient
    state: State | None = None  # of some recipient
    policy_id: str = ""  # that decided for some recipient
    took: timedelta | None = None  # at least so long to our reply, of those that were inspected
    message_id: str = ""  # ours, Exchange's network message id, or the Message-ID header
    scope: Scope = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a message counts as. With several recipients it may have several values of one label."""

    tenant_id: str
    received_at: datetime
    labels: tuple[tuple[Facet, str], ...]


class Traces:
    """The trace, in one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connection = unit.connection

    def search(self, wanted: TraceFilter, *, after: Cursor | None = None, limit: int = PAGE) -> list[MessageTrace]:
        """Matching messages, the newest first."""
        query = self.query(wanted).limit(limit)
        if after is not None:
            query = query.where(behind(messages.c.received_at, messages.c.id, after))
        return self._traces(query)

    def query(self, wanted: TraceFilter) -> Select[AnyColumns]:
        """What `search` asks, without a limit: for whoever looks at how it is carried out."""
        return self._newest(select(messages), wanted)

    def labelled(self, wanted: TraceFilter, most: int) -> Iterator[Labelled]:
        """The labels of the newest `most` matching messages, read from what they are found by."""
        columns = (messages.c.tenant_id, messages.c.received_at, messages.c.search)
        for row in self._connection.execute(self._newest(select(*columns), wanted).limit(most)):
            yield Labelled(row.tenant_id, row.received_at, labels_among(row.search))

    def _newest(self, query: Select[AnyColumns], wanted: TraceFilter) -> Select[AnyColumns]:
        order = (messages.c.received_at.desc(), messages.c.id.desc())
        return query.where(*_conditions(wanted, self._unit.dialect)).order_by(*order)

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
        ids = self._connection.execute(oldest).scalars().all()
        for table in (later_events, message_recipients, *FOUND):
            self._connection.execute(delete(table).where(table.c.message_id.in_(ids), table.c.received_at < older_than))
        gone = delete(messages).where(messages.c.id.in_(ids), messages.c.received_at < older_than)
        return self._connection.execute(gone).rowcount

    def _traces(self, query: Select[tuple[object, ...]]) -> list[MessageTrace]:
        rows = self._connection.execute(query).all()
        ids, moments = [row.id for row in rows], [row.received_at for row in rows]
        recipients = self._recipients(ids, moments) if ids else {}
        events, found = self._later_events(ids), self._found(ids, moments) if ids else {}
        return [_trace(row, recipients.get(row.id, ()), found.get(row.id, ()), events.get(row.id, ())) for row in rows]

    def _recipients(self, ids: Sequence[str], moments: Sequence[datetime]) -> dict[str, list[RecipientTrace]]:
        table = message_recipients.c
        found_in = table.received_at.between(min(moments), max(moments))  # so that other weeks are not looked into
        query = select(message_recipients).where(table.message_id.in_(ids), found_in)
        query = query.order_by(table.message_id, table.position)
        found: dict[str, list[RecipientTrace]] = {}
        for row in self._connection.execute(query):
            plain = {name: row._mapping[name] for name in RecipientTrace.__slots__}
            one = RecipientTrace(**plain | {"state": State(plain["state"])})
            found.setdefault(row.message_id, []).append(one)
        return found

    def _found(self, ids: Sequence[str], moments: Sequence[datetime]) -> dict[str, tuple[Finding, ...]]:
        found: dict[str, tuple[Finding, ...]] = {}
        for table in FOUND:
            of_then = table.c.received_at.between(min(moments), max(moments))
            query = select(table.c.message_id, table.c.findings).where(table.c.message_id.in_(ids), of_then)
            for message_id, findings in self._connection.execute(query):
                found[message_id] = (*found.get(message_id, ()), *findings)
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


def _trace(
    row: AnyRow, recipients: Sequence[RecipientTrace], findings: tuple[Finding, ...], later: Sequence[TraceEvent]
) -> MessageTrace:
    plain = {name: row._mapping[name] for name in MessageTrace.__slots__ if name not in ("recipients", "findings")}
    plain["direction"] = Direction(plain["direction"]) if plain["direction"] else None
    plain["verdict"] = Verdict(plain["verdict"]) if plain["verdict"] else None
    trace = MessageTrace(**plain, recipients=tuple(recipients), findings=findings)
    return replace(trace, events=(*trace.events, *later)) if later else trace


def _conditions(wanted: TraceFilter, dialect: Dialect) -> list[ColumnElement[bool]]:
    table = messages.c
    found = [*within(table.tenant_id, wanted.scope)]
    if wanted.tenant_id:
        found.append(table.tenant_id == wanted.tenant_id)
    if wanted.since is not None:
        found.append(table.received_at >= wanted.since)
    if wanted.until is not None:
        found.append(table.received_at < wanted.until)
    if wanted.took is not None:
        spent = type_coerce(table.finished_at, BigInteger) - type_coerce(table.received_at, BigInteger)
        found += [spent >= wanted.took // MICROSECOND, table.verdict != ""]
    if wanted.message_id:
        ids = (table.id, table.network_message_id, table.internet_message_id)
        found.append(or_(*(column == wanted.message_id.strip() for column in ids)))
    if terms := tuple(_terms(wanted)):
        found.append(dialect.finds(table.search, terms))
    elif wanted.words.strip() or wanted.address.strip():
        found.append(false())  # nothing but signs that no word is made of
    if wanted.state is not None and wanted.policy_id:
        found.append(_both_of_one_recipient(wanted.state, wanted.policy_id))
    return found


def _terms(wanted: TraceFilter) -> Iterator[Alternatives]:
    """What the search terms must have; `storage/search_words.py` says what they are."""
    yield from asked_words(wanted.words)
    yield from asked_address(wanted.address)
    if wanted.verdict is not None:
        yield (Term(Facet.VERDICT.label(wanted.verdict.value)),)
    if wanted.verdicts:
        yield tuple(Term(Facet.VERDICT.label(one.value)) for one in sorted(wanted.verdicts))
    if wanted.direction is not None:
        yield (Term(Facet.DIRECTION.label(wanted.direction.value)),)
    if wanted.state is not None:
        yield (Term(Facet.STATE.label(wanted.state.value)),)
    if wanted.policy_id:
        yield (Term(Facet.POLICY.label(wanted.policy_id)),)
    if wanted.finding:
        yield (Term(Facet.FINDING.label(wanted.finding)),)
    if wanted.source:
        yield (Term(Facet.SOURCE.label(wanted.source)),)
    if wanted.template:
        yield (Term(Facet.TEMPLATE.label(wanted.template)),)
    if wanted.monitored:
        yield (Term(f"{Facet.MONITORED.value}:", begins=True),)


def _both_of_one_recipient(state: State, policy_id: str) -> ColumnElement[bool]:
    """Terms tell of some recipient each; this asks for one recipient with both."""
    table = message_recipients.c
    own = (table.message_id == messages.c.id, table.received_at == messages.c.received_at)
    return exists().where(*own, table.state == state.value, table.policy_id == policy_id)
